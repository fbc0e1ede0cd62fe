"""Rules about what a stage is made of and where it stands among the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipegen.config import Config
from pipegen.diagnostics import Finding, KeyPath
from pipegen.plan.selection import job_key, per_environment
from pipegen.rules.texts import deployment_scripts, named_steps
from pipegen.rules.wording import nearest
from pipegen.spec.model import ModelSpec
from pipegen.spec.stages import Stage

CODES = {
    "PG204": "stages or jobs wait for each other",
    "PG205": "a stage or step has not exactly one thing to do",
    "PG210": "`after` does not name the stage that deploys",
    "PG211": "a stage needs one that comes later",
    "PG212": "a stage that does not deploy has keys of a deployment",
    "PG213": "a stage that deploys has keys that a deployment cannot follow",
    "PG214": "stages that share a job differ in where they run",
    "PG215": "more than one stage deploys",
    "PG255": "an advisory stage decides something",
}


def one_thing_to_do(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG205: exactly one of run, command, steps, use and rollout, and exactly one of run and command in a step."""
    for index, stage in enumerate(spec.stages):
        path: KeyPath = ("stages", index)
        said = {key: getattr(stage, key) for key in ("run", "command", "steps", "use", "rollout")}
        yield from _exactly_one(f"stage {stage.id!r}", said, path)
        for key, steps in named_steps(stage):
            for position, step in enumerate(steps):
                said = {"run": step.run, "command": step.command}
                yield from _exactly_one(f"step {step.title!r}", said, (*path, key, position))


def _exactly_one(what: str, said: Mapping[str, object], path: KeyPath) -> Iterator[Finding]:
    given = [key for key, value in said.items() if value is not None]
    if len(given) != 1:
        has = f"has {' and '.join(given)}" if given else "has nothing to do"
        yield Finding(path, "PG205", f"{what} {has}", f"give it exactly one of {', '.join(said)}")
    yield from (
        Finding((*path, key), "PG205", f"{what} has an empty {key!r}", "say what it does")
        for key in given
        if said[key] == ()
    )


# ---------------------------------------------------------------- order


