"""Scripts, their variables and their secrets, as Groovy and bash run them."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jenkins_run import Scenario, run
from jenkins_samples import PREPARE, WORLD, block, blocks, job, phase, pipeline, script, write
from pipegen.delivery import (
    Action,
    Checkout,
    CollectOutputs,
    Job,
    JobVariable,
    Parameter,
    ParameterValue,
    PublishedValue,
    Run,
    SecretValue,
    StepVariable,
    Text,
    TokenValue,
)
from pipegen.quoting import one_line
from pipegen.targets.jenkins.events import compare_script
from pipegen.targets.jenkins.methods import python_check

# ---------------------------------------------------------------- text from people

NASTY = (
    "'", "''", "'''", "''''", "\\", "\\\\", "\\'", "\\u0041", "\\\\u000a}", "$x", "${1 + 1}", "$(id)", '"', '"""', "/*",
    "*/", "//", "\n", "a\nb", "'\n'", "{{ it }}", "{% raw %}", "\t", "\r", "\x00", "é", "\u2028", "\U0001f600", "",
)  # fmt: skip
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\uffff"), max_size=40)


@given(texts=st.lists(TEXTS, min_size=30, max_size=30))
@settings(max_examples=5, deadline=None)
def test_text_from_people_is_data(texts: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    """One file holds all texts: as scripts, as their titles, and as variables of jobs and of steps."""
    every = [*NASTY, *texts]
    jobs = [_speaking(number, text) for number, text in enumerate(every)]
    file = write(tmp_path_factory.mktemp("jenkins"), pipeline(phase("p", *([each] for each in jobs))))
    (told,) = run([Scenario(file, [f"jobJ{number}" for number in range(len(every))], env=WORLD)])
    found = [
        (_own_script(each["script"]), each["label"], each["environment"]["STEP"], each["environment"]["JOB"])
        for each in told.of("sh")
    ]
    assert found == [(text, text, text, text) for text in every]


def _speaking(number: int, text: str) -> Job:
    step = Run(f"r{number}", text, text, (StepVariable("STEP", Text(text)),))
    return Job(f"j{number}", text, (step,), variables=(JobVariable("JOB", Text(text)),))


def test_names_of_stages_are_data_and_unique(tmp_path: Path) -> None:
    titles = [*NASTY, *NASTY, "A", "a", "x" * 300, "x" * 300]
    jobs = [replace(job(f"j{number}"), title=title) for number, title in enumerate(titles)]
    file = write(tmp_path, pipeline(*(phase(f"p{number}", [each]) for number, each in enumerate(jobs))))
    names = [str(stage.text) for stage in blocks(block(file), "stage")][1:]
    assert all(name.startswith(one_line(title)[:97]) for name, title in zip(names, titles, strict=True))
    assert len({name.casefold() for name in names}) == len(titles)


def _own_script(text: str) -> str:
    """The script without what Jenkins needs before it."""
    lines = text.split("\n")
    assert lines.pop(0) == "#!/usr/bin/env bash"
    while lines and lines[0].startswith("export ") and lines[0].endswith("="):
        lines.pop(0)
    return "\n".join(lines)


# ---------------------------------------------------------------- secrets

SECRETS = (
    SecretValue("TOKEN", "string", "prod", "prod-token"),
    SecretValue("CA", "file", "prod", "prod-ca"),
    SecretValue("LOGIN", "username-password", "prod", "prod-login"),
    TokenValue("IDENTITY", "aud", "prod", "prod-identity"),
)


def test_a_secret_reaches_the_step_that_names_it_and_no_other(tmp_path: Path) -> None:
    secret = Run("b", "Secret", "x", tuple(StepVariable(each.name, each) for each in SECRETS))
    file = write(tmp_path, pipeline(phase("p", [job("a", script("Before"), secret, script("After"))])))
    (told,) = run([Scenario(file, ["jobA"], env=WORLD)])
    assert {each["label"]: each["credentials"] for each in told.of("sh")} == {
        "Before": [],
        "Secret": [
            {"string": {"credentialsId": "prod-token", "variable": "TOKEN"}},
            {"file": {"credentialsId": "prod-ca", "variable": "CA"}},
            {
                "usernamePassword": {
                    "credentialsId": "prod-login",
                    "usernameVariable": "LOGIN_USERNAME",
                    "passwordVariable": "LOGIN_PASSWORD",
                }
            },
            {"string": {"credentialsId": "prod-identity", "variable": "IDENTITY"}},
        ],
        "After": [],
    }


def test_a_secret_wins_over_the_variable_of_its_job(tmp_path: Path) -> None:
    step = Run("b", "Secret", "x", (StepVariable("TOKEN", SECRETS[0]), StepVariable("OTHER", Text("step"))))
    values = (JobVariable("TOKEN", Text("job")), JobVariable("OTHER", Text("job")), JobVariable("KEPT", Text("job")))
    file = write(tmp_path, pipeline(phase("p", [Job("a", "A", (step, script("After")), variables=values)])))
    (told,) = run([Scenario(file, ["jobA"], env=WORLD)])
    secret, after = told.of("sh")
    assert "TOKEN" not in secret["environment"]
    assert (secret["environment"]["OTHER"], secret["environment"]["KEPT"]) == ("step", "job")
    assert after["environment"]["TOKEN"] == "job"  # noqa: S105  (a variable's name)


# ---------------------------------------------------------------- variables and values, under the real bash


def test_scripts_run_under_bash_with_the_run_s_context_and_what_earlier_jobs_publish(tmp_path: Path) -> None:
    give = script("Give", 'set -euo pipefail\nprintf "RATE=0.5 = half\\n" >> "$PIPEGEN_OUTPUTS"\n')
    show = script(
        "Show",
        'set -euo pipefail\necho "$PIPEGEN_BRANCH $PIPEGEN_COMMIT $PIPEGEN_ATTEMPT [$PIPEGEN_ACTOR]'
        '[$PIPEGEN_TARGET_BRANCH][$EMPTY][$COST] $RATE $PIPEGEN_PARAM_WHY"\n',
    )
    values = (
        JobVariable("EMPTY", Text("")),
        JobVariable("COST", Text("$HOME `id` 'x'")),
        JobVariable("RATE", PublishedValue("give", "RATE")),
        JobVariable("PIPEGEN_PARAM_WHY", ParameterValue("why")),
    )
    event = Action("go", (Parameter("why", "string", "", "", (), "", "", "", ()),), ("prod",))
    first = Job("give", "Give", (Checkout(), PREPARE, give, CollectOutputs(("RATE",))), publishes=("RATE",))
    file = write(tmp_path, pipeline(phase("p", [first], [Job("show", "Show", (show,), variables=values)]), event=event))
    world = {**WORLD, "WORKSPACE": str(tmp_path)}
    because = {"PIPEGEN_PARAM_WHY": 'a "; echo pwned; "'}
    (told,) = run([Scenario(file, ["jobGive", "jobShow"], env=world, params=because, workspace=tmp_path)])
    assert told.outcomes == ["done", "done"]
    assert list(told.of("printed"))[-1]["text"] == (
        "prod c0ffee 1 [][][][$HOME `id` 'x'] 0.5 = half a \"; echo pwned; \"\n"
    )


def test_an_action_without_its_parameters_says_so(tmp_path: Path) -> None:
    event = Action("go", (Parameter("why", "string", "", "", (), "", "", "", ()),), ("prod",))
    values = (JobVariable("PIPEGEN_PARAM_WHY", ParameterValue("why")),)
    file = write(tmp_path, pipeline(phase("p", [Job("a", "A", (script("Work"),), variables=values)]), event=event))
    (told,) = run([Scenario(file, ["jobA"], env=WORLD)])
    assert told.outcomes[0].startswith("PIPEGEN_PARAM_WHY has no value. The first run of a new job")


# ---------------------------------------------------------------- Python and paths


@pytest.mark.parametrize(
    ("wanted", "there", "answer"),
    [
        ("3.11", "3.11.9", 0),
        ("3.11.9", "3.11.9", 0),
        ("3.11.9", "3.11.2", 1),
        ("3.12", "3.11.9", 1),
    ],
)
def test_the_agent_s_python_is_checked(tmp_path: Path, wanted: str, there: str, answer: int) -> None:
    program = tmp_path / "python3.11"
    program.write_text(f'#!/bin/sh\necho "Python {there}"\n')
    program.chmod(0o755)
    done = subprocess.run(
        ["/bin/bash", "-c", python_check(wanted)],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == answer
    assert ("error: this agent has" in done.stderr) == (answer == 1)


@pytest.mark.parametrize(
    ("changed", "concerned"),
    [
        ("models/m/train.py", True),
        ("models/m/deep/er/x.py", True),
        ("libs/features/a.py", True),
        ("libs/other/a.py", False),
        ("models/m2/train.py", False),
        (None, False),
    ],
)
def test_a_push_concerns_the_model_if_it_touches_a_path_of_it(
    tmp_path: Path,
    changed: str | None,
    concerned: bool,  # noqa: FBT001  (a column of the table)
) -> None:
    _git(tmp_path, "init", "--quiet")
    before = _commit(tmp_path, "README.md")
    if changed:
        _commit(tmp_path, changed)
    planned = pipeline(phase("p", [job("a")]), paths=("models/m/**", "libs/features/**"))
    done = subprocess.run(
        ["/bin/bash", "-c", str(compare_script(planned))],
        cwd=tmp_path,
        env={"BEFORE": before, "PATH": "/usr/bin:/bin"},
        check=False,
    )
    assert (done.returncode != 0) == concerned


WHAT_CHANGED = {
    "a first run concerns the model": ({"GIT_COMMIT": "b"}, [], [], True),
    "what a person starts concerns the model": (
        {"GIT_COMMIT": "b", "GIT_PREVIOUS_SUCCESSFUL_COMMIT": "a"},
        ["ann"],
        [],
        True,
    ),
    "a difference concerns the model": (
        {"GIT_COMMIT": "b", "GIT_PREVIOUS_SUCCESSFUL_COMMIT": "a"},
        [],
        ["Compare paths"],
        True,
    ),
    "no difference does not": ({"GIT_COMMIT": "b", "GIT_PREVIOUS_SUCCESSFUL_COMMIT": "a"}, [], [], False),
}


def test_what_cannot_be_compared_concerns_the_model(tmp_path: Path) -> None:
    file = write(tmp_path, pipeline(phase("p", [job("a")]), paths=("models/m/**",)))
    scenarios = [
        Scenario(file, ["whatChanged"], env=WORLD, repository=repository, starters=by, fails=fails)
        for repository, by, fails, _ in WHAT_CHANGED.values()
    ]
    found = {
        claim: "concerns" in next(iter(told.of("echo")))["message"]
        for claim, told in zip(WHAT_CHANGED, run(scenarios), strict=True)
    }
    assert found == {claim: concerned for claim, (_, _, _, concerned) in WHAT_CHANGED.items()}


def _git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    return subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True).stdout


def _commit(folder: Path, path: str) -> str:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(path)
    _git(folder, "add", "--all")
    _git(folder, "commit", "--quiet", "--message", path)
    return _git(folder, "rev-parse", "HEAD").strip()
