"""The settings of an Azure DevOps project in which somebody did exactly what the capabilities of a model ask for.

What a capability asks for is read from its own words: who follows them has what is made here and nothing else.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from pipegen.delivery import Capability, Fidelity

_MINUTES = {"minutes": 1, "hour": 60, "hours": 60, "day": 24 * 60, "days": 24 * 60}


@dataclass
class Approving:
    """An approval check: a group among the approvers counts once."""

    approvers: tuple[str, ...] = ()
    minimum: int = 0
    minutes: int = 0
    own_runs: bool = True
    """Whether who started a run may approve it, which Azure allows unless told otherwise."""


@dataclass
class Resource:
    """An environment, a variable group, a secure file or a service connection, with the checks on it."""

    approval: Approving | None = None
    is_locked: bool = False
    branches: tuple[str, ...] | None = None
    """The refs that branch control lets pass; None where there is no such check."""
    variables: dict[str, str] = field(default_factory=dict)
    """Of a group: variable -> secret, as `<environment>/<NAME>` or the name alone; of a file: "" -> secret."""


@dataclass
class Settings:
    """A project. `definitions` are the pipelines that were created: name -> file."""

    definitions: dict[str, str] = field(default_factory=dict)
    environments: dict[str, Resource] = field(default_factory=dict)
    groups: dict[str, Resource] = field(default_factory=dict)
    files: dict[str, Resource] = field(default_factory=dict)
    connections: dict[str, Resource] = field(default_factory=dict)
    teams: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Who belongs to which team; a person alone is a team of one."""

    def people(self, approver: str) -> frozenset[str]:
        return self.teams.get(approver, frozenset({approver}))


def settings_of(capabilities: Iterable[Capability], teams: Mapping[str, frozenset[str]]) -> Settings:
    """What is there once all of these are set. A setting whose words are not understood is an error."""
    made = Settings(teams=teams)
    for each in capabilities:
        kind = each.subject.split(" ")[0]
        if kind in _READERS and each.fidelity in {Fidelity.WITH_SETTINGS, Fidelity.APPROXIMATED}:
            _READERS[kind](made, each.subject, each.detail)
    return made


def _definitions(made: Settings, subject: str, detail: str) -> None:
    found = re.findall(r"az pipelines create (--name .+?) --skip-first-run", detail)
    if not found:
        raise ValueError(f"{subject}: {detail}")
    for command in found:
        _, name, _, path = shlex.split(command)
        made.definitions[name] = path


def _approval(made: Settings, subject: str, detail: str) -> None:
    found = re.match(
        r"environment (\S+): an approval check with approvers (.+), minimum number of approvers (\d+)"
        r"(?:; two people of one team count once)?; create it before the first run",
        detail,
    )
    if found:
        check = Approving(tuple(re.split(", | and ", found[2])), int(found[3]))
        made.environments.setdefault(found[1], Resource()).approval = check
    elif "must be known to the Azure DevOps project" not in detail:
        raise ValueError(f"{subject}: {detail}")


def _expiry(made: Settings, subject: str, detail: str) -> None:
    found = re.match(r"environment (\S+): timeout of the approval check (?:(\d+) )?(minutes|hours?|days?);", detail)
    if not found:
        raise ValueError(f"{subject}: {detail}")
    _check(made, found[1]).minutes = int(found[2] or 1) * _MINUTES[found[3]]


def _initiator(made: Settings, subject: str, detail: str) -> None:
    found = re.fullmatch(r"environment (\S+): 'Allow approvers to approve their own runs' off", detail)
    if not found:
        raise ValueError(f"{subject}: {detail}")
    _check(made, found[1]).own_runs = False


def _check(made: Settings, environment: str) -> Approving:
    check = made.environments[environment].approval
    if check is None:
        raise ValueError(f"environment {environment} has no approval check")
    return check


def _lock(made: Settings, subject: str, detail: str) -> None:
    found = re.match(r"environment (\S+): an exclusive lock check, and ", detail)
    if not found:
        raise ValueError(f"{subject}: {detail}")
    environment = made.environments.setdefault(found[1], Resource())
    environment.is_locked = True
    environment.branches = _branches(detail)


def _secret(made: Settings, subject: str, detail: str) -> None:
    secret = subject.removeprefix("secret ").removeprefix("shared/")
    if group := re.match(r"variable group (\S+): (.+?), each locked as a secret; ", detail):
        place = made.groups.setdefault(group[1], Resource())
        place.variables |= dict.fromkeys(re.split(", | and ", group[2]), secret)
    elif file := re.match(r"secure file (\S+); ", detail):
        place = made.files.setdefault(file[1], Resource())
        place.variables[""] = secret
    else:
        raise ValueError(f"{subject}: {detail}")
    place.branches = _branches(detail)


def _token(made: Settings, subject: str, detail: str) -> None:
    found = re.match(r"service connection (\S+) \(Azure Resource Manager with workload identity federation\); ", detail)
    if not found:
        raise ValueError(f"{subject}: {detail}")
    made.connections[found[1]] = Resource(branches=_branches(detail))


def _branches(detail: str) -> tuple[str, ...] | None:
    found = re.search(r"a branch control check for (refs/[^;]+)", detail)
    return tuple(found[1].split(", ")) if found else None


_READERS: Mapping[str, Callable[[Settings, str, str], None]] = {
    "event": _definitions,
    "verdict": _definitions,
    "approval": _approval,
    "expiry": _expiry,
    "initiator": _initiator,
    "lock": _lock,
    "secret": _secret,
    "token": _token,
}
