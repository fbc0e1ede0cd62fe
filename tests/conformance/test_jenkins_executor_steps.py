"""Conditions, forms, timers and steps as Jenkins documents them, and loud ends at what the executor does not know.

SYNTAX is https://www.jenkins.io/doc/book/pipeline/syntax/, STEPS are pages under https://www.jenkins.io/doc/pipeline/steps/.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from conformance.jenkins_engine import PERSON, TIMER, Ended, attempt
from conformance.jenkins_small import Small, outline, stage

ON_PUSH: dict[str, Any] = {"env": {"BRANCH_NAME": "feat/a"}}
ON_CHANGE: dict[str, Any] = {"env": {"BRANCH_NAME": "PR-1", "CHANGE_ID": "1", "CHANGE_TARGET": "dev"}}
ON_TAG: dict[str, Any] = {"env": {"BRANCH_NAME": "v1", "TAG_NAME": "v1"}}
BY_TIMER: dict[str, Any] = {**ON_PUSH, "causes": [{"class": TIMER}]}
BY_ANN: dict[str, Any] = {**ON_PUSH, "causes": [{"class": PERSON, "userId": "ann"}]}

# SYNTAX "when", built-in conditions: the world, the condition, and whether the stage takes place.
CONDITIONS: list[tuple[dict[str, Any], str, bool]] = [
    (ON_PUSH, "branch 'feat/*'", True),
    (ON_PUSH, "branch 'FEAT/A'", True),
    ({"env": {"BRANCH_NAME": "feat/a/b"}}, "branch 'feat/*'", False),
    ({"env": {"BRANCH_NAME": "feat/a/b"}}, "branch 'feat/**'", True),
    (ON_PUSH, "branch pattern: 'FEAT/A', comparator: 'EQUALS'", False),
    (ON_PUSH, "branch pattern: 'feat/a', comparator: 'EQUALS'", True),
    (ON_PUSH, "branch pattern: 'feat', comparator: 'REGEXP'", False),
    (ON_PUSH, "branch pattern: '^feat/.*$', comparator: 'REGEXP'", True),
    (ON_PUSH, "changeRequest()", False),
    (ON_CHANGE, "changeRequest()", True),
    (ON_CHANGE, "changeRequest target: 'dev'", True),
    (ON_CHANGE, "changeRequest target: 'main'", False),
    (ON_PUSH, "buildingTag()", False),
    (ON_TAG, "buildingTag()", True),
    (ON_TAG, "tag 'v*'", True),
    (ON_PUSH, "tag 'v*'", False),
    (BY_TIMER, "triggeredBy 'TimerTrigger'", True),
    (BY_TIMER, "triggeredBy 'UserIdCause'", False),
    (BY_ANN, "triggeredBy 'UserIdCause'", True),
    (ON_PUSH, "triggeredBy 'UserIdCause'", False),
    (ON_PUSH, "environment name: 'BRANCH_NAME', value: 'feat/a'", True),
    (ON_PUSH, "expression { env.BRANCH_NAME != 'x' }", True),
    (ON_PUSH, "expression { null }", False),
    (ON_PUSH, "not { buildingTag() }", True),
    (ON_PUSH, "branch 'feat/*'\n buildingTag()", False),
    (ON_PUSH, "anyOf { branch 'feat/*'\n buildingTag() }", True),
    (ON_PUSH, "allOf { branch 'feat/*'\n buildingTag() }", False),
]

_FORM = (
    "agent none\n parameters { string(name: 'S', defaultValue: ' d ', trim: true)\n"
    " booleanParam(name: 'B', defaultValue: true)\n"
    " choice(name: 'C', choices: ['one', 'two']) }\n"
    "stages { stage('s') { steps {"
    " echo(params.S + '|' + params.C + '|' + (params.B ? 'yes' : 'no') + '|' + env.B) } } }"
)
_TIMER = (
    "agent none\n triggers { cron(env.BRANCH_NAME == 'prod' ? '5 1 * * *' : '') }\n"
    " stages { stage('s') { steps { echo 'on' } } }"
)
STARTS = {
    # SYNTAX "parameters"; the first choice is the default, and a value that is none is refused.
    "a form has defaults": Small(_FORM, ("d|one|yes|true",)),
    "a form is filled in": Small(
        _FORM, (" x |two|no|false".replace(" ", ""),), more={"given": {"S": " x ", "C": "two", "B": "false"}}
    ),
    "a choice that is none starts no run": Small(_FORM, (), more={"given": {"C": "three"}}, result="ILLEGAL PARAMETER"),
    "what the form does not ask for is left out": Small(_FORM, ("d|one|yes|true",), more={"given": {"X": "1"}}),
    # SYNTAX "triggers", cron.
    "a timer starts the run of its branch": Small(
        _TIMER, ("on",), more={"timer": "5 1 * * *", "env": {"BRANCH_NAME": "prod"}}
    ),
    "a timer starts no other branch": Small(
        _TIMER, (), more={"timer": "5 1 * * *", "env": {"BRANCH_NAME": "dev"}}, result="NO TIMER"
    ),
    "a timer starts nothing at another time": Small(
        _TIMER, (), more={"timer": "6 1 * * *", "env": {"BRANCH_NAME": "prod"}}, result="NO TIMER"
    ),
}

_SECRETS = {
    "text": {"kind": "string", "value": "t"},
    "pair": {"kind": "usernamePassword", "value": "", "username": "u", "password": "p"},
}
_ON_AGENT = "agent { label 'l' }"
STEPS = {
    # STEPS workflow-durable-task-step, sh: without an interpreter line the shell stops at the first error.
    "a script without an interpreter stops at an error": Small(
        stage(_ON_AGENT, "sh(label: 'L', script: 'false\\ntrue')"), ("node l", "sh L failed"), result="FAILURE"
    ),
    "a script with an interpreter goes on": Small(
        stage(_ON_AGENT, "sh(label: 'L', script: '#!/bin/bash\\nfalse\\ntrue')"), ("node l", "sh L")
    ),
    "a script may give its code or its output instead": Small(
        stage(
            _ON_AGENT,
            "script { echo('' + sh(label: 'L', script: 'exit 3', returnStatus: true))\n"
            " echo(sh(label: 'M', script: '#!/bin/sh\\necho hi', returnStdout: true).trim()) }",
        ),
        ("node l", "sh L failed", "3", "sh M", "hi"),
    ),
    "a script sees what is around it, and nothing of this machine": Small(
        stage(
            _ON_AGENT,
            "withEnv(['A=1', 'B=']) {"
            " sh(label: 'L', script: '[ \"$A\" = 1 ] && [ -z \"${B+set}\" ] && [ -z \"${HOME+set}\" ]') }",
        ),
        ("node l", "sh L"),
        more={"env": {"BRANCH_NAME": "feat/a", "B": "2"}},
    ),
    "a script needs an agent": Small(stage("", "sh 'true'"), (), result="FAILURE"),
    # STEPS workflow-basic-steps, stash and unstash.
    "a stash goes from agent to agent": Small(
        stage(_ON_AGENT, "writeFile(file: 'd/f', text: 'hi')\n stash(name: 's', includes: 'd/f')")
        + "\nstage('t') { agent { label 'm' }\n steps { unstash 's'\n echo(readFile('d/f')) } }",
        ("node l", "node m", "hi"),
    ),
    "workspaces hold nothing of each other": Small(
        stage(_ON_AGENT, "writeFile(file: 'f', text: 'hi')")
        + "\nstage('t') { agent { label 'm' }\n steps { echo('' + fileExists('f')) } }",
        ("node l", "node m", "false"),
    ),
    "an empty stash fails": Small(stage(_ON_AGENT, "stash(name: 's', includes: 'f')"), ("node l",), result="FAILURE"),
    "a stash that nobody made fails": Small(stage(_ON_AGENT, "unstash 's'"), ("node l",), result="FAILURE"),
    # STEPS core, archiveArtifacts.
    "nothing to archive fails": Small(
        stage(_ON_AGENT, "archiveArtifacts(artifacts: 'f')"), ("node l",), result="FAILURE"
    ),
    "nothing to archive may be allowed": Small(
        stage(_ON_AGENT, "archiveArtifacts(artifacts: 'f', allowEmptyArchive: true)"), ("node l",)
    ),
    # STEPS junit: without results it fails; failed tests make the run unstable.
    "no test results fail": Small(stage(_ON_AGENT, "junit(testResults: 'f.xml')"), ("node l",), result="FAILURE"),
    "failed tests make a run unstable": Small(
        stage(_ON_AGENT, "writeFile(file: 'f.xml', text: '<failure/>')\n junit(testResults: '*.xml')"),
        ("node l",),
        result="UNSTABLE",
    ),
    "failed tests may be left to others": Small(
        stage(
            _ON_AGENT,
            "writeFile(file: 'f.xml', text: '<failure/>')\n"
            " junit(testResults: 'f.xml', skipMarkingBuildUnstable: true)",
        ),
        ("node l",),
    ),
    # STEPS credentials-binding, withCredentials.
    "credentials are there inside and nowhere else": Small(
        stage(
            _ON_AGENT,
            "withCredentials([string(credentialsId: 'text', variable: 'T'), usernamePassword(credentialsId: 'pair',"
            " usernameVariable: 'U', passwordVariable: 'P')]) { sh(label: 'in', script: 'test $T$U$P = tup') }\n"
            " sh(label: 'out', script: 'test -z \"${T+set}\"')",
        ),
        ("node l", "sh in", "sh out"),
        more={"credentials": _SECRETS},
    ),
    "a credential out of reach fails": Small(
        stage(_ON_AGENT, "withCredentials([string(credentialsId: 'x', variable: 'T')]) { echo 'in' }"),
        ("node l",),
        result="FAILURE",
        more={"credentials": _SECRETS},
    ),
    "a credential of another kind fails": Small(
        stage(_ON_AGENT, "withCredentials([file(credentialsId: 'text', variable: 'T')]) { echo 'in' }"),
        ("node l",),
        result="FAILURE",
        more={"credentials": _SECRETS},
    ),
    # STEPS pipeline-milestone-step: ordinals grow.
    "milestones are passed in order": Small(
        stage("", "milestone(ordinal: 2)\n milestone(ordinal: 1)"), ("milestone 2",), result="FAILURE"
    ),
    # https://docs.groovy-lang.org/latest/html/gapi/groovy/transform/Field.html
    "a field of the file is kept from stage to stage": Small(
        stage("", "keep()") + "\nstage('t') { when { expression { kept == 1 } }\n steps { echo('' + kept) } }",
        ("1",),
        methods="@Field int kept = 0\ndef keep() { kept = 1 }",
    ),
    # STEPS workflow-cps, load: what the file gives back can be called.
    "a loaded file gives back its methods": Small(
        stage(_ON_AGENT, "writeFile(file: 'x.groovy', text: 'def hi(who) { echo(\"hi \" + who) }\\nreturn this')\n"
              "script { load('x.groovy').hi('you') }"),
        ("node l", "hi you"),
    ),
}  # fmt: skip
_SEES = "script { echo(sh(label: 'L', script: '#!/bin/sh\\ncat file 2>&1 || true', returnStdout: true).trim()) }"
CHECKOUTS = {
    # SYNTAX "options", skipDefaultCheckout: otherwise an agent brings the repository along.
    "an agent brings the repository along": Small(
        stage(_ON_AGENT, _SEES), ("node l", "sh L", "of main"), options="timestamps() /* checkout */"
    ),
    "an agent brings nothing if the file says so": Small(
        stage(_ON_AGENT, "script { echo('' + fileExists('file')) }"), ("node l", "false")
    ),
    "a checkout comes on top of what the folder holds": Small(
        stage(_ON_AGENT, "script { checkout(scm)\n echo('' + fileExists('.pipegen/outputs'))\n deleteDir()\n"
              " echo('' + fileExists('.pipegen/outputs')) }"),
        ("node l", "true", "false"),
    ),
    # STEPS workflow-multibranch, readTrusted: the file as the revision has it, unless somebody untrusted changed it.
    "a trusted file is that of the revision": Small(
        stage(_ON_AGENT, "writeFile(file: 'file', text: 'mine')\n script { echo(readTrusted('file').trim()) }"),
        ("node l", "of main"),
    ),
    "a file that somebody untrusted changed is refused": Small(
        stage(_ON_AGENT, "readTrusted('file')"), ("node l",), result="FAILURE", more={"untrusted": ["file"]}
    ),
}  # fmt: skip

UNKNOWN = {
    "a step": stage("", "emailext(to: 'x')"),
    "a word of a stage": "stage('s') { matrix { } }",
    "a stage without work": "stage('s') { agent none }",
    "a condition": stage("when { changeset '**' }", "echo 'x'"),
    "a comparison": stage("when { equals expected: 1, actual: 2 }", "echo 'x'"),
    "a comparator": stage("when { branch pattern: 'x', comparator: 'LIKE' }", "echo 'x'"),
    "an option": stage("options { retry(2) }", "echo 'x'"),
    "a parameter of a step": stage("", "timeout(time: 1, activity: true) { echo 'x' }"),
    "a parameter of the prompt": stage("", "input(message: 'x', parameters: [])"),
    "a property of the build": stage("", "script { echo(currentBuild.displayName) }"),
    "a variable": stage("", "script { echo(stranger) }"),
    "a condition of post": stage("", "echo 'x'", "post { sometimes { echo 'x' } }"),
    "an agent": stage("agent { kubernetes { } }", "echo 'x'"),
    "a path that is put in front": stage("", "withEnv(['PATH+X=/x']) { echo 'x' }"),
    "a mistake of Groovy": stage("", "script { null.x() }"),
    "a trigger": "agent none\n triggers { pollSCM('') }\n stages { stage('s') { steps { echo 'x' } } }",
}
ASKED = {
    f"{number} {condition}": (world, condition, holds) for number, (world, condition, holds) in enumerate(CONDITIONS)
}
SAMPLES = {
    **STARTS,
    **STEPS,
    **CHECKOUTS,
    **{
        name: Small(stage(f"when {{ {condition} }}", "echo 'on'"), ("on",) if holds else (), more=world)
        for name, (world, condition, holds) in ASKED.items()
    },
    **{f"unknown: {name}": Small(text, (), result="UNKNOWN") for name, text in UNKNOWN.items()},
}


@pytest.fixture(scope="module")
def carried(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Ended]:
    folder = tmp_path_factory.mktemp("small")
    repository = {**_repository(folder / "repository"), "clones": str(folder / "clones")}
    builds = []
    for number, (name, each) in enumerate(SAMPLES.items()):
        more = {**each.more, "repository": repository} if name in CHECKOUTS else each.more
        builds.append(Small(**{**_fields(each), "more": more}).build(folder / str(number)))
    return dict(zip(SAMPLES, attempt([builds])[0], strict=True))


def _fields(small: Small) -> dict[str, Any]:
    return {name: getattr(small, name) for name in small.__dataclass_fields__}


def _repository(folder: Path) -> dict[str, str]:
    folder.mkdir()
    (folder / "file").write_text("of main\n", "utf-8")
    who = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com")
    for words in (("init", "--quiet", "--initial-branch=main"), ("add", "."), (*who, "commit", "--quiet", "-m", "one")):
        subprocess.run(["git", "-C", str(folder), *words], check=True)
    return {"place": str(folder), "ref": "refs/remotes/origin/main"}


@pytest.mark.parametrize("name", [*STARTS, *STEPS, *CHECKOUTS])
def test_steps_do_what_jenkins_documents(name: str, carried: Mapping[str, Ended]) -> None:
    assert (outline(carried[name]), carried[name].result) == (SAMPLES[name].does, SAMPLES[name].result)


@pytest.mark.parametrize("name", ASKED)
def test_conditions_hold_as_jenkins_documents(name: str, carried: Mapping[str, Ended]) -> None:
    assert (outline(carried[name]), carried[name].result) == (SAMPLES[name].does, "SUCCESS")


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_the_executor_does_not_know_ends_the_run_loudly(name: str, carried: Mapping[str, Ended]) -> None:
    assert carried[f"unknown: {name}"].result == "UNKNOWN"
