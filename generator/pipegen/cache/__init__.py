"""What earlier runs found out about specs that have not changed since, so that they need not be compiled again.

Nothing that is kept is believed: an entry counts only while all that it was made from, and all files that it stands
for, have the very bytes that they had.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipegen.cache.entries import Entry, Plain, Table, digest_of_files
from pipegen.cache.key import key_of
from pipegen.cache.store import load, place_of, save
from pipegen.diagnostics import Refused
from pipegen.workspace.outputs import Ground, is_inside

__all__ = ["Cache", "Entry"]

_ROOT_FILES = ""
"""The name of the entry for the files that a repository has once for all its models."""


class Cache:
    """The entries of one repository, for this program, its configuration and the targets of the command line.

    `folders` are those that outputs may be in; None while nothing is known.
    """

    def __init__(self, root: Path, targets: Sequence[str], place: Path, key: str) -> None:
        self._root, self._targets, self._place, self._key = root, targets, place, key
        self._ground = Ground(root)
        self._digests: dict[str, str | None] = {}
        known = load(place)
        fits = known is not None and known.key == key
        self._entries: dict[str, Plain] = dict(known.entries) if known and fits else {}
        self.folders: tuple[str, ...] | None = known.folders if known and fits else None

    @classmethod
    def of(cls, root: Path, targets: Sequence[str]) -> Cache | None:
        """The cache of a repository; None where there is no place for it, or no telling what it would depend on."""
        place, key = place_of(root, targets), key_of(root, targets)
        return cls(root, targets, place, key) if place and key else None

    def recalled(self, spec: str | None) -> Entry | None:
        """The entry of a spec, or for None of the repository's own files, if it still holds in every point."""
        plain = self._entries.pop(spec or _ROOT_FILES, None)
        entry = Entry.of_plain(plain) if plain is not None else None
        if entry is None or any(self._digest(name, spec) != digest for name, digest in entry.inputs.items()):
            return None
        try:
            contents = {path: self._ground.content(path) for path in entry.outputs}
        except Refused:
            return None
        return entry if digest_of_files(contents) == entry.digest else None

    def digests(self, spec: str | None, texts: Mapping[str, str]) -> dict[str, str] | None:
        """The digests of files with these texts, by path; None if one of them is no longer what was compiled."""
        for name, text in texts.items():
            content = self._read(name, spec)
            if content is None or _text(content) != text:
                return None
            self._digests[name] = _digest(content)
        return {name: self._digests[name] or "" for name in texts}

    def keep(self, entries: Mapping[str | None, Entry], folders: Sequence[str], *, all_specs: bool) -> str | None:
        """Write the entries, with `all_specs` in place of all others; the reason if that did not succeed."""
        if self._key != key_of(self._root, self._targets):
            return "the program or the configuration changed during the run"
        found = {} if all_specs else self._entries
        found |= {name or _ROOT_FILES: entry.plain for name, entry in entries.items()}
        return save(self._place, Table(self._key, tuple(folders), found))

    def _digest(self, name: str, spec: str | None) -> str | None:
        if name not in self._digests:
            content = self._read(name, spec)
            self._digests[name] = None if content is None else _digest(content)
        return self._digests[name]

    def _read(self, name: str, spec: str | None) -> bytes | None:
        """The bytes of an input; None where it cannot be read, or is a base that lies elsewhere."""
        place = self._root / name
        try:
            is_usable = place.is_file() and (name == spec or is_inside(self._root, name))
            return place.read_bytes() if is_usable else None
        except OSError:
            return None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _text(content: bytes) -> str | None:
    """What a spec's bytes say once they are read, see `Source`."""
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        return None
