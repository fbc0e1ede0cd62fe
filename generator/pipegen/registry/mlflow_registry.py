"""A registered model of MLflow: versions made from runs, with files, parameters and metrics in the run."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipegen.registry import names
from pipegen.registry.addresses import address
from pipegen.registry.mlflow_client import Session, answering, is_missing, seconds, transferring
from pipegen.registry.mlflow_names import read, spelled
from pipegen.registry.protocol import Candidate, Column, Registered, Signature

FOLDER = "model"
"""Where the files of a version are, below the artifacts of its run."""
PAGE = 200
_AT_ONCE = 100
_LONGEST_PARAMETER = 6000
_LONGEST_RUN_TAG = 8000
_LONGEST_CATALOG_TAG = 1000


class MlflowRegistry:
    """The Protocol `Registry` over an MLflow client."""

    def __init__(self, session: Session, model: str, experiment: str) -> None:
        self._session = session
        self._client = session.client
        self._model = model
        self._experiment = experiment

    @property
    def place(self) -> str:
        return f"{self._model} in {address(self._session.registry)}"

    def versions(self) -> tuple[Registered, ...]:
        with answering(self._session.registry):
            found = list(self._listed())
            if self._session.is_catalog:
                found = [self._client.get_model_version(self._model, each.version) for each in found]
        return tuple(
            Registered(str(each.version), self._read(each.tags), seconds(each.creation_timestamp))
            for each in sorted(found, key=lambda each: int(each.version))
        )

    def add(self, candidate: Candidate) -> str:
        experiment = self._session.experiment(self._experiment)
        with answering(self._session.tracking):
            tags = {spelled(name): text for name, text in candidate.tags.items() if len(text) <= _LONGEST_RUN_TAG}
            run = self._client.create_run(experiment, run_name=f"{self._model} {candidate.version}", tags=tags)
            location = self._session.writable(str(run.info.artifact_uri))
            self._log(run.info.run_id, candidate)
            with transferring():
                self._upload(run.info.run_id, candidate)
            self._client.set_terminated(run.info.run_id, "FINISHED")
        with answering(self._session.registry):
            self._ensure_model()
            made = self._client.create_model_version(
                self._model, f"{location}/{FOLDER}", run_id=run.info.run_id, tags=self._spelled(candidate.tags)
            )
        return str(made.version)

    def discard(self, handle: str) -> None:
        with answering(self._session.registry):
            version = self._client.get_model_version(self._model, handle)
            self._client.delete_model_version(self._model, handle)
        with answering(self._session.tracking):
            self._client.delete_run(version.run_id)

    def set_tags(self, handle: str, tags: Mapping[str, str]) -> None:
        with answering(self._session.registry):
            for name, value in self._spelled(tags).items():
                self._client.set_model_version_tag(self._model, handle, name, value)

    def aliases(self) -> Mapping[str, str]:
        with answering(self._session.registry):
            try:
                found = self._client.get_registered_model(self._model).aliases
            except Exception as error:
                if is_missing(error):
                    return {}
                raise
        return {alias: str(handle) for alias, handle in found.items()}

    def set_alias(self, alias: str, handle: str) -> None:
        with answering(self._session.registry):
            self._client.set_registered_model_alias(self._model, alias, handle)

    def remove_alias(self, alias: str) -> None:
        with answering(self._session.registry):
            self._client.delete_registered_model_alias(self._model, alias)

    def download(self, handle: str, folder: Path) -> None:
        with answering(self._session.registry):
            run_id = self._client.get_model_version(self._model, handle).run_id
        # Not by `models:/`, which writes a file of its own into what it downloads, and into an embedded store itself.
        with answering(self._session.tracking), transferring():
            fetched = Path(self._client.download_artifacts(run_id, FOLDER, str(folder)))
        for file in fetched.glob("*.tar"):
            file.replace(folder / file.name)

    def _listed(self) -> Iterator[Any]:
        asked = f"name='{self._model}'"
        page = self._client.search_model_versions(asked, PAGE)
        yield from page
        while page.token:
            page = self._client.search_model_versions(asked, PAGE, page_token=page.token)
            yield from page

    def _read(self, tags: Mapping[str, str]) -> dict[str, str]:
        """Tags as they were before they were spelled for the registry."""
        return {read(name, catalog=self._session.is_catalog): text for name, text in tags.items()}

    def _spelled(self, tags: Mapping[str, str]) -> dict[str, str]:
        """Tags as the registry takes them: a Unity Catalog takes few and short ones, so metrics stay in the run."""
        if not self._session.is_catalog:
            return {spelled(name): text for name, text in tags.items()}
        kept = {name: text for name, text in tags.items() if not name.startswith(names.METRIC)}
        return {spelled(name, catalog=True): text for name, text in kept.items() if len(text) <= _LONGEST_CATALOG_TAG}

    def _ensure_model(self) -> None:
        try:
            self._client.get_registered_model(self._model)
        except Exception as error:
            if not is_missing(error):
                raise
            self._create_model()

    def _create_model(self) -> None:
        try:
            self._client.create_registered_model(self._model)
        except Exception as error:
            # Somebody else may have made it in between.
            if getattr(error, "error_code", "") != "RESOURCE_ALREADY_EXISTS":
                raise

    def _log(self, run_id: str, candidate: Candidate) -> None:
        from mlflow.entities import Metric, Param  # noqa: PLC0415  (the library is there only where the extra is)

        moment = int(self._client.get_run(run_id).info.start_time)
        parameters = [
            Param(spelled(name), value[:_LONGEST_PARAMETER]) for name, value in candidate.parameters.items() if value
        ]
        metrics = [Metric(spelled(name), value, moment, 0) for name, value in candidate.metrics.items()]
        for start in range(0, max(len(parameters), len(metrics)), _AT_ONCE):
            end = start + _AT_ONCE
            self._client.log_batch(run_id, metrics=metrics[start:end], params=parameters[start:end])

    def _upload(self, run_id: str, candidate: Candidate) -> None:
        with tempfile.TemporaryDirectory() as folder:
            for name, file in candidate.files.items():
                link = Path(folder, f"{name}.tar")
                link.symlink_to(file.absolute())
                self._client.log_artifact(run_id, str(link), FOLDER)
            description = Path(folder, "MLmodel")
            description.write_text(model_description(run_id, candidate), "utf-8")
            self._client.log_artifact(run_id, str(description), FOLDER)


def model_description(run_id: str, candidate: Candidate) -> str:
    """The file by which MLflow knows a folder as a model, with its signature; JSON, which is YAML too."""
    described = {
        "artifact_path": FOLDER,
        "flavors": {"pipegen": {"version": candidate.version, "artifacts": sorted(candidate.files)}},
        "run_id": run_id,
    }
    signature = {"signature": _signature(candidate.signature)} if candidate.signature else {}
    return json.dumps(described | signature, indent=2) + "\n"


def _signature(signature: Signature) -> dict[str, str | None]:
    inputs, outputs = (json.dumps([_column(each) for each in side]) for side in (signature.inputs, signature.outputs))
    return {"inputs": inputs, "outputs": outputs, "params": None}


def _column(column: Column) -> dict[str, object]:
    return {"name": column.name, "required": True, **column.definition}
