"""Stages of made-up specs, and the hostile texts in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

Data = dict[str, Any]

IDS = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa")
TEAMS = ("ml-release", "risk", "@alice", "platform", "@bob")
PIECES = (
    "'",
    '"',
    "'''",
    "\\",
    "\\u0027",
    "$",
    "$(id)",
    "`id`",
    "${HOME}",
    "${{ secrets.X }}",
    "$(name)",
    "$[1]",
    "]]>",
    "<b>&",
    "%0A::error::",
    "##vso[task.complete]",
    "#{x}",
    "{{ x }}",
    "{% x %}",
    ": ",
    " #",
    "- ",
    "*",
    "!",
    "|",
    "é",
    "模型",
    "on",
    "yes",
    "1e3",
    "PIPEGEN_END",
    "END",
)


BOUNDS: tuple[Data, ...] = (
    {"min": 0.5},
    {"min": 0.1, "max": 0.9},
    {"against": "champion", "better": "higher", "tolerance": 0.01},
    {"min": 0.5, "against": "champion", "better": "lower", "relative": 0.1},
)


# ---------------------------------------------------------------- texts


def hostile_texts() -> st.SearchStrategy[str]:
    """One line of text with what means something to shells, templates and expression languages."""
    letters = st.text("abc xyz", min_size=1, max_size=6)
    return st.lists(letters | st.sampled_from(PIECES), min_size=1, max_size=6).map("".join).filter(str.strip)


def scripts() -> st.SearchStrategy[str]:
    """Bash that parses, with hostile text as data."""
    quoted = hostile_texts().map(lambda text: "echo '" + text.replace("'", "'\\''") + "'")
    heredoc = hostile_texts().map(lambda text: f"cat <<'STOP'\n{text}\nSTOP")
    plain = ["true", "./train.sh --all", 'python -m train "$PIPEGEN_COMMIT"', "if true; then\n  true\nfi\n"]
    return st.sampled_from(plain) | quoted | heredoc


def _commands() -> st.SearchStrategy[Data]:
    arguments = st.lists(hostile_texts().filter(lambda text: "$" not in text), max_size=3)
    return (
        st.fixed_dictionaries({"run": scripts()})
        | st.fixed_dictionaries({"run": st.lists(scripts(), min_size=1, max_size=2)})
        | st.fixed_dictionaries({"command": arguments.map(lambda each: ["./tool", *each, "--model=$PIPEGEN_MODEL"])})
        | st.fixed_dictionaries({"steps": st.lists(_named_steps(), min_size=1, max_size=3)})
        | st.just({"use": "pytest", "with": {"paths": ["tests/unit"]}})
    )


def _named_steps() -> st.SearchStrategy[Data]:
    return st.fixed_dictionaries({"title": hostile_texts(), "run": scripts()})


def approvals(count: int) -> st.SearchStrategy[Data]:
    return st.fixed_dictionaries(
        {"count": st.just(count), "approvers": st.permutations(TEAMS).map(lambda each: each[: max(count, 2)])},
        optional={"expires": st.sampled_from(["30m", "4h", "3d"])},
    )


# ---------------------------------------------------------------- stages


@dataclass
class _Drawn:
    """The stages drawn so far, by what those below may need of them."""

    every: list[str] = field(default_factory=list)
    building: list[str] = field(default_factory=list)
    makers: list[str] = field(default_factory=list)
    compares: bool = False


@st.composite
def _stage(draw: st.DrawFn, drawn: _Drawn, names: list[str]) -> Data:
    """One stage before the deployment: a plain one, one that makes something, a judging one or one of environments."""
    number = len(drawn.every)
    stage: Data = {"id": f"{draw(st.sampled_from(IDS))}-{number}x", **draw(_commands()), **draw(_looks())}
    roles = ["plain", "plain", "maker", *(["judge"] if drawn.makers else []), *(["environment"] if names else [])]
    role = draw(st.sampled_from(roles))
    above = list(drawn.every if role == "environment" else drawn.building)
    stage["needs"] = above if role in {"maker", "judge"} else draw(_some(above))
    if role == "environment":
        stage |= draw(st.sampled_from([{"per": "environment"}, {"environments": [names[-1]]}]))
    else:
        drawn.building.append(stage["id"])
    if role == "maker":
        stage |= {"produces": f"artifact-{number}", "publishes": [f"VALUE_{number}"], "metrics": f"m{number}.json"}
        stage["publishes"] += [] if drawn.makers else ["PIPEGEN_VERSION"]
        stage |= draw(st.sampled_from([{}, {"lineage": f"l{number}.json"}]))
        drawn.makers.append(stage["id"])
    elif role == "judge":
        # A metric is compared with the champion once.
        bounds = [each for each in BOUNDS if "against" not in each or not drawn.compares]
        stage["gates"] = [{"metric": "auc", **draw(st.sampled_from(bounds))}]
        drawn.compares |= "against" in stage["gates"][0]
    else:
        stage |= draw(st.sampled_from([{}, {}, {"advisory": True}]))
    drawn.every.append(stage["id"])
    return stage


def _some(ids: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(ids), max_size=3, unique=True) if ids else st.just([])


def _looks() -> st.SearchStrategy[Data]:
    return st.fixed_dictionaries(
        {},
        optional={
            "title": hostile_texts(),
            "install": st.booleans(),
            "timeout": st.sampled_from(["5m", "2h"]),
            "retries": st.integers(0, 2),
            "requires": st.just(["docker"]),
            "runner": st.just("gpu"),
            "variables": st.dictionaries(st.sampled_from(["SAMPLE", "WINDOW"]), hostile_texts()),
            "override": st.just([{"at": ["change"], "variables": {"SAMPLE": "0.1"}}]),
            "steps_before": st.lists(_named_steps(), max_size=1),
            "steps_after": st.lists(_named_steps(), max_size=1),
            "reports": st.just({"junit": "junit.xml"}),
        },
    )


@st.composite
def _deployment(draw: st.DrawFn, above: list[str], names: list[str]) -> Data:
    stage: Data = {"id": "ship", "deploys": True, "needs": list(above)}
    commands: dict[str, st.SearchStrategy[Any]] = {
        **{name: scripts() for name in ("verify", "restore", "rollback", "finally")},
        "install": st.booleans(),
        "title": hostile_texts(),
    }
    stage |= draw(st.fixed_dictionaries({}, optional=commands))
    if draw(st.booleans()):
        return {**stage, "run": draw(scripts())}
    rollout: list[Data] = [
        {"id": f"step-{number}", "run": draw(scripts())} for number in range(draw(st.integers(1, 3)))
    ]
    for step in rollout:
        if draw(st.booleans()):
            step["approvals"] = {**draw(approvals(1)), "environments": draw(st.sampled_from([names, names[-1:]]))}
    return {**stage, "rollout": rollout}


@st.composite
def stages_of(draw: st.DrawFn, names: list[str]) -> list[Data]:
    """One to forty stages: a directed graph, sometimes with a deployment and what comes after it."""
    drawn = _Drawn()
    stages = [draw(_stage(drawn, names)) for _ in range(draw(st.integers(1, 6) | st.integers(1, 40)))]
    _share(stages[:2], draw)
    if names and draw(st.sampled_from([True, True, False])):
        stages.append(draw(_deployment(drawn.every, names)))
        if draw(st.booleans()):
            stages.append({"id": "tell", "after": "ship", "run": draw(scripts()), "environments": [names[0]]})
    return stages


def _share(stages: list[Data], draw: st.DrawFn) -> None:
    """Put the first two stages into one job where they run in the same place."""
    apart = {"per", "environments", "produces", "gates"}
    alike = len({stage.get("runner") for stage in stages}) == 1 and not any(stage.keys() & apart for stage in stages)
    if len(stages) == 2 and alike and draw(st.booleans()):
        for stage in stages:
            stage["job"] = "shared"
