"""The ledger and the registry: what the one says that runs is what the other's aliases point at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipegen.ledger.entries import Entry, LedgerError
from pipegen.ledger.state import deployed, environments_of, running
from pipegen.registry.errors import RefusedError
from pipegen.registry.lookup import by_handle, find
from pipegen.registry.names import champion
from pipegen.registry.protocol import Registered, Registry

_CHAMPION = champion("")


@dataclass(frozen=True, slots=True)
class Difference:
    """What does not agree in an environment, and the arguments of `pipegen registry` that mend it, if any do."""

    environment: str
    text: str
    remedy: tuple[str, ...] = ()


def require_running(entries: Sequence[Entry], model: str, environment: str, version: str, kind: str) -> None:
    """Refuse what the ledger does not say: it is written before an alias moves, so that it never knows less."""
    entry = running(entries, environment)
    if entry is None or entry.version != version:
        said = f"{entry.version} runs in {environment}" if entry else f"nothing runs in {environment}"
        raise RefusedError(
            f"the ledger says of {model} that {said}, not {version}; record it first: pipegen ledger add {kind} "
            f"--model {model} --environment {environment} --version {version}"
        )


def require_same_content(entries: Sequence[Entry], registered: Registered) -> None:
    """Refuse a version whose registered artifacts are not those that the ledger says were deployed."""
    entry = deployed(entries, registered.version)
    recorded = entry.table("artifacts") if entry else {}
    for name, digest in recorded.items():
        held = registered.artifacts.get(name)
        if held is not None and held != str(digest).removeprefix("sha256:"):
            raise RefusedError(
                f"artifact {name!r} of {registered.version} is {digest} in the ledger and {held} in the registry; "
                "what was deployed is not what is registered"
            )


def differences(registry: Registry, entries: Sequence[Entry], environment: str | None) -> Iterator[Difference]:
    """Where aliases and the ledger differ: in one environment, or in all that either of them knows."""
    versions, aliases = registry.versions(), registry.aliases()
    aliased = [alias.removeprefix(_CHAMPION) for alias in aliases if alias.startswith(_CHAMPION)]
    for each in [environment] if environment else sorted({*environments_of(entries), *aliased}):
        yield from _difference(versions, aliases, entries, each)


def _difference(
    versions: Sequence[Registered], aliases: Mapping[str, str], entries: Sequence[Entry], environment: str
) -> Iterator[Difference]:
    handle = aliases.get(champion(environment))
    pointed = by_handle(versions, handle)
    holds = (pointed.version if pointed else "") or (f"version {handle}" if handle else "nothing")
    try:
        entry = running(entries, environment)
    except LedgerError as error:
        yield Difference(environment, f"{champion(environment)} points at {holds}, and {error}")
        return
    runs = entry.version if entry else "nothing"
    if runs == holds:
        return
    text = f"{champion(environment)} points at {holds}, and the ledger says that {runs} runs there"
    if entry and find(versions, runs) is None:
        yield Difference(environment, f"{text}, which is not registered")
        return
    command = {"deployment": "promote", "rollback": "rollback"}.get(entry.kind if entry else "", "restore")
    named = ("--version", runs) if command != "restore" else ()
    yield Difference(environment, text, (command, "--environment", environment, *named))
