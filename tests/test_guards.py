"""The first job really lets in what the spec allows, refuses everything else, and executes nothing of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from local_models import run, world_of
from local_trace import Started
from pipegen.delivery import Job, Parameter, Run
from pipegen.plan import guards
from pipegen.plan.flow import Arrival
from shell import Done, bash
from specs import spec_from


def script_of(job: Job | None) -> str:
    assert job is not None
    (script,) = (step.script for step in job.steps if isinstance(step, Run) and step.id == "guard")
    return script


# ---------------------------------------------------------------- reviews


def arrival(trunk: str, *sources: str) -> Arrival:
    return Arrival(trunk, "deliver", trunk, None, sources, (), 0, None, None, ())


SPEC_PATH = "model-specs/churn.yaml"
WHOLE_REPOSITORY = spec_from(
    {"pipegen": 1, "model": {"name": "churn", "owner": "team"}, "stages": [{"id": "a", "run": "true"}]}
)
FLOW = (
    arrival("dev", "feat/*", "fix-*-now"),
    arrival("prod", "dev", "hotfix/*"),
    arrival("release/1.x", "prod"),
    arrival("open", "*"),
)

REVIEWS = [
    ("dev", "feat/a", True),
    ("dev", "feat/a/b", True),
    ("dev", "feat/", True),
    ("dev", "fix-it-now", True),
    ("dev", "feat", False),
    ("dev", "feature/a", False),
    ("dev", "my-feat/a", False),
    ("dev", "Feat/a", False),
    ("dev", "fix-now", False),
    ("dev", "prod", False),
    ("dev", "owner:feat/a", False),
    ("dev", "fork:feat/a", False),
    ("dev", "", False),
    ("prod", "dev", True),
    ("prod", "hotfix/urgent", True),
    ("prod", "DEV", False),
    ("prod", "owner:dev", False),
    ("prod", "dev2", False),
    ("prod", "feat/a", False),
    ("prod", "dev|x", False),
    ("release/1.x", "prod", True),
    ("release/1yx", "prod", False),
    ("Prod", "dev", False),
    ("open", "anything", True),
    ("open", "owner:anything", True),
    ("main", "dev", False),
    ("prod", "$(touch pwned)", False),
    ("prod", '"; touch pwned; "', False),
    ("prod", "dev\nx", False),
    ("dev|prod", "dev", False),
    ("*", "dev", False),
]


@pytest.mark.parametrize(("target", "source", "allowed"), REVIEWS)
def test_a_review_comes_from_where_the_flow_leads(target: str, source: str, *, allowed: bool, tmp_path: Path) -> None:
    variables = {"PIPEGEN_TARGET_BRANCH": target, "PIPEGEN_BRANCH": source}
    done = bash(script_of(guards.review_job(WHOLE_REPOSITORY, SPEC_PATH, FLOW)), tmp_path, variables)
    if allowed:
        assert done == Done(0, "", "")
    else:
        assert done == Done(1, "", f"error: the flow does not lead from {source} to {target}\n")
    assert not list(tmp_path.iterdir())


def test_a_flow_that_allows_every_source_needs_no_guard() -> None:
    assert guards.review_job(WHOLE_REPOSITORY, SPEC_PATH, (arrival("main", "*"),)) is None


TOUCHING = [
    ("README.md", True),
    ("models/other/train.py", True),
    ("models/churn-2/train.py", True),
    ("models/churn/train.py", False),
    ("libs/features/deep/window.py", False),
    ("model-specs/churn-prediction.yaml", False),
]


@pytest.mark.parametrize(("file", "allowed"), TOUCHING)
def test_a_model_has_no_say_in_a_review_that_does_not_touch_it(file: str, *, allowed: bool, tmp_path: Path) -> None:
    world = world_of("churn-prediction", tmp_path)
    world.commit("prod", {"models/churn/meanwhile.py": "pass\n"})
    world.commit("feat/new-features", {file: "new\n"})
    trace = run(world, "churn-prediction", "review", Started("feat/new-features", "prod"))
    assert trace.succeeded == allowed
    assert trace.step("guard/guard").code == (0 if allowed else 1)


# ---------------------------------------------------------------- tags


@pytest.mark.parametrize(("branch", "succeeded"), [("main", True), ("feat/new-features", False)])
def test_a_tag_counts_only_on_its_branch(branch: str, *, succeeded: bool, tmp_path: Path) -> None:
    world = world_of("price-elasticity", tmp_path)
    world.commit("feat/new-features", {"models/elasticity/x.py": "pass\n"})
    world.tag("elasticity-v1", branch)
    world.commit("main", {"models/elasticity/later.py": "pass\n"})
    trace = run(world, "price-elasticity", "deliver-tag-elasticity-v", Started("elasticity-v1"))
    assert trace.succeeded == succeeded
    if not succeeded:
        assert trace.started == ["guard"]
        assert trace.asked == []
        assert trace.step("guard/guard").output == "error: elasticity-v1 is not on branch main\n"


# ---------------------------------------------------------------- where an action starts


def parameter(kind: str, name: str = "value", **given: str | tuple[str, ...]) -> Parameter:
    empty: dict[str, str | tuple[str, ...]] = {"choices": (), "pattern": "", "minimum": "", "maximum": ""}
    return Parameter(name=name, type=kind, description="", default="", origin=(), **{**empty, **given})  # type: ignore[arg-type]


REFS = (("dev", ("dev",)), ("prod", ("prod", "v*")))
ENVIRONMENT = parameter("choice", "environment", choices=("dev", "prod"))

STARTS = [
    ("dev", "dev", True),
    ("prod", "prod", True),
    ("prod", "v1.2", True),
    ("dev", "prod", False),
    ("dev", "feat/a", False),
    ("prod", "dev", False),
    ("prod", "Prod", False),
    ("prod", "xv1", False),
    ("", "dev", False),
    ("prod|v1", "feat/a", False),
    ("dev\nprod", "dev", False),
    ("$(touch pwned)", "dev", False),
    ("dev", "$(touch pwned)", False),
]


@pytest.mark.parametrize(("environment", "branch", "allowed"), STARTS)
def test_an_action_starts_from_a_branch_of_its_environment(
    environment: str, branch: str, *, allowed: bool, tmp_path: Path
) -> None:
    script = script_of(guards.action_job((ENVIRONMENT,), REFS, ()))
    done = bash(script, tmp_path, {"PIPEGEN_PARAM_ENVIRONMENT": environment, "PIPEGEN_BRANCH": branch})
    assert done.code == (0 if allowed else 1)
    assert done.err.startswith("error: ") != allowed
    assert not list(tmp_path.iterdir())


def test_a_refused_start_says_where_to_start(tmp_path: Path) -> None:
    script = script_of(guards.action_job((), (("", ("dev", "release/*")),), ()))
    done = bash(script, tmp_path, {"PIPEGEN_BRANCH": "feat/a"})
    assert done == Done(1, "", "error: started from feat/a; start it from dev, release/*\n")


# ---------------------------------------------------------------- parameters

HOSTILE = ('1"; echo PWNED; "', "$(touch pwned)", "`touch pwned`", "1\n2", "a|b", "1;touch pwned", "' x", "é", "")
STRING, ANY = parameter("string", pattern="[a-z]+|[0-9]{2}"), parameter("string")
INTEGER, NUMBER = parameter("integer", minimum="1", maximum="36"), parameter("number", minimum="-0.5", maximum="1e3")
BOOLEAN, CHOICE = parameter("boolean"), parameter("choice", choices=("a", "b.c", "x+y", "s3://b/k:1@2"))
VERSION = parameter("string", pattern="[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")

PARAMETERS = [
    (STRING, ("a", "abc", "12"), ("A", "a1", "123", "a ", " 12", "a\n12", "12 a")),
    (ANY, ("a", "s3://bucket/key:1", "x" * 200), ("a b", "x" * 201)),
    (INTEGER, ("1", "36", "007"), ("0", "37", "-1", "1.5", "1e1", "0x10", "+5", " 5", "9" * 16)),
    (NUMBER, ("-0.5", "0", "1000", "999.9999"), ("-0.51", "1000.1", "1e2", ".5", "5.", "nan", "inf", "1,5")),
    (BOOLEAN, ("true", "false"), ("True", "1", "yes", "truefalse", "true ")),
    (CHOICE, ("a", "b.c", "x+y", "s3://b/k:1@2"), ("b", "bxc", "xxy", "ab.c", "a|b.c", "A")),
    (VERSION, ("1.2", "v1", "2024.1+x", "a" * 100), ("-1", ".1", "1/2", "../x", "a" * 101)),
]
CASES = [
    *((kind, value, True) for kind, good, _ in PARAMETERS for value in good),
    *((kind, value, False) for kind, _, bad in PARAMETERS for value in (*bad, *HOSTILE)),
]


@pytest.mark.parametrize(("kind", "value", "allowed"), CASES)
def test_a_parameter_is_of_its_form_as_a_whole(kind: Parameter, value: str, *, allowed: bool, tmp_path: Path) -> None:
    script = script_of(guards.action_job((kind,), (("", ("main",)),), ()))
    done = bash(script, tmp_path, {"PIPEGEN_BRANCH": "main", "PIPEGEN_PARAM_VALUE": value})
    assert done.code == (0 if allowed else 1)
    assert done.out == ""
    assert done.err.startswith("error: parameter value is ") != allowed
    assert done.err.count("\n") == (0 if allowed else 1)
    assert not list(tmp_path.iterdir())


GIVEN = {"reason": "the market moved", "window_months": "24", "strict": "false"}


def test_the_parameters_of_an_action_reach_its_scripts_as_variables(tmp_path: Path) -> None:
    world = world_of("fraud-detection", tmp_path)
    trace = run(world, "fraud-detection", "action-retrain-now", Started("prod", parameters=GIVEN))
    assert trace.succeeded
    assert (
        trace.step("train/train").variables.items()
        >= {
            "PIPEGEN_PARAM_REASON": "the market moved",
            "PIPEGEN_PARAM_WINDOW_MONTHS": "24",
            "PIPEGEN_PARAM_STRICT": "false",
        }.items()
    )


def test_an_action_with_a_wrong_parameter_asks_nobody_and_starts_nothing(tmp_path: Path) -> None:
    how = Started("prod", parameters={**GIVEN, "window_months": "37"})
    trace = run(world_of("fraud-detection", tmp_path), "fraud-detection", "action-retrain-now", how)
    assert not trace.succeeded
    assert trace.started == ["guard"]
    assert trace.asked == []
    assert trace.step("guard/guard").output == "error: parameter window_months is above 36\n"
