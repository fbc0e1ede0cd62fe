"""The files of a ledger by path, wherever they are kept, and the heads: how many entries each model has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pipegen.ledger.canonical import DIGEST_LENGTH, PREFIX
from pipegen.ledger.entries import DamagedError
from pipegen.ledger.names import is_model

Files = Mapping[str, bytes]
"""Content by path below the ledger's root, with slashes."""

HEADS = "ledger/HEADS"
OVERVIEW = "MODELS.md"
_HEAD = re.compile(rf"([1-9][0-9]{{0,8}}) ({PREFIX}[0-9a-f]{{{DIGEST_LENGTH - len(PREFIX)}}}) (\S+)")


@dataclass(frozen=True, slots=True)
class Head:
    """Where the entries of a model end: how many there are, and the digest of the last."""

    count: int
    digest: str


def entries_path(model: str) -> str:
    return f"ledger/{model}.jsonl"


def card_path(model: str) -> str:
    return f"cards/{model}.md"


def models_in(files: Files) -> list[str]:
    """The models that have a file of entries, sorted."""
    names = (path.removeprefix("ledger/").removesuffix(".jsonl") for path in files if path.endswith(".jsonl"))
    return sorted(name for name in names if is_model(name) and entries_path(name) in files)


def heads_in(files: Files) -> dict[str, Head]:
    """The heads by model; raises DamagedError if the file is not as it is written."""
    content = files.get(HEADS, b"")
    found = {}
    for line in content.decode("ascii", "replace").splitlines():
        match = _HEAD.fullmatch(line)
        if match is None or not is_model(match[3]):
            raise DamagedError(f"{HEADS} was changed: {line[:100]!r} is not a count, a digest and a model")
        found[match[3]] = Head(int(match[1]), match[2])
    if heads_text(found) != content:
        raise DamagedError(f"{HEADS} was changed: it is not one line a model, sorted")
    return found


def heads_text(heads: Mapping[str, Head]) -> bytes:
    return "".join(f"{head.count} {head.digest} {model}\n" for model, head in sorted(heads.items())).encode("ascii")
