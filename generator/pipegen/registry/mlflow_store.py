"""Files under keys in MLflow: one run for each file, in an experiment of its own."""

from __future__ import annotations

import tempfile
from pathlib import Path

from pipegen.registry import names
from pipegen.registry.addresses import address
from pipegen.registry.mlflow_client import Session, answering, seconds, transferring
from pipegen.registry.protocol import Kept

FILE = "artifact.tar"
PAGE = 200


class MlflowStore:
    """The Protocol `Store` over an MLflow client."""

    def __init__(self, session: Session, experiment: str) -> None:
        self._session = session
        self._client = session.client
        self._experiment = experiment

    @property
    def place(self) -> str:
        return f"{self._experiment} in {address(self._session.tracking)}"

    def kept(self, key: str) -> tuple[Kept, ...]:
        with answering(self._session.tracking):
            experiment = self._client.get_experiment_by_name(self._experiment)
            if experiment is None:
                return ()
            asked = f"tags.`{names.KEY}` = '{key}' and tags.`{names.STATE}` = '{names.COMPLETE}'"
            runs = self._client.search_runs(
                [experiment.experiment_id], asked, max_results=PAGE, order_by=["attributes.start_time DESC"]
            )
        return tuple(
            Kept(run.info.run_id, key, run.data.tags.get(names.DIGEST, ""), seconds(run.info.start_time))
            for run in reversed(runs)
        )

    def keep(self, key: str, digest: str, file: Path) -> None:
        experiment = self._session.experiment(self._experiment)
        tags = {names.KEY: key, names.DIGEST: digest, names.STATE: names.INCOMPLETE}
        with answering(self._session.tracking), tempfile.TemporaryDirectory() as folder:
            run = self._client.create_run(experiment, run_name=key, tags=tags)
            self._session.writable(str(run.info.artifact_uri))
            link = Path(folder, FILE)
            link.symlink_to(file.absolute())
            with transferring():
                self._client.log_artifact(run.info.run_id, str(link))
            self._client.set_terminated(run.info.run_id, "FINISHED")
            # Last, because a run without it is as if it were not there.
            self._client.set_tag(run.info.run_id, names.STATE, names.COMPLETE)

    def fetch(self, kept: Kept, folder: Path) -> Path:
        with answering(self._session.tracking), transferring():
            return Path(self._client.download_artifacts(kept.handle, FILE, str(folder)))
