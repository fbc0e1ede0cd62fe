"""What a spec brings about is told completely, truly, and within the width of a terminal."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

import listing_target
from deliveries import CONFIG, ROOT, SPECS, delivery_of
from pipegen.cli import main
from pipegen.delivery import Action, Capability, Delivery, Fidelity, Merged, Review, ReviewTarget, Scheduled, Tagged
from pipegen.explanation import Explanation, as_json, as_text, explanation
from pipegen.explanation.values import ExplainedJob, Prompts
from pipegen.explanation.words import duration, either, occasion, prompts
from pipegen.layout import paragraph, table
from pipegen.plan import plan
from pipegen.spec.model import ModelSpec
from pipegen.targets import TARGETS

CAPABILITIES = {
    "here": (
        Capability("lock dev", Fidelity.EXACT, "", ()),
        Capability("secret NEXUS", Fidelity.WITH_SETTINGS, "store the secret NEXUS", ()),
        Capability("schedule monitor", Fidelity.APPROXIMATED, "the clock is late by up to an hour", ()),
        Capability("lock prod", Fidelity.EXACT, "", ()),
    ),
    "there": (
        Capability("approval prod", Fidelity.WITH_SETTINGS, "make the environment prod with its approvers", ()),
        Capability("lock prod", Fidelity.WITH_SETTINGS, "make the environment prod with its approvers", ()),
        Capability("expiry of approval prod", Fidelity.APPROXIMATED, "it ends after 30 days", (), weakens=True),
        Capability("initiator of approval prod", Fidelity.APPROXIMATED, "nobody knows who pushed", (), weakens=True),
        Capability("parameter reason", Fidelity.UNSUPPORTED, "there are no forms", ()),
    ),
}
ALLOWED = (("there", "expiry of approval prod", "Waiting runs are closed by hand."), ("here", "lock prod", "unused"))
MINIMAL = (ROOT / "model-specs" / "minimal.yaml").read_text("utf-8")
LEAST: dict[str, Any] = {
    "pipegen": 1,
    "model": {"name": "churn", "owner": "retention"},
    "stages": [{"id": "test", "run": "pytest"}, {"id": "deploy", "deploys": True, "run": "./deploy.sh"}],
}


def shipped(name: str) -> Delivery:
    delivery = delivery_of(next(path for path in SPECS if path.stem == name))
    return replace(delivery, allowed_weaker=ALLOWED)


def explained(name: str) -> Explanation:
    return explanation(shipped(name), CAPABILITIES)


def planned(**keys: object) -> Explanation:
    """The explanation of the spec above with some keys replaced."""
    return explanation(plan(ModelSpec.model_validate({**LEAST, **keys}), CONFIG, "model-specs/churn.yaml"), {})


def jobs(told: Explanation, pipeline: str) -> dict[str, ExplainedJob]:
    found = next(each for each in told.pipelines if each.id == pipeline)
    return {job.id: job for phase in found.phases for job in phase.jobs}


# ---------------------------------------------------------------- what is told


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_pipeline_phase_and_job_of_a_delivery_is_told_in_order(path: Path) -> None:
    delivery = delivery_of(path)
    told = explanation(delivery, {})
    assert [
        (each.id, [(phase.id, [job.id for job in phase.jobs]) for phase in each.phases]) for each in told.pipelines
    ] == [
        (each.id, [(phase.id, [job.id for job in phase.jobs]) for phase in each.phases]) for each in delivery.pipelines
    ]


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_approval_that_the_settings_name_is_asked_somewhere(path: Path) -> None:
    told = explanation(delivery_of(path), {})
    asked = {approval.id for each in told.pipelines for phase in each.phases for approval in phase.approvals}
    assert asked == {name for environment in told.environments for name in environment.approvals}


@pytest.mark.parametrize(
    ("spec", "pipeline", "expected"),
    [
        ("minimal", "deliver-prod", [("", 0, 0)]),
        ("churn-prediction", "deliver-dev", [("", 0, 0)]),
        ("churn-prediction", "deliver-prod", [("", 1, 1)]),
        ("churn-prediction", "schedule-monitor", [("", 0, 0)]),
        ("demand-forecast", "deliver-main", [("", 1, 2)]),
        ("fraud-detection", "deliver-prod", [("", 2, 3)]),
        ("fraud-detection", "action-retrain-now", [("", 2, 3)]),
        (
            "fraud-detection",
            "action-deploy",
            [("serving-dev", 0, 0), ("serving-staging", 0, 0), ("serving-prod", 2, 3)],
        ),
        (
            "fraud-detection",
            "action-rollback",
            [("serving-dev", 0, 0), ("serving-staging", 0, 0), ("serving-prod", 1, 2)],
        ),
    ],
)
def test_prompts_and_answers_are_counted_for_each_run(
    spec: str, pipeline: str, expected: list[tuple[str, int, int]]
) -> None:
    found = next(each for each in explained(spec).pipelines if each.id == pipeline)
    assert list(found.prompts) == [Prompts(*each) for each in expected]


def test_a_job_tells_what_it_holds_judges_gets_and_passes_on() -> None:
    delivered = jobs(explained("fraud-detection"), "deliver-dev")
    train, validate = delivered["train"], delivered["validate"]
    assert train.runner == "gpu"
    assert train.secrets == ("NEXUS_CREDENTIALS", "FEATURE_STORE_READ_TOKEN")
    assert (train.makes, train.publishes) == (("model", "evidence-train"), ("PIPEGEN_VERSION",))
    assert validate.gets == ("model", "evidence-train")
    assert validate.gates == (
        "auc at least 0.92, recall_at_1pct at least 0.61",
        "p95_ms at most 50, memory_mb at most 900",
    )
    assert delivered["deploy-serving-dev"].tokens == ("CLUSTER_TOKEN",)


def test_gates_are_told_only_where_they_apply() -> None:
    told = explained("churn-prediction")
    assert jobs(told, "change")["validate"].gates == ("score_mean_shift at most 0.05",)
    assert "auc at least 0.8" in jobs(told, "deliver-dev")["validate"].gates[0]


def test_a_rollout_is_told_with_its_parts_its_lock_and_its_way_back() -> None:
    delivered = next(each for each in explained("fraud-detection").pipelines if each.id == "deliver-prod")
    phase = delivered.phases[-1]
    assert [(job.id, job.part, job.wave) for job in phase.jobs] == [
        ("deploy-serving-prod-canary", "deployment", 1),
        ("deploy-serving-prod-full", "deployment", 2),
        ("deploy-serving-prod-closing", "closing", 3),
    ]
    assert [(each.id, each.count, each.before) for each in phase.approvals] == [
        ("serving-prod", 2, "phase serving-prod"),
        ("serving-prod-full", 1, "job deploy-serving-prod-full"),
    ]
    assert (phase.restores, phase.cleans_up) == (True, True)
    assert phase.lock is not None
    assert (phase.lock.name, phase.lock.waiting) == ("serving-prod", "all")


def test_only_an_environment_that_keeps_the_newest_run_lets_a_newer_one_end_a_waiting_one() -> None:
    ended = {each.id: each.cancelled_by for each in explained("demand-forecast").pipelines}
    assert ended["change"] == ended["review"] == "a newer commit"
    assert ended["deliver-dev"] == "nothing but people"
    assert ended["deliver-main"] == "a newer run, while this one waits for the environment"


def test_advisory_work_is_told() -> None:
    assert jobs(explained("demand-forecast"), "change")["checks"].advisory == ("Style",)
    assert jobs(explained("demand-forecast"), "deliver-main")["announce-bundle-prod"].advisory == ("Tell the planners",)


STORE = {"put": "./put.sh", "get": "./get.sh"}
TRAIN = {"id": "train", "run": "./train.sh", "produces": "model"}
DEPLOY = {"id": "deploy", "deploys": True, "run": "./deploy.sh"}
VERSIONED = {**DEPLOY, "run": './deploy.sh "$PIPEGEN_VERSION"'}
SCORE = {"id": "score", "run": "./score.sh", "metrics": "score.json"}
GATED = {**VERSIONED, "gates": [{"metric": "auc", "min": 0.8}]}
GATED_AT_MERGE = {**VERSIONED, "gates": [{"metric": "auc", "min": 0.8, "at": ["merged"]}]}
HERE = {**TRAIN, "per": "environment", "publishes": "PIPEGEN_VERSION"}


@pytest.mark.parametrize(
    ("keys", "deploy", "rollback"),
    [
        ({"stages": [TRAIN]}, "no stage deploys", "no stage deploys"),
        ({"stages": [TRAIN, DEPLOY]}, "no store keeps", "neither `rollback` nor `restore`"),
        ({"stages": [TRAIN, VERSIONED]}, "no store keeps", "neither `rollback` nor `restore`"),
        ({"stages": [DEPLOY]}, "do not read $PIPEGEN_VERSION", "neither `rollback` nor `restore`"),
        ({"stages": [VERSIONED]}, "", "neither `rollback` nor `restore`"),
        ({"stages": [{**VERSIONED, "restore": "./undo.sh"}]}, "", ""),
        ({"stages": [{**DEPLOY, "rollback": "./back.sh"}]}, "do not read $PIPEGEN_VERSION", ""),
        ({"stages": [{**TRAIN, "publishes": "PIPEGEN_VERSION"}, DEPLOY], "store": STORE}, "", "neither"),
        ({"stages": [HERE, DEPLOY], "store": STORE}, "no store keeps", "neither"),
        ({"stages": [SCORE, GATED]}, "a gate in the environment", "neither"),
        ({"stages": [SCORE, GATED_AT_MERGE]}, "", "neither"),
        ({"stages": [{**TRAIN, "publishes": "PIPEGEN_VERSION"}, SCORE, GATED], "store": STORE}, "a gate", "neither"),
        ({"stages": [VERSIONED], "flow": [{"branch": "main"}]}, "no stage deploys", "no stage deploys"),
    ],
)
def test_a_built_in_action_is_offered_or_the_reason_is_given(keys: dict[str, Any], deploy: str, rollback: str) -> None:
    told = {each.name: each for each in planned(**keys).built_in_actions}
    for name, reason in (("deploy", deploy), ("rollback", rollback)):
        assert told[name].offered == (not reason)
        assert reason in told[name].reason
        assert bool(told[name].reason) == bool(reason)


@pytest.mark.parametrize(
    ("archive", "expected"),
    [({}, [("main", False)]), ({"archive": {"run": "./keep.sh"}}, [("main", True)])],
    ids=["record alone", "with a command"],
)
def test_the_archive_is_told(archive: dict[str, Any], expected: list[tuple[str, bool]]) -> None:
    assert [(each.branch, each.command) for each in planned(**archive).archive] == expected


def test_a_flow_without_an_archive_archives_nothing() -> None:
    told = planned(flow=[{"branch": "main", "environments": ["prod"]}], environments={"prod": {}})
    assert told.archive == ()
    assert "no branch archives" in as_text(told)


# ---------------------------------------------------------------- targets


def test_what_is_weaker_comes_first_then_what_is_not_exact() -> None:
    here, there = explained("minimal").targets
    assert [item.subject for item in there.items] == [
        "expiry of approval prod",
        "initiator of approval prod",
        "parameter reason",
        "approval prod",
        "lock prod",
    ]
    assert [item.fidelity for item in here.items] == [
        Fidelity.APPROXIMATED,
        Fidelity.WITH_SETTINGS,
        Fidelity.EXACT,
        Fidelity.EXACT,
    ]


def test_leave_to_be_weaker_is_told_with_its_reason_and_only_where_it_is_used() -> None:
    told = {
        (target.name, item.subject): item.allowed for target in explained("minimal").targets for item in target.items
    }
    assert told["there", "expiry of approval prod"] == "Waiting runs are closed by hand."
    assert told["there", "initiator of approval prod"] == ""
    assert told["here", "lock prod"] == ""
    text = as_text(explained("minimal"))
    assert "allowed: Waiting runs are closed by hand." in text
    assert "WEAKER than the spec asks for; not allowed" in text


def test_each_setting_is_listed_once() -> None:
    assert [target.settings for target in explained("minimal").targets] == [
        ("store the secret NEXUS",),
        ("make the environment prod with its approvers",),
    ]


# ---------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("minutes", "text"), [(1, "1m"), (60, "1h"), (90, "90m"), (240, "4h"), (1440, "1d"), (4320, "3d"), (1500, "25h")]
)
def test_durations_are_said_as_a_spec_says_them(minutes: int, text: str) -> None:
    assert duration(minutes) == text


@pytest.mark.parametrize(
    ("names", "text"), [((), ""), (("a",), "a"), (("a", "b"), "a or b"), (("a", "b", "c"), "a, b or c")]
)
def test_names_are_joined_as_people_say_them(names: tuple[str, ...], text: str) -> None:
    assert either(names) == text


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (Review((ReviewTarget("dev", ("*",)), ReviewTarget("prod", ("dev",)))), "a pull request into dev or prod"),
        (Merged("prod"), "a merge into prod"),
        (Tagged("v*", "main"), "a tag v* on main"),
        (Scheduled("monitor", "0 6 1 * *", "prod"), "the clock: monitor on prod, 0 6 1 * * UTC"),
        (Action("retrain", (), ("dev", "prod")), "somebody starts retrain from dev or prod"),
    ],
)
def test_events_are_said_in_peoples_words(event: Merged, text: str) -> None:
    assert occasion(event) == text


def test_prompts_are_said_for_each_choice() -> None:
    assert prompts([Prompts("", 1, 1)]) == "1 prompt, 1 answer"
    assert prompts([Prompts("dev", 0, 0), Prompts("prod", 2, 3)]) == "dev: none; prod: 2 prompts, 3 answers"
    assert prompts([Prompts("dev", 0, 0), Prompts("prod", 0, 0)]) == "none"


# ---------------------------------------------------------------- text


@pytest.mark.parametrize("name", ["minimal", "fraud-detection"])
def test_the_text_of_shipped_specs(name: str, snapshot: SnapshotAssertion) -> None:
    assert as_text(explained(name)) == snapshot


@pytest.mark.parametrize("width", [80, 100, 160])
@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_text_keeps_within_the_width(path: Path, width: int) -> None:
    lines = as_text(explained(path.stem), width=width).splitlines()
    assert [line for line in lines if len(line) > width] == []


def test_colours_change_nothing_but_colours() -> None:
    told = explained("fraud-detection")
    painted = as_text(told, color=True)
    assert "\x1b[" in painted
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == as_text(told)
    assert "\x1b" not in as_text(told)


words = st.text("abcdefghij", min_size=1, max_size=12)
cells = st.lists(words, max_size=8).map(" ".join)
grids = st.integers(1, 5).flatmap(lambda size: st.lists(st.tuples(*[cells] * size), min_size=1, max_size=6))


@given(grids, st.integers(60, 120))
def test_a_table_keeps_every_word_and_its_width(rows: list[tuple[str, ...]], width: int) -> None:
    headings = [f"C{number}" for number in range(len(rows[0]))]
    lines = table(headings, rows, width)
    assert all(len(line) <= width for line in lines)
    said = [cell for row in rows for cell in row]
    letters = sorted("".join(said).replace(" ", ""))
    assert sorted(character for character in "".join(lines) if character in "abcdefghij") == letters


@given(cells, st.integers(20, 60))
def test_a_paragraph_keeps_its_words_in_order(text: str, width: int) -> None:
    lines = paragraph(text, width, "  ", "    ")
    assert " ".join(" ".join(lines).split()) == text
    assert all(len(line) <= width for line in lines)


# ---------------------------------------------------------------- JSON


def keys_of(node: object, place: str = "") -> set[str]:
    """The place of every key, for example `pipelines[].phases[].id`."""
    if isinstance(node, list):
        return {key for child in node for key in keys_of(child, f"{place}[]")}
    if not isinstance(node, dict):
        return set()
    below = {key for name, child in node.items() for key in keys_of(child, f"{place}.{name}".lstrip("."))}
    return {f"{place}.{name}".lstrip(".") for name in node} | below


def test_the_json_form_holds_plain_words_and_what_the_values_hold() -> None:
    told = explained("fraud-detection")
    document = json.loads(as_json(told))
    assert document["explanation"] == 1
    assert [each["id"] for each in document["pipelines"]] == [each.id for each in told.pipelines]
    assert document["targets"][1]["items"][0]["fidelity"] == "approximated"
    assert document["pipelines"][3]["phases"][2]["approval"]["approvers"] == ["fraud-release", "model-risk"]


def test_every_key_of_the_json_form_is_documented_and_every_documented_one_exists() -> None:
    page = (ROOT / "docs" / "explain.md").read_text("utf-8")
    documented = set(re.findall(r"^\| `([a-z_.\[\]]+)` \|", page, re.MULTILINE))
    assert documented == keys_of(json.loads(as_json(explained("fraud-detection"))))


# ---------------------------------------------------------------- the command


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one good spec, as the current folder."""
    (tmp_path / "model-specs").mkdir()
    (tmp_path / "model-specs" / "minimal.yaml").write_text(MINIMAL, "utf-8")
    (tmp_path / "pipegen.toml").write_text((ROOT / "pipegen.toml").read_text("utf-8"), "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["explain", *arguments])


def test_the_command_explains_a_spec_and_writes_no_file(repository: Path) -> None:
    before = sorted(repository.rglob("*"))
    result = run("model-specs/minimal.yaml")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("minimal (minimal), owned by retention\n")
    assert "TARGET AZURE" in result.stdout
    assert sorted(repository.rglob("*")) == before


@pytest.mark.usefixtures("repository")
def test_the_command_keeps_to_the_targets_that_are_named() -> None:
    result = run("model-specs/minimal.yaml", "--target", "github", "--format", "json")
    assert [target["name"] for target in json.loads(result.stdout)["targets"]] == ["github"]


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_spec_with_errors_is_answered_with_findings_and_exit_code_1(repository: Path, form: str) -> None:
    (repository / "model-specs" / "minimal.yaml").write_text(MINIMAL.replace("owner:", "ownr:"), "utf-8")
    result = run("model-specs/minimal.yaml", "--format", form)
    assert (result.exit_code, result.stdout) == (1, "")
    assert re.search(r"^model-specs/minimal.yaml:2:\d+: PG101 ", result.stderr, re.MULTILINE)


def test_a_spec_that_a_target_cannot_keep_is_explained_all_the_same(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TARGETS, "azure", listing_target)
    path = repository / "model-specs" / "minimal.yaml"
    path.write_text(MINIMAL + "environments: {prod: {approvals: {approvers: [risk]}}}\n", "utf-8")
    result = run("model-specs/minimal.yaml", "--target", "azure")
    assert result.exit_code == 1
    assert "PG301" in result.stderr
    assert "approval prod: a list asks nobody" in result.stdout


def test_a_folder_of_several_specs_is_wrong_usage(repository: Path) -> None:
    (repository / "model-specs" / "other.yaml").write_text(MINIMAL, "utf-8")
    result = run("model-specs")
    assert result.exit_code == 2
    assert "holds 2 specs: name one" in result.stderr


def test_colours_are_for_terminals_alone(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    del repository
    assert "\x1b" not in run("model-specs/minimal.yaml").stdout
    monkeypatch.setattr("pipegen.cli.explain.colored", lambda _: True)
    result = CliRunner().invoke(main, ["explain", "model-specs/minimal.yaml"], color=True)
    assert "\x1b[1mWHAT HAPPENS WHEN\x1b[0m" in result.stdout
