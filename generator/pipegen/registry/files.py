"""Files that are registered, kept and fetched: packed so that the same content gives the same bytes, and digested."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Mapping
from pathlib import Path

from pipegen.registry.errors import RegistryError


def digest_of(file: Path) -> str:
    """The SHA-256 of a file in hexadecimal digits."""
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise RegistryError(f"{file}: {error.strerror or 'cannot be read'}") from error


def combined(digests: Mapping[str, str]) -> str:
    """The digest of one artifact; of several, that of their sums as `sha256sum` lists them."""
    if len(digests) == 1:
        (only,) = digests.values()
        return only
    listed = "".join(f"{digest}  {name}.tar\n" for name, digest in sorted(digests.items()))
    return hashlib.sha256(listed.encode("ascii")).hexdigest()


def packed(name: str, path: Path, folder: Path) -> Path:
    """The file itself, or for a folder one tar in `folder` that depends on the content alone."""
    if path.is_file():
        return path
    if not path.is_dir():
        raise RegistryError(f"{path}: no such file or folder")
    tar = folder / f"{name}.tar"
    try:
        with tarfile.open(tar, "w", format=tarfile.GNU_FORMAT) as archive:
            for each in (path, *sorted(path.rglob("*"))):
                archive.add(each, str(Path(name) / each.relative_to(path)), recursive=False, filter=_anonymous)
    except OSError as error:
        raise RegistryError(f"{path}: cannot be packed: {error}") from error
    return tar


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mtime = 0
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member
