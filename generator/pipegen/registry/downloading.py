"""Getting the files of a version: exactly those that were registered, or none."""

from __future__ import annotations

import tempfile
from pathlib import Path

from pipegen.registry.errors import RefusedError
from pipegen.registry.files import digest_of
from pipegen.registry.protocol import Registered, Registry


def download(registry: Registry, version: Registered, out: Path) -> list[str]:
    """Put the artifacts of a version into a folder, `<artifact>.tar` each; lines in the form of `sha256sum`."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".pipegen-", dir=out) as folder:
        registry.download(version.handle, Path(folder))
        found = {file.stem: digest_of(file) for file in sorted(Path(folder).glob("*.tar"))}
        _refuse_difference(version, found)
        for name in found:
            Path(folder, f"{name}.tar").replace(out / f"{name}.tar")
    return [f"{digest}  {out / name}.tar" for name, digest in found.items()]


def _refuse_difference(version: Registered, found: dict[str, str]) -> None:
    for name, digest in version.artifacts.items():
        if found.get(name) != digest:
            held = f"has the digest {found[name]}" if name in found else "is missing"
            raise RefusedError(f"artifact {name!r} of {version.version} {held}, and {digest} was registered")
    if surplus := sorted(found.keys() - version.artifacts.keys()):
        raise RefusedError(f"{version.version} holds files that were not registered with it: {', '.join(surplus)}")
