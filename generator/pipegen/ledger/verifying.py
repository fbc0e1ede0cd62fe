"""Verifying a ledger: whatever differs from what `add` wrote is a finding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import new

from pipegen.ledger.canonical import PREFIX
from pipegen.ledger.cards import card, overview
from pipegen.ledger.entries import DamagedError
from pipegen.ledger.files import HEADS, OVERVIEW, Files, Head, card_path, entries_path, heads_in
from pipegen.ledger.reading import Chain, chains_in, head_faults


@dataclass(frozen=True, slots=True)
class Report:
    """What was found, and what each model's file holds."""

    findings: tuple[str, ...]
    chains: Mapping[str, Chain]


def verified(files: Files, model: str | None = None) -> Report:
    """What is wrong with the files of a ledger, or with those of one model."""
    chains = chains_in(files)
    findings: list[str] = []
    try:
        heads = heads_in(files)
    except DamagedError as error:
        findings.append(str(error))
        heads = {}
    asked = sorted(name for name in chains.keys() | heads.keys() if model in (None, name))
    for name in asked:
        findings += _of_model(name, files, chains.get(name), heads.get(name))
    if model is None:
        findings += _of_all(files, chains)
    return Report(tuple(findings), {name: chains[name] for name in asked if name in chains})


def unexpected(chains: Mapping[str, Chain], digests: Iterable[str]) -> Iterator[str]:
    """The digests, noted elsewhere, that no entry has."""
    known = {entry.digest for chain in chains.values() for entry in chain.entries}
    for digest in digests:
        if PREFIX + digest.removeprefix(PREFIX) not in known:
            yield f"no entry has the digest {digest}: the ledger is not the one in which it was noted"


def rewritten(changes: Iterable[tuple[str, str, str]], files: Files) -> Iterator[str]:
    """The commits that did more than add lines at the end; `changes` are those of `LedgerBranch.history`."""
    known: dict[str, dict[str, int]] = {}
    held: dict[str, int | None] = {}
    for commit, path, blob in changes:
        if not path.endswith(".jsonl"):
            continue
        if path not in known:
            known[path] = _ids_of_beginnings(files.get(path, b""), len(blob or commit))
        count = known[path].get(blob) if blob else 0
        fault = _fault_of_step(held.get(path, 0), count, removed=not blob)
        if fault:
            yield f"{path}: commit {commit[:12]} {fault}"
        held[path] = count


def _fault_of_step(before: int | None, after: int | None, *, removed: bool) -> str:
    if removed:
        return "removed the file"
    if after is None:
        return "wrote lines that are not there now" if before is not None else ""
    if before is None:
        return "changed or removed lines that were there"
    return "removed lines" if after < before else ""


def _ids_of_beginnings(content: bytes, length: int) -> dict[str, int]:
    """The number of lines by git's id of a file that holds only these lines of `content`."""
    whole = memoryview(content)
    found, end, lines = {}, content.find(b"\n") + 1, 0
    while end:
        lines += 1
        taken = new("sha1" if length == len("0" * 40) else "sha256", b"blob %d\0" % end, usedforsecurity=False)
        taken.update(whole[:end])
        found[taken.hexdigest()] = lines
        end = content.find(b"\n", end) + 1
    return found


def _of_model(model: str, files: Files, chain: Chain | None, head: Head | None) -> Iterator[str]:
    path = entries_path(model)
    if chain is None:
        yield f"{path} is missing: {HEADS} says that it has {head.count if head else 'some'} entries"
        return
    yield from (f"{path}: {fault}" for fault in chain.faults)
    yield from (f"{path}: {fault}" for fault in head_faults(chain, head))
    if chain.torn:
        yield f"{path}: the last line is torn: it was cut off after {len(chain.torn)} bytes"
    if not (chain.entries or chain.faults or chain.torn):
        yield f"{path} is empty"
    elif not chain.faults and files.get(card_path(model)) != card(model, chain.entries).encode():
        yield f"{card_path(model)} {_STALE}"


def _of_all(files: Files, chains: Mapping[str, Chain]) -> Iterator[str]:
    expected = {HEADS, OVERVIEW, *map(entries_path, chains), *map(card_path, chains)}
    for path in sorted(files.keys() - expected):
        yield f"{path} does not belong to the ledger"
    if files.get(OVERVIEW) != overview(chains).encode():
        yield f"{OVERVIEW} {_STALE}"


_STALE = "is not what the entries give: it was changed by hand, or made by another version of pipegen"