def cycles(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG204: stages need each other in a circle, or the jobs that they share do."""
    edges = {stage.id: tuple(stage.needs or ()) for stage in spec.stages}
    circle = _circle(edges)
    if circle:
        index = [stage.id for stage in spec.stages].index(circle[0])
        message = f"stages wait for each other: {' -> '.join((*circle, circle[0]))}"
        yield Finding(("stages", index, "needs"), "PG204", message, "remove one of these needs")
        return
    circle = _circle(_job_edges(spec))
    if circle:
        index = [job_key(stage) for stage in spec.stages].index(circle[0])
        message = f"jobs wait for each other: {' -> '.join((*circle, circle[0]))}"
        yield Finding(("stages", index, "job"), "PG204", message, "share a job only among neighbours, or change needs")


def _job_edges(spec: ModelSpec) -> dict[str, tuple[str, ...]]:
    """For each job those that it waits for, among stages that are ordered by needs at all."""
    owner = {stage.id: job_key(stage) for stage in spec.stages}
    edges: dict[str, tuple[str, ...]] = {}
    for index, stage in enumerate(spec.stages):
        before = stage.needs if stage.needs is not None else tuple(each.id for each in spec.stages[index - 1 : index])
        needed = tuple(owner[each] for each in before if owner.get(each, job_key(stage)) != job_key(stage))
        edges[job_key(stage)] = (*edges.get(job_key(stage), ()), *needed)
    return edges


def _circle(edges: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """A circle in the order of its arrows, nothing if there is none; without recursion, as files may be long."""
    done: set[str] = set()
    for start in edges:
        way: dict[str, Iterator[str]] = {}
        current = start
        while current not in done:
            way.setdefault(current, iter(edges.get(current, ())))
            following = next((each for each in way[current] if each not in done), None)
            if following is None:
                done.add(current)
                del way[current]
                current = next(reversed(way), current)
            elif following in way:
                names = list(way)
                return tuple(names[names.index(following) :])
            else:
                current = following
    return ()


def placement(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG210 and PG211: stages come before, in or after a deployment, and need nothing that comes later."""
    deploying = [stage.id for stage in spec.stages if stage.deploys]
    rank = {stage.id: _rank(stage) for stage in spec.stages}
    for index, stage in enumerate(spec.stages):
        path: KeyPath = ("stages", index)
        if stage.after is not None and stage.after not in deploying:
            message = f"{stage.after!r} is no stage that deploys"
            hint = nearest(stage.after, deploying, "stages that deploy") + "; use `needs` for others"
            yield Finding((*path, "after"), "PG210", message, hint)
        if stage.after is not None and stage.deploys:
            yield Finding((*path, "after"), "PG210", "a stage that deploys comes after no other", "remove `after`")
        for position, name in enumerate(stage.needs or ()):
            if rank.get(name, 0) > rank[stage.id]:
                message = f"{stage.id!r} runs {_PLACES[rank[stage.id]]}, but {name!r} runs {_PLACES[rank[name]]}"
                hint = "use `after: <the stage that deploys>`, `per: environment`, or remove the need"
                yield Finding((*path, "needs", position), "PG211", message, hint)


def _rank(stage: Stage) -> int:
    if stage.deploys:
        return 2
    return 3 if stage.after is not None else int(per_environment(stage))


_PLACES = ("once before all deployments", "in each environment before its deployment", "as the deployment", "after it")


def shared_jobs(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG214: stages of one job run in the same place; they may run at different moments."""
    first: dict[str, Stage] = {}
    for index, stage in enumerate(spec.stages):
        if stage.job is None:
            continue
        path: KeyPath = ("stages", index)
        if stage.deploys:
            message = f"stage {stage.id!r} deploys, and a deployment shares its job with no stage"
            yield Finding((*path, "job"), "PG214", message, "remove `job`")
            continue
        other = first.setdefault(stage.job, stage)
        for key in ("runner", "per", "after", "environments", "override"):
            if _sharing(stage, key) != _sharing(other, key):
                message = f"stages {other.id!r} and {stage.id!r} share the job {stage.job!r}, but differ in {key!r}"
                yield Finding((*path, key), "PG214", message, f"give both the same {key!r}, or jobs of their own")


def _sharing(stage: Stage, key: str) -> object:
    """What stages of one job must agree about; each may have overrides of its own variables."""
    if key == "override":
        return tuple((override.at, override.runner) for override in stage.override if override.runner)
    return getattr(stage, key)


# ---------------------------------------------------------------- deployments


def deployment_keys(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG212 and PG213: keys that belong to a deployment, and keys that do not."""
    for index, stage in enumerate(spec.stages):
        path: KeyPath = ("stages", index)
        said: dict[str, object] = {"rollout": stage.rollout, **deployment_scripts(stage)}
        for key, value in {} if stage.deploys else said.items():
            if value:
                message = f"{key!r} belongs to a deployment, and stage {stage.id!r} does not deploy"
                yield Finding((*path, key), "PG212", message, "add `deploys: true`, or remove the key")
        lost: dict[str, object] = {"produces": stage.produces, "publishes": stage.publishes, "metrics": stage.metrics}
        for key, value in lost.items() if stage.deploys else ():
            if value:
                message = f"stage {stage.id!r} deploys, and a deployment hands nothing on"
                yield Finding((*path, key), "PG213", message, f"move {key!r} to a stage before or after it")


def one_deployment(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG215: an environment has one unit of deployment, so that one approval, one lock and one way back cover it."""
    deploying = [(index, stage) for index, stage in enumerate(spec.stages) if stage.deploys]
    for index, stage in deploying[1:]:
        message = f"stage {stage.id!r} deploys, and so does {deploying[0][1].id!r}"
        hint = "make them steps of one `rollout`, or steps of one stage"
        yield Finding(("stages", index, "deploys"), "PG215", message, hint)


def advisory_stages(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG255: what may fail unnoticed cannot judge, deploy or make anything."""
    for index, stage in enumerate(spec.stages):
        said = {
            "gates": stage.gates,
            "deploys": stage.deploys,
            "produces": stage.produces,
            "publishes": stage.publishes,
        }
        for key, value in said.items() if stage.advisory else ():
            if value:
                message = f"stage {stage.id!r} is advisory, so nothing may depend on its {key!r}"
                yield Finding(("stages", index, key), "PG255", message, "remove `advisory`, or split the stage")
