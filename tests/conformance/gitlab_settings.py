"""What lives in GitLab's settings: variables with their scopes, approval rules, who counts, and how groups wait.

All of it is read from what the target tells people to set, so that a wrong instruction is found as a wrong file is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from conformance.gitlab_files import UnknownConstruct
from pipegen.config import Config
from pipegen.delivery import Delivery
from pipegen.targets import gitlab

_VARIABLE = re.compile(
    r"variable (?P<names>[\w ]+) of the project: (?:environment scope (?P<scope>\S+)|all environments), "
    r"(?P<kind>type File|masked and hidden), (?P<guard>protected|not protected)\b.*, not expanded\."
)
_EACH = re.compile(r" with approval rules: (?P<rules>1 out of \S+(?:, 1 out of \S+)*); allowed to deploy are these")
_GROUP = re.compile(r" with an approval rule: (?P<count>\d+) out of one group that holds .*; allowed to deploy are")
_APPROVED = re.compile(r"protected environment (?P<name>\S+-approval) \(Premium")
_OPEN_TO = re.compile(
    r"protected environment (?P<name>\S+) \(Premium\) without approval rules, .* push (?P<refs>[^,].*), "
    r"all of which are protected"
)
_MODE = re.compile(r"resource group (?P<name>\S+), .* set process_mode (?P<mode>\w+)")


@dataclass(frozen=True)
class Variable:
    """A variable of the project that is a secret or a part of one; `scope` "" is every environment."""

    name: str
    secret: str
    scope: str
    is_file: bool
    protected: bool

    @property
    def value(self) -> str:
        return f"secret {self.secret} as {self.name}"


@dataclass(frozen=True)
class Settings:
    """Of one project: how many approvals an environment asks for, which refs are protected."""

    variables: tuple[Variable, ...]
    approvals: Mapping[str, int]
    triggerer_counts: frozenset[str]
    refs: tuple[str, ...]
    modes: Mapping[str, str]

    def protects(self, ref: str) -> bool:
        return any(re.fullmatch(".*".join(map(re.escape, each.split("*"))), ref) for each in self.refs)

    def given(self, environment: str | None, *, protected: bool) -> dict[str, Variable]:
        """The variables that a job gets; one of its environment wins over one of all."""
        fitting = [each for each in self.variables if each.scope in {"", environment} and protected >= each.protected]
        return {each.name: each for each in sorted(fitting, key=lambda each: bool(each.scope))}


def settings_of(delivery: Delivery, config: Config) -> Settings:
    told = [(each.subject, each.detail) for each in gitlab.capabilities(delivery, config)]
    variables = [_variables(subject, detail) for subject, detail in told if subject.startswith("secret ")]
    approvals = dict(_approval(detail) for subject, detail in told if subject.startswith("approval "))
    refs = [_refs(detail) for subject, detail in told if subject.startswith("environment ")]
    return Settings(
        tuple(each for group in variables for each in group),
        approvals,
        frozenset(_let_triggerers(detail for subject, detail in told if subject.startswith("initiator of "))),
        tuple(dict.fromkeys(each for group in refs for each in group)),
        dict(_mode(detail) for subject, detail in told if subject.startswith("lock ")),
    )


def _variables(subject: str, detail: str) -> list[Variable]:
    found = _read(_VARIABLE, detail)
    secret = subject.removeprefix("secret ").removeprefix("shared/")
    is_file, protected = found["kind"] == "type File", found["guard"] == "protected"
    names = found["names"].split(" and ")
    return [Variable(name, secret, found["scope"] or "", is_file, protected) for name in names]


def _approval(detail: str) -> tuple[str, int]:
    """A person counts once, whichever rule counts them; everybody asked is in all groups."""
    name = _read(_APPROVED, detail)["name"]
    each = _EACH.search(detail)
    return name, each["rules"].count("1 out of ") if each else int(_read(_GROUP, detail)["count"])


def _let_triggerers(details: Iterable[str]) -> list[str]:
    """The environments that leave it on that whoever started the pipeline may approve; it has to be turned off."""
    wanted = re.compile(r"environment (\S+): 'Allow pipeline triggerer to approve deployment' off;")
    return [detail for detail in details if not wanted.search(detail)]


def _refs(detail: str) -> list[str]:
    if "open to every branch" in detail:
        return []
    return _read(_OPEN_TO, detail)["refs"].split(", ")


def _mode(detail: str) -> tuple[str, str]:
    found = _read(_MODE, detail)
    return found["name"], found["mode"]


def _read(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    found = pattern.search(text)
    if found is None:
        raise UnknownConstruct(f"setting: {text}")
    return found
