"""Valid specs, as the plain data that YAML would give: shipped ones, and any number of made-up ones."""

from __future__ import annotations

from functools import cache

import yaml
from hypothesis import strategies as st

from deliveries import ROOT
from pipegen.spec.model import ModelSpec
from pipegen.stage_kinds import StageKind, expand
from spec_stages import Data, approvals, hostile_texts, scripts, stages_of

BRANCHES = ("dev", "prod", "main", "release/1.x", "Stable")
ENVIRONMENTS = ("dev", "staging", "prod", "canada")


def spec_from(data: Data) -> ModelSpec:
    """The spec that the data says, with its stage kinds expanded."""
    spec, findings = expand(ModelSpec.model_validate(data), stage_kinds())
    if findings:
        raise AssertionError(findings)
    return spec


@cache
def stage_kinds() -> dict[str, StageKind]:
    files = sorted((ROOT / "templates" / "stages").glob("*.yaml"))
    return {file.stem: StageKind.model_validate(yaml.safe_load(file.read_text("utf-8"))) for file in files}


# ---------------------------------------------------------------- flow and environments


@st.composite
def _flows(draw: st.DrawFn) -> list[Data]:
    """One to six entries: feature branches, branches in promotion order, tags on the last of them, an archive."""
    flow: list[Data] = draw(st.sampled_from([[], [{"branch": "feat/*"}], [{"branch": "feat/*"}, {"branch": "fix-*"}]]))
    flow = [dict(entry) for entry in flow]
    branches = draw(st.lists(st.sampled_from(BRANCHES), unique=True, min_size=1, max_size=3))
    free = list(ENVIRONMENTS)
    for name in branches:
        count = draw(st.integers(0, min(2, len(free))))
        flow.append({"branch": name, "environments": [free.pop(0) for _ in range(count)]})
    if bool(free) and draw(st.booleans()):
        flow.append({"tags": "v*", "environments": [free.pop(0)]})
    elif len(branches) > 1 and draw(st.booleans()):
        flow[-1] = {"branch": branches[-1], "role": "archive"}
    for entry in flow:
        if "branch" in entry and "*" not in entry["branch"] and draw(st.booleans()):
            entry |= {"approvals": {"merge": draw(st.integers(0, 3))}}
        if "branch" in entry and "*" not in entry["branch"] and draw(st.booleans()):
            entry |= {"from": draw(st.lists(st.sampled_from(["hotfix/*", "dev", "*"]), min_size=1, unique=True))}
    return flow


@st.composite
def _environments(draw: st.DrawFn, names: list[str], scopes: list[str], *, first: set[str]) -> Data:
    """The environments of the flow and sometimes `checks`; those `first` in a flow may ask before the build."""
    found: Data = {}
    for name in [*names, *draw(st.sampled_from([[], ["checks"]]))]:
        environment = draw(_environment(scopes))
        count = draw(st.integers(0, 3)) if name in names else 0
        if count:
            environment["approvals"] = draw(approvals(count))
            environment["approvals"] |= {"before": "build"} if name in first and draw(st.booleans()) else {}
        found[name] = environment
    return found


def _environment(scopes: list[str]) -> st.SearchStrategy[Data]:
    some = st.lists(st.sampled_from(scopes), min_size=1, max_size=2, unique=True)
    scope = st.fixed_dictionaries({}, optional={"stages": some})
    kinds: list[Data] = [{}, {"type": "file"}, {"type": "username-password"}, {"credential": "its.own-id"}]
    secret = st.builds(lambda limits, kind: {**limits, **kind}, scope, st.sampled_from(kinds))
    token = st.just({"audience": "serving.example.com"}) | st.just({"audience": "a:b/c", "stages": scopes[:1]})
    return st.fixed_dictionaries(
        {},
        optional={
            "title": hostile_texts(),
            "variables": st.dictionaries(st.sampled_from(["DATABASE", "REGION"]), hostile_texts()),
            "secrets": st.dictionaries(st.sampled_from(["TOKEN", "CERTIFICATE"]), secret),
            "identity": st.dictionaries(st.just("ID_TOKEN"), token),
            "waiting": st.sampled_from(["all", "newest"]),
        },
    )


