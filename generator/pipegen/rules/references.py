"""Rules about names that point to something: it has to be there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipegen.config import Config
from pipegen.diagnostics import Finding, KeyPath, Severity
from pipegen.plan.flow import CHECKS, arrivals, environments
from pipegen.plan.variables import REGISTRY_SCOPE, STORE_SCOPE
from pipegen.rules.wording import nearest
from pipegen.spec.model import Action, ModelSpec, Schedule

CODES = {
    "PG202": "`needs` names no stage",
    "PG203": "an environment is not declared",
    "PG208": "a stage is named that does not exist",
    "PG209": "`checks` is used as an environment of deliveries",
    "PG228": "an artifact is consumed that nothing before makes",
    "PG256": "a moment names something that does not exist",
}


def unknown_needs(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG202: a stage waits for one that does not exist."""
    known = [stage.id for stage in spec.stages]
    for index, stage in enumerate(spec.stages):
        for position, name in enumerate(stage.needs or ()):
            if name not in known:
                message = f"stage {stage.id!r} needs {name!r}, which does not exist"
                yield Finding(("stages", index, "needs", position), "PG202", message, nearest(name, known, "stages"))


def unknown_environment(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG203: whatever names an environment names a declared one."""
    declared = list(environments(spec))
    for path, name in environment_names(spec):
        if name not in declared:
            message = f"environment {name!r} is not declared"
            yield Finding(path, "PG203", message, nearest(name, declared, "declared environments"))


def environment_names(spec: ModelSpec) -> Iterator[tuple[KeyPath, str]]:
    """Every place that names an environment."""
    for index, entry in enumerate(spec.flow or ()):
        yield from _listed(("flow", index, "environments"), entry.environments)
        yield from _single(("flow", index, "build_in"), entry.build_in)
    for index, stage in enumerate(spec.stages):
        yield from _listed(("stages", index, "environments"), stage.environments)
        for position, step in enumerate(stage.rollout or ()):
            if step.approvals:
                place = ("stages", index, "rollout", position, "approvals", "environments")
                yield from _listed(place, step.approvals.environments)
    for path, started in operations(spec):
        yield from _single((*path, "environment"), started.environment)
        yield from _single((*path, "build_in"), started.build_in)


def operations(spec: ModelSpec) -> Iterator[tuple[KeyPath, Schedule | Action]]:
    """What no merge starts: schedules and actions."""
    yield from ((("schedules", name), schedule) for name, schedule in spec.schedules.items())
    yield from ((("actions", name), action) for name, action in spec.actions.items())


def _listed(path: KeyPath, names: Iterable[str] | None) -> Iterator[tuple[KeyPath, str]]:
    yield from (((*path, position), name) for position, name in enumerate(names or ()))


def _single(path: KeyPath, name: str | None) -> Iterator[tuple[KeyPath, str]]:
    yield from [] if name is None else [(path, name)]


def checks_is_no_delivery(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG209: changes and reviews run in `checks`, so nothing may be deployed there and nobody asked."""
    hint = f"declare an environment of its own; in {CHECKS!r} code runs that nobody has reviewed"
    for index, entry in enumerate(spec.flow or ()):
        for position, name in enumerate(entry.environments):
            if name == CHECKS:
                yield Finding(("flow", index, "environments", position), "PG209", "nothing deploys to 'checks'", hint)
    deploying = {stage.id for stage in spec.stages if stage.deploys}
    for path, started in operations(spec):
        if started.environment == CHECKS and deploying & set(started.stages):
            yield Finding((*path, "environment"), "PG209", "nothing deploys to 'checks'", hint)
    for index, stage in enumerate(spec.stages):
        if stage.deploys and CHECKS in (stage.environments or ()):
            yield Finding(("stages", index, "environments"), "PG209", "nothing deploys to 'checks'", hint)
    if CHECKS in spec.environments and spec.environments[CHECKS].approvals:
        message = "nobody is asked before changes and reviews are checked"
        yield Finding(("environments", CHECKS, "approvals"), "PG209", message, "remove the approvals")


def unknown_stage(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG208: whatever names a stage names one of the spec."""
    known = [stage.id for stage in spec.stages]
    for path, names, others in _stage_names(spec):
        for position, name in enumerate(names or ()):
            if name not in (*known, *others):
                hint = nearest(name, (*known, *others), "stages")
                yield Finding((*path, position), "PG208", f"there is no stage {name!r}", hint)


def _stage_names(spec: ModelSpec) -> Iterator[tuple[KeyPath, tuple[str, ...] | None, tuple[str, ...]]]:
    """Every place that names stages, and what else may be named there."""
    for path, started in operations(spec):
        yield (*path, "stages"), started.stages, ()
    for name, secret in spec.secrets.items():
        yield ("secrets", name, "stages"), secret.stages, (STORE_SCOPE, REGISTRY_SCOPE)
    for place, environment in spec.environments.items():
        for name, secret in environment.secrets.items():
            yield ("environments", place, "secrets", name, "stages"), secret.stages, (STORE_SCOPE, REGISTRY_SCOPE)
        for name, token in environment.identity.items():
            yield ("environments", place, "identity", name, "stages"), token.stages, ()


def unknown_artifact(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG228: a stage consumes what no stage above it makes."""
    made: list[str] = []
    for index, stage in enumerate(spec.stages):
        for position, name in enumerate(stage.consumes or ()):
            if name not in made:
                message = f"no stage before {stage.id!r} makes the artifact {name!r}"
                path = ("stages", index, "consumes", position)
                yield Finding(path, "PG228", message, nearest(name, made, "artifacts made before"))
        made += [artifact.name for artifact in stage.produces]


def unknown_moment(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG256: a moment by name names a branch, tag pattern, schedule or action of the spec."""
    flow = arrivals(spec)
    known = {
        "merged": [each.trunk for each in flow if each.tags is None and each.role == "deliver"],
        "tagged": [each.tags for each in flow if each.tags],
        "scheduled": list(spec.schedules),
        "action": [*spec.actions, "deploy", "rollback"],
    }
    for path, moments in moment_lists(spec):
        for position, moment in enumerate(moments):
            kind, name = moment.partition(":")[::2]
            if name and name not in known[kind]:
                hint = nearest(name, known[kind], _SOURCES[kind])
                yield Finding((*path, position), "PG256", f"{moment!r} never comes: there is no {name!r}", hint)


_SOURCES = {
    "merged": "branches with deliveries",
    "tagged": "tags of the flow",
    "scheduled": "schedules",
    "action": "actions",
}


def leave_for_other_targets(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG303: leave to be weaker is for a target of the spec."""
    for index, leave in enumerate(spec.allow_weaker):
        if spec.targets is not None and leave.target not in spec.targets:
            message = f"{leave.target!r} is none of the targets of this spec"
            yield Finding(("allow_weaker", index, "target"), "PG303", message, "remove the entry", Severity.WARNING)


def moment_lists(spec: ModelSpec) -> Iterator[tuple[KeyPath, tuple[str, ...]]]:
    """Every `at` of the spec."""
    for index, stage in enumerate(spec.stages):
        path: KeyPath = ("stages", index)
        yield (*path, "at"), stage.at or ()
        for position, override in enumerate(stage.override):
            yield (*path, "override", position, "at"), override.at
        for position, gate in enumerate(stage.gates):
            yield (*path, "gates", position, "at"), gate.at or ()
