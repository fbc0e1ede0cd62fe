"""Keeping a file under a key and fetching it: what is fetched is what was kept, by its digest."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from pipegen.registry.errors import NotFoundError, RefusedError, RegistryError
from pipegen.registry.files import digest_of
from pipegen.registry.protocol import Kept, Store


def keep(store: Store, key: str, file: Path, expected: str | None, *, replace: bool) -> str:
    """Keep a file unless it is there; another file under the same key only if `replace` says so. What was done."""
    digest = digest_of(file)
    if expected is not None and digest != expected:
        raise RefusedError(f"{file} has the digest {digest}, not {expected}: it is not what was packed")
    before = store.kept(key)
    if before and before[-1].digest == digest:
        return f"{key} is kept already, with the digest {digest}"
    if before and (not replace or is_version(key)):
        raise RefusedError(_other(before[-1], digest))
    store.keep(key, digest, file)
    return f"{key} kept in {store.place}, with the digest {digest}"


def fetch(store: Store, key: str, file: Path, digest_file: Path | None) -> str:
    """Write what is kept under a key to a file, and its digest to another; neither if it is not what was kept."""
    kept = store.kept(key)
    if not kept:
        raise NotFoundError(f"nothing is kept under {key} in {store.place}")
    newest = kept[-1]
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".pipegen-", dir=file.parent) as folder:
        fetched = store.fetch(newest, Path(folder))
        digest = digest_of(fetched)
        if digest != newest.digest:
            raise RefusedError(
                f"what is kept under {key} was changed: its digest is {digest}, and {newest.digest} was recorded on "
                f"{newest.created}"
            )
        if digest_file is not None:
            _write(digest_file, f"{digest}\n")
        fetched.replace(file)
    return f"{key} fetched from {store.place}, with the digest {digest}"


def is_version(key: str) -> bool:
    """Whether a key names a version, whose content never changes."""
    return any(part.startswith("version-") for part in key.split("/"))


def _other(before: Kept, digest: str) -> str:
    said = (
        f"{before.key} is kept already with other content: digest {before.digest} of {before.created}, this one's is "
        f"{digest}"
    )
    if is_version(before.key):
        return f"{said}; a version never changes, so release a new one"
    return (
        f"{said}; the same sources gave two results. Make the training reproducible (pipegen gate reproducible), or "
        "say --replace to let the newest count"
    )


def _write(file: Path, text: str) -> None:
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, "ascii")
        part.replace(file)
    except OSError as error:
        raise RegistryError(f"{file}: cannot be written: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)
