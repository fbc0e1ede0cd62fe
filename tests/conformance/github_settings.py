"""What somebody sets up on GitHub before workflows run, read from what the target says must be set."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from conformance.github_patterns import matches
from pipegen.delivery import Capability


@dataclass(frozen=True)
class Secret:
    """A secret; `label` is what the neutral form calls it."""

    label: str
    value: str


@dataclass(frozen=True)
class Environment:
    """An environment: who reviews it, from which refs it is reached (None: all), and its secrets by name."""

    name: str
    reviewers: tuple[str, ...] = ()
    branches: tuple[str, ...] | None = None
    tags: tuple[str, ...] = ()
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    prevents_self_review: bool = True

    def admits(self, ref: str) -> bool:
        """Patterns of branches and tags are as those of files: `*` stops at a slash."""
        if self.branches is None:
            return True
        kind, _, name = ref.removeprefix("refs/").partition("/")
        return matches(self.tags if kind == "tags" else self.branches, name)


@dataclass(frozen=True)
class Settings:
    """A repository's environments, its own secrets, and which environments are asked for an approval."""

    environments: Mapping[str, Environment]
    secrets: Mapping[str, Secret]
    approvals: Mapping[str, str]
    """The approval that an environment is there for."""
    default_branch: str = "main"


_REACHED = r"(?:its deployment branches and tags limited to (?P<refs>[^;]*?)|open to every branch)"
_PLAIN = re.compile(rf"environment (?P<name>\S+) without reviewers, .*, {_REACHED};")
_ASKED = re.compile(r"environment (?P<name>\S+) with reviewers (?P<who>.*?)(?=, environment |; each with )")
_EACH = re.compile(
    rf"each with prevent self-review, no bypass by administrators, no secrets, {_REACHED}\. Required reviewers"
)
_SECRET = re.compile(r"secret (?P<names>.*?) of (?:environment (?P<where>\S+)|the repository or organization);")


def settings_of(capabilities: Sequence[Capability]) -> Settings:
    """All that the capabilities of a model ask for, set up to the letter."""
    asked = {each.subject: each.detail for each in capabilities}
    secrets = {subject.partition(" ")[2]: text for subject, text in asked.items() if subject.startswith("secret ")}
    own: dict[str | None, dict[str, Secret]] = {}
    for subject, text in secrets.items():
        found = _match(_SECRET, text)
        own.setdefault(found["where"], {}).update(_secrets(subject, found["where"], found["names"].split(" and ")))
    environments = {
        each.name: each
        for subject, text in asked.items()
        for each in _environments(subject.partition(" ")[0], text, own)
    }
    approvals = {
        found["name"]: subject.partition(" ")[2]
        for subject, text in asked.items()
        if subject.startswith("approval ")
        for found in _ASKED.finditer(text)
    }
    return Settings(environments, own.get(None, {}), approvals)


def _match(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    found = pattern.search(text)
    if found is None:
        raise ValueError(f"what is to be set up is said in other words: {text}")
    return found


def _secrets(subject: str, where: str | None, names: Sequence[str]) -> Iterator[tuple[str, Secret]]:
    """Several names are the parts of one secret."""
    secret = subject.partition("/")[2]
    for name in names:
        part = name.removeprefix(secret).removeprefix("_")
        yield name, Secret(f"{where}/{secret}" if where else secret, f"secret {where} {secret} {part}".rstrip())


def _environments(kind: str, text: str, own: Mapping[str | None, Mapping[str, Secret]]) -> Iterator[Environment]:
    if kind == "environment":
        found = _match(_PLAIN, text)
        yield Environment(found["name"], (), *_refs(found["refs"]), own.get(found["name"], {}))
    elif kind == "approval":
        reached = _refs(_match(_EACH, text)["refs"])
        for found in _ASKED.finditer(text):
            yield Environment(found["name"], tuple(found["who"].split(", ")), *reached)


def _refs(text: str | None) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    if text is None:
        return None, ()
    named = [each.split(" ", 1) for each in text.split(", ")]
    return tuple(n for kind, n in named if kind == "branch"), tuple(n for kind, n in named if kind == "tag")
