"""From what a pipeline has at hand to a version that can be registered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipegen.ledger.canonical import canonical
from pipegen.registry import names
from pipegen.registry.documents import as_floats, flat, read_lineage, read_metrics
from pipegen.registry.errors import RefusedError, RegistryError
from pipegen.registry.files import combined, digest_of, packed
from pipegen.registry.protocol import Candidate
from pipegen.registry.signatures import signature_in


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a version beside its files; empty where it is not."""

    commit: str = ""
    source: str = ""
    data_version: str = ""
    metrics: tuple[Path, ...] = ()
    lineage: Path | None = None


def candidate(
    version: str, artifacts: Mapping[str, Path], expected: Iterable[str], facts: Facts, folder: Path
) -> Candidate:
    """A version with its files packed, in `folder` where need be, and found to be what was expected."""
    if not artifacts:
        raise RegistryError("nothing to register: give --file FILE or --artifact NAME=FILE")
    files = {name: packed(name, path, folder) for name, path in artifacts.items()}
    digests = {name: digest_of(file) for name, file in files.items()}
    _refuse_unexpected(digests, expected)
    lineage = read_lineage(facts.lineage) if facts.lineage else {}
    metrics = read_metrics(facts.metrics)
    return Candidate(
        version,
        files,
        _tags(version, digests, facts, lineage) | {f"{names.METRIC}{name}": text for name, text in metrics.items()},
        as_floats(metrics),
        flat(lineage.get("parameters", {})),
        signature_in(lineage),
    )


def _refuse_unexpected(digests: Mapping[str, str], expected: Iterable[str]) -> None:
    """Each expectation is the digest of the whole, or `<artifact>=<digest>`."""
    for text in expected:
        name, _, value = text.rpartition("=")
        wanted = names.digest_text(value)
        if name and name not in digests:
            raise RegistryError(f"--digest {text}: there is no artifact {name!r}; there are {', '.join(digests)}")
        found = digests[name] if name else combined(digests)
        if found != wanted:
            what = f"artifact {name!r}" if name else "what is to be registered"
            raise RefusedError(f"{what} has the digest {found}, not {wanted}: it is not what was packed")


def _tags(version: str, digests: Mapping[str, str], facts: Facts, lineage: Mapping[str, object]) -> dict[str, str]:
    data = lineage.get("data")
    recorded = str(data.get("version", "")) if isinstance(data, dict) else ""
    known = {
        names.STATE: names.INCOMPLETE,
        names.VERSION: version,
        names.DIGEST: combined(digests),
        names.COMMIT: facts.commit,
        names.SOURCE: facts.source,
        names.DATA_VERSION: facts.data_version or recorded,
        names.LINEAGE: canonical(lineage) if lineage else "",
    }
    told = {name: text for name, text in known.items() if text}
    return told | {f"{names.ARTIFACT}{name}": digest for name, digest in digests.items()}