# ---------------------------------------------------------------- the whole spec


@st.composite
def _parameters(draw: st.DrawFn) -> Data:
    kinds: dict[str, Data] = {
        "reason": {"type": "string", "pattern": "[a-z]+|[0-9]+"},
        "months": {"type": "integer", "min": 1, "max": 36, "default": 12},
        "share": {"type": "number", "min": 0.0, "max": 0.5},
        "strict": {"type": "boolean", "default": True},
        "size": {"type": "choice", "choices": ["small", "x.large"], "default": "small"},
    }
    chosen = draw(st.lists(st.sampled_from(sorted(kinds)), unique=True))
    return {name: {**kinds[name], "description": draw(hostile_texts())} for name in chosen}


@st.composite
def _operation(draw: st.DrawFn, plain: list[str], names: list[str]) -> Data:
    place = draw(st.sampled_from([None, *names]))
    return {"stages": plain[:3]} if place is None else {"stages": plain[:3], "environment": place}


@st.composite
def valid_specs(draw: st.DrawFn) -> Data:
    """A spec that pipegen accepts, with hostile text wherever a person may write freely."""
    flow = draw(_flows())
    names = [name for entry in flow for name in entry.get("environments", ())]
    stages = draw(stages_of(names))
    spec: Data = {"pipegen": 1, "model": draw(_models()), "flow": flow, "stages": stages}
    spec |= draw(st.fixed_dictionaries({}, optional={"variables": st.dictionaries(st.just("REGION"), hostile_texts())}))
    spec["runtime"] = draw(st.sampled_from(RUNTIMES))
    spec["secrets"] = ["INDEX", "SHARED"] if "indexes" in spec["runtime"] else {}
    if any("produces" in stage for stage in stages) and draw(st.sampled_from([True, True, False])):
        spec["store"] = {"put": "./store.sh put", "get": "./store.sh get"}
        _carry(spec, draw)
    scopes = [*(stage["id"] for stage in stages), *(["store"] if "store" in spec else [])]
    first = {entry["environments"][0] for entry in flow if len(entry.get("environments", ())) == 1}
    spec["environments"] = draw(_environments(names, scopes, first=first))
    if any("role" in entry for entry in flow) and draw(st.booleans()):
        spec["archive"] = {"run": draw(scripts())}
    return spec | draw(_operations(stages, names))


RUNTIMES: tuple[Data, ...] = (
    {},
    {"python": "3.11", "install": "pip install -r requirements.lock", "cache": "pip"},
    {"conda": {"file": "environment.yml", "name": "churn"}, "cache": "conda", "requires": ["git"]},
    {"python": "3.12", "indexes": [{"url": "https://nexus.example.com/simple", "secret": "INDEX"}]},
)


def _models() -> st.SearchStrategy[Data]:
    return st.fixed_dictionaries(
        {
            "name": st.just("churn-prediction"),
            "owner": st.just("retention"),
            "path": st.sampled_from([".", "models/a@b", "models/deep/churn"]),
            "paths": st.just(["libs/**"]),
        },
        optional={"title": hostile_texts(), "description": hostile_texts()},
    )


def _carry(spec: Data, draw: st.DrawFn) -> None:
    """Let a later branch take what an earlier one made."""
    branches = [entry for entry in spec["flow"] if "*" not in entry.get("branch", "*") and "role" not in entry]
    if len(branches) > 1 and draw(st.booleans()):
        branches[1]["artifacts"] = {"from": branches[0]["branch"]}


@st.composite
def _operations(draw: st.DrawFn, stages: list[Data], names: list[str]) -> Data:
    """Schedules and actions of stages that depend on no other."""
    dependent = {"deploys", "after", "gates", "per", "environments"}
    plain = [stage["id"] for stage in stages if not stage.keys() & dependent]
    found: Data = {}
    if bool(plain) and draw(st.booleans()):
        found["schedules"] = {"monitor": {"cron": "0 6 1 * *", **draw(_operation(plain, names))}}
    if bool(plain) and draw(st.booleans()):
        action = {**draw(_operation(plain, names)), "parameters": draw(_parameters()), "title": draw(hostile_texts())}
        found["actions"] = {"retrain": action}
    return found
