"""What is set on Jenkins for a model, as the target's own report says it: jobs, what they discover, and credentials."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from deliveries import CONFIG
from pipegen.config import Config
from pipegen.delivery import Capability, Delivery
from pipegen.targets import jenkins

_JOB = re.compile(r"multibranch job (\S+) with the script path (\S+?)(?: for all models)?: discover (.*)", re.DOTALL)
_BRANCHES = re.compile(r"branch(?:es named)? (.+?)(?= and tags named |, except |;| and nothing else|$)")
_TAGS = re.compile(r"tags named (.+?)(?= and build them|;| and nothing else|$)")
_CREDENTIAL = re.compile(
    r"credential (\S+) \(([^)]*)\)(?: for the audience \S+)?, in a folder around ([^;]+?)(?: and out of reach of |;|$)"
)
_KINDS = {"secret text": "string", "secret file": "file", "username with password": "usernamePassword"}


@dataclass(frozen=True, slots=True)
class Job:
    """A multibranch job: the filters of the branches and tags that it discovers, and whether of pull requests."""

    name: str
    path: str
    branches: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    changes: bool = False

    def has_branch(self, name: str) -> bool:
        return any(_covers(each, name) for each in self.branches)

    def has_tag(self, name: str) -> bool:
        return any(_covers(each, name) for each in self.tags)


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential: the secret that it is, and the jobs that its folder is around."""

    id: str
    kind: str
    secret: str
    is_token: bool
    jobs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Settings:
    jobs: tuple[Job, ...]
    credentials: tuple[Credential, ...]

    def within_reach(self, job: str) -> Mapping[str, Credential]:
        """The credentials that a run of this job finds, by their ids."""
        return {each.id: each for each in self.credentials if job in each.jobs}


def settings_of(delivery: Delivery, config: Config = CONFIG) -> Settings:
    report = tuple(jenkins.capabilities(delivery, config))
    return Settings(tuple(_jobs(report)), tuple(_credentials(report)))


def _covers(wildcards: str, name: str) -> bool:
    """Jenkins' filter by name with wildcards: `*` stands for anything, and letters count with their case."""
    return re.fullmatch(".*".join(map(re.escape, wildcards.split("*"))), name, re.DOTALL) is not None


def _jobs(report: Iterable[Capability]) -> Iterator[Job]:
    for each in report:
        if found := _JOB.search(each.detail):
            name, path, what = found.groups()
            branches, tags = _BRANCHES.search(what), _TAGS.search(what)
            yield Job(
                name,
                path,
                tuple(branches[1].split()) if branches else (),
                tuple(tags[1].split()) if tags else (),
                what.startswith("pull requests"),
            )


def _credentials(report: Iterable[Capability]) -> Iterator[Credential]:
    for each in report:
        kind, _, name = each.subject.partition(" ")
        if kind not in {"secret", "token"}:
            continue
        found = _CREDENTIAL.match(each.detail)
        if not found:
            raise AssertionError(f"the report does not say what to set for {each.subject}: {each.detail}")
        type_ = _KINDS.get(found[2], "string")
        secret = name.removeprefix("shared/")
        yield Credential(found[1], type_, secret, kind == "token", tuple(found[3].split(", ")))
