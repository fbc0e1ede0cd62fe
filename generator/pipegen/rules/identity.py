"""Rules about ids: each names one thing, also where case and punctuation get lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipegen.config import Config
from pipegen.diagnostics import Finding, KeyPath
from pipegen.plan.variables import LEDGER_SCOPE, REGISTRY_SCOPE, STORE_SCOPE, secret_value
from pipegen.spec.flow import Secret
from pipegen.spec.model import ModelSpec

CODES = {
    "PG201": "an id is used twice",
    "PG207": "two names become the same where case or punctuation is lost",
    "PG227": "an artifact's name is taken",
    "PG283": "something is listed twice",
}

_OWN_ARTIFACTS = ("values", "record")


def duplicate_ids(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG201: stages, or steps of a rollout, share an id."""
    yield from _twice(((stage.id, ("stages", index, "id")) for index, stage in enumerate(spec.stages)), "stage")
    for index, stage in enumerate(spec.stages):
        steps = enumerate(stage.rollout or ())
        places = ((step.id, ("stages", index, "rollout", position, "id")) for position, step in steps)
        yield from _twice(places, "rollout step")


def _twice(places: Iterable[tuple[str, KeyPath]], what: str) -> Iterator[Finding]:
    seen: set[str] = set()
    for name, path in places:
        if name in seen:
            yield Finding(path, "PG201", f"there is a {what} {name!r} already", "give each an id of its own")
        seen.add(name)


def taken_stage_ids(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG207: a stage has the name of a job that others share, or of the scope of the store's secrets."""
    shared = {stage.job for stage in spec.stages if stage.job}
    for index, stage in enumerate(spec.stages):
        if stage.job is None and stage.id in shared:
            message = f"stage {stage.id!r} has the name of a job that other stages share, and would join it"
            yield Finding(("stages", index, "id"), "PG207", message, f"say `job: {stage.id}`, or rename one of them")
        if stage.id in {STORE_SCOPE, REGISTRY_SCOPE, LEDGER_SCOPE}:
            message = f"{stage.id!r} means the commands of the {stage.id} wherever stages are named"
            yield Finding(("stages", index, "id"), "PG207", message, "give the stage another id")


def branches_apart_from_case(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG207: two branches or tags of the flow differ by case alone."""
    seen: dict[str, str] = {}
    for index, entry in enumerate(spec.flow or ()):
        key = "tags" if entry.tags else "branch"
        name = entry.tags or entry.branch or ""
        other = seen.setdefault(f"{key} {name.casefold()}", name)
        if other != name:
            message = f"{name!r} differs from {other!r} by case alone, which some systems ignore"
            yield Finding(("flow", index, key), "PG207", message, "rename one of them")


def credentials_apart(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG207: the ids that two secrets get by default are the same."""
    seen: dict[str, tuple[str, str]] = {}
    for path, place, name, secret in _secrets(spec):
        if secret.credential is not None:
            continue
        credential = secret_value(place, name, secret).credential
        other = seen.setdefault(credential, (place or "", name))
        if other != (place or "", name):
            message = f"this secret and {other[1]!r} of {_owner(other[0])} would both be the credential {credential!r}"
            yield Finding(path, "PG207", message, "give one of them a `credential` of its own")


def _owner(environment: str) -> str:
    return f"environment {environment!r}" if environment else "the repository"


def _secrets(spec: ModelSpec) -> Iterator[tuple[KeyPath, str | None, str, Secret]]:
    for name, secret in spec.secrets.items():
        yield ("secrets", name), None, name, secret
    for place, environment in spec.environments.items():
        for name, secret in environment.secrets.items():
            yield ("environments", place, "secrets", name), place, name, secret


def artifact_names(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG227: two stages produce an artifact of the same name, or it is one of pipegen's own."""
    makers: dict[str, str] = {}
    for index, stage in enumerate(spec.stages):
        for position, artifact in enumerate(stage.produces):
            path = ("stages", index, "produces", position, "name")
            if artifact.name in _OWN_ARTIFACTS or artifact.name.startswith("evidence-"):
                message = f"{artifact.name!r} is a name that pipegen gives to artifacts of its own"
                yield Finding(path, "PG227", message, "choose a name that does not begin with evidence-")
            elif artifact.name in makers:
                message = f"artifact {artifact.name!r} is made by stage {makers[artifact.name]!r} already"
                yield Finding(path, "PG227", message, "give each artifact a name of its own")
            makers.setdefault(artifact.name, stage.id)


def listed_twice(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG283: a list that names things names one of them twice."""
    for path, names in _lists(spec):
        seen: set[str] = set()
        for position, name in enumerate(names or ()):
            if name in seen:
                yield Finding((*path, position), "PG283", f"{name!r} is listed twice", "keep one of the two")
            seen.add(name)


def _lists(spec: ModelSpec) -> Iterator[tuple[KeyPath, tuple[str, ...] | None]]:
    yield ("targets",), spec.targets
    for index, entry in enumerate(spec.flow or ()):
        yield ("flow", index, "environments"), entry.environments
        yield ("flow", index, "from"), entry.from_
    for index, stage in enumerate(spec.stages):
        path: KeyPath = ("stages", index)
        yield (*path, "needs"), stage.needs
        yield (*path, "environments"), stage.environments
        yield (*path, "at"), stage.at
        yield (*path, "consumes"), stage.consumes
        yield (*path, "publishes"), stage.publishes
    for name, schedule in spec.schedules.items():
        yield ("schedules", name, "stages"), schedule.stages
    for name, action in spec.actions.items():
        yield ("actions", name, "stages"), action.stages
    for path, _, _, secret in _secrets(spec):
        yield (*path, "stages"), secret.stages
