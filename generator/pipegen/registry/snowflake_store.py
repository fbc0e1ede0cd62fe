"""Files under keys on a stage of Snowflake: a folder for each key, and in it one for each digest."""

from __future__ import annotations

import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from pipegen.registry.errors import RegistryError
from pipegen.registry.protocol import Kept
from pipegen.registry.snowflake_session import answering, opened

_STAGE = re.compile(r"@?([A-Za-z_][A-Za-z0-9_$]*(?:\.[A-Za-z_][A-Za-z0-9_$]*){0,2})")
_KEPT = re.compile(r"(?:^|/)([0-9a-f]{64})/artifact\.tar$")


def open_store(uri: str, stage: str | None) -> SnowflakeStore:
    """The stage of that name at `snowflake://CONNECTION/DATABASE/SCHEMA`; somebody must have made it."""
    found = _STAGE.fullmatch(stage or "")
    if found is None:
        raise RegistryError("which stage keeps files? give --artifacts @STAGE, or set PIPEGEN_REGISTRY_ARTIFACTS")
    return SnowflakeStore(opened(uri), f"@{found[1]}")


class SnowflakeStore:
    """The Protocol `Store` over a session of Snowpark."""

    def __init__(self, session: Any, stage: str) -> None:  # noqa: ANN401  (the library has no types without it)
        self._session = session
        self._stage = stage

    @property
    def place(self) -> str:
        return self._stage

    def kept(self, key: str) -> tuple[Kept, ...]:
        with answering():
            listed = self._session.file.list(self._folder(key))
        found = []
        for each in listed:
            if match := _KEPT.search(each.name):
                moment = parsedate_to_datetime(each.last_modified).astimezone(UTC)
                found.append(Kept(f"{self._folder(key)}/{match[1]}", key, match[1], f"{moment:%Y-%m-%dT%H:%M:%SZ}"))
        return tuple(sorted(found, key=lambda each: each.created))

    def keep(self, key: str, digest: str, file: Path) -> None:
        with answering(), file.open("rb") as stream:
            # A stage shows a file when it is whole.
            where = f"{self._folder(key)}/{digest}/artifact.tar"
            self._session.file.put_stream(stream, where, auto_compress=False, overwrite=True)

    def fetch(self, kept: Kept, folder: Path) -> Path:
        with answering():
            self._session.file.get(f"{kept.handle}/artifact.tar", str(folder))
        return folder / "artifact.tar"

    def _folder(self, key: str) -> str:
        return f"{self._stage}/{key}"
