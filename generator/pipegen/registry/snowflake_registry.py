"""A model of Snowflake's Model Registry: versions that carry packed files, with tags and aliases in their metadata."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipegen.registry import names
from pipegen.registry.errors import RefusedError
from pipegen.registry.moves import now
from pipegen.registry.protocol import Candidate, Registered
from pipegen.registry.snowflake_models import custom_model, signature_of
from pipegen.registry.snowflake_names import identifier
from pipegen.registry.snowflake_session import answering, missing, opened

TAGS = "pipegen"
"""The metric of a version that holds its tags: Snowflake's own tags belong to the model and must be declared."""
ALIASES = "pipegen_aliases"
"""The metric that says since when a version has which aliases, and which of them it has lost.

Snowflake gives a version at most one alias, and one version can serve several environments. So an alias belongs to the
version that got it last, and moving it is one statement.
"""
_LOST = "lost "


def open_registry(uri: str, model: str) -> SnowflakeRegistry:
    """The model of that name at `snowflake://CONNECTION/DATABASE/SCHEMA`."""
    session = opened(uri)
    try:
        from snowflake.ml.registry import Registry  # noqa: PLC0415  (the library is there only where the extra is)
    except ImportError as error:
        raise missing(error) from error
    with answering():
        return SnowflakeRegistry(Registry(session), model, uri)


class SnowflakeRegistry:
    """The Protocol `Registry` over the client of snowflake-ml-python."""

    def __init__(self, registry: Any, model: str, uri: str) -> None:  # noqa: ANN401  (it has no types without it)
        self._registry = registry
        self._model = model
        self._uri = uri

    @property
    def place(self) -> str:
        return f"{self._model} in {self._uri}"

    def versions(self) -> tuple[Registered, ...]:
        with answering():
            rows = self._rows()
        found = [
            Registered(str(row["name"]), _metric(row, TAGS), f"{row['created_on']:%Y-%m-%dT%H:%M:%SZ}") for row in rows
        ]
        return tuple(sorted(found, key=lambda each: each.created))

    def add(self, candidate: Candidate) -> str:
        if candidate.signature is None:
            raise RefusedError("Snowflake takes no model without a signature: give --lineage with one")
        name = identifier(candidate.version)
        with answering(), tempfile.TemporaryDirectory() as folder:
            files = {artifact: Path(folder, f"{artifact}.tar") for artifact in candidate.files}
            for artifact, link in files.items():
                link.symlink_to(candidate.files[artifact].absolute())
            self._registry.log_model(
                custom_model({artifact: str(link) for artifact, link in files.items()}),
                model_name=self._model,
                version_name=name,
                comment=f"{candidate.version}, {candidate.tags.get(names.COMMIT, 'no commit')}",
                metrics={TAGS: dict(candidate.tags), **candidate.metrics},
                signatures={"predict": signature_of(candidate.signature)},
            )
        return name

    def discard(self, handle: str) -> None:
        with answering():
            self._registry.get_model(self._model).delete_version(handle)

    def set_tags(self, handle: str, tags: Mapping[str, str]) -> None:
        self._note(handle, TAGS, tags)

    def aliases(self) -> Mapping[str, str]:
        newest: dict[str, tuple[str, str, str]] = {}
        for alias, moment, handle, text in self._stamps():
            newest[alias] = max(newest.get(alias, ("", "", "")), (moment, handle, text))
        return {alias: handle for alias, (_, handle, text) in newest.items() if not text.startswith(_LOST)}

    def set_alias(self, alias: str, handle: str) -> None:
        self._note(handle, ALIASES, {alias: self._later()})

    def remove_alias(self, alias: str) -> None:
        handle = self.aliases().get(alias)
        if handle is not None:
            self._note(handle, ALIASES, {alias: _LOST + self._later()})

    def download(self, handle: str, folder: Path) -> None:
        exported = folder / "exported"
        exported.mkdir()
        with answering():
            self._registry.get_model(self._model).version(handle).export(str(exported))
        for file in exported.rglob("*.tar"):
            file.replace(folder / file.name)

    def _note(self, handle: str, metric: str, more: Mapping[str, str]) -> None:
        with answering():
            version = self._registry.get_model(self._model).version(handle)
            version.set_metric(metric, {**(version.show_metrics().get(metric) or {}), **more})

    def _stamps(self) -> list[tuple[str, str, str, str]]:
        """Every alias that a version got or lost: alias, moment, handle, and the text that says so."""
        with answering():
            rows = self._rows()
        noted = [(alias, text, str(row["name"])) for row in rows for alias, text in _metric(row, ALIASES).items()]
        return [(alias, text.removeprefix(_LOST), handle, text) for alias, text, handle in noted]

    def _later(self) -> str:
        """Now, or just after the last move if a clock that was ahead made it."""
        last = max((moment for _, moment, _, _ in self._stamps()), default="")
        return max(now(), f"{last}+" if last else "")

    def _rows(self) -> list[dict[str, Any]]:
        """What Snowflake shows of each version; nothing for a model that is not there."""
        wanted = self._model.upper()
        if all(str(each.name).strip('"').upper() != wanted for each in self._registry.models()):
            return []
        rows: list[dict[str, Any]] = self._registry.get_model(self._model).show_versions().to_dict("records")
        return rows


def _metric(row: Mapping[str, Any], name: str) -> dict[str, str]:
    metadata = json.loads(row["metadata"] or "{}")
    return dict(metadata.get("metrics", {}).get(name) or {})
