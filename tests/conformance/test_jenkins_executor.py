"""The executor of Jenkins does what Jenkins documents, shown by small pipelines written by hand.

SYNTAX is https://www.jenkins.io/doc/book/pipeline/syntax/, STEPS are pages under https://www.jenkins.io/doc/pipeline/steps/.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from conformance.jenkins_engine import Ended, carry_out
from conformance.jenkins_small import Small, outline, stage, whole

ORDER = {
    # SYNTAX "Evaluating when before entering agent in a stage", "... before the input directive", "... before the
    # options directive": by default options, input and agent come first.
    "when is asked inside of options, input and agent": Small(
        stage(
            "when { branch 'other' }\n options { lock(resource: 'r') }\n input { message 'Go on?' }\n"
            " agent { label 'l' }",
            "echo 'work'",
        ),
        ("lock r", "input answered", "node l", "unlock r"),
        answers={"s": ["ann"]},
    ),
    "beforeAgent asks behind the input": Small(
        stage(
            "when { beforeAgent true\n branch 'other' }\n options { lock(resource: 'r') }\n agent { label 'l' }",
            "echo 'w'",
        ),
        ("lock r", "unlock r"),
    ),
    "beforeInput asks before anybody is asked": Small(
        stage("when { beforeInput true\n branch 'other' }\n input { message 'Go?' }\n agent { label 'l' }", "echo 'w'"),
        (),
    ),
    "beforeOptions asks before the lock": Small(
        stage("when { beforeOptions true\n branch 'other' }\n options { lock(resource: 'r') }", "echo 'w'"), ()
    ),
    # SYNTAX "stage": options, then input, agent, environment, steps, and post in the same place.
    "a stage goes from its options inward, and its post is still inside": Small(
        stage(
            "options { lock(resource: 'r') }\n agent { label 'l' }\n environment { WHO = 'me' }",
            "echo(env.WHO)",
            "post { always { echo('after ' + env.WHO) } }",
        ),
        ("lock r", "node l", "me", "after me", "unlock r"),
    ),
    "the post of nested stages is under their lock": Small(
        "stage('s') { options { lock(resource: 'r') }\n stages { stage('i') { steps { echo 'i' } } }\n"
        " post { always { echo 'post' } } }",
        ("lock r", "i", "post", "unlock r"),
    ),
}

ENDS = {
    # SYNTAX "post": always, changed, fixed, regression, aborted, failure, success, unstable, unsuccessful, cleanup.
    "the conditions of post have an order of their own": Small(
        whole("stage('s') { steps { error 'no' } }")
        + "post { cleanup { echo '6' }\n unsuccessful { echo '5' }\n success { echo 'x' }\n failure { echo '4' }\n"
        " aborted { echo 'x' }\n regression { echo '3' }\n fixed { echo 'x' }\n changed { echo '2' }\n"
        " always { echo '1' } }",
        ("1", "2", "3", "4", "5", "6"),
        result="FAILURE",
        before="SUCCESS",
    ),
    "a failing condition of post keeps none from its turn, and fails the run": Small(
        whole("stage('s') { steps { echo 's' } }") + "post { always { error 'no' }\n cleanup { echo 'c' } }",
        ("s", "c"),
        result="FAILURE",
    ),
    # SYNTAX "Sequential Stages" and "post": what follows a failure is skipped; outer posts run.
    "stages behind a failure are skipped": Small(
        whole("stage('a') { steps { error 'no' } }\n stage('b') { steps { echo 'b' } }")
        + "post { failure { echo 'f' } }",
        ("skip b", "f"),
        result="FAILURE",
    ),
    # SYNTAX "options", skipStagesAfterUnstable.
    "an unstable result stops nothing": Small(
        "stage('a') { steps { unstable 'so so' } }\n stage('b') { steps { echo 'b' } }", ("b",), result="UNSTABLE"
    ),
    "an unstable result stops the run if the file says so": Small(
        "stage('a') { steps { unstable 'so so' } }\n stage('b') { steps { echo 'b' } }",
        ("skip b",),
        result="UNSTABLE",
        options="skipStagesAfterUnstable()",
    ),
    # STEPS workflow-basic-steps, timeout: the body is interrupted, and the run is aborted and has not failed.
    "a limit that is met aborts": Small(
        whole("stage('s') { agent { label 'l' }\n steps { timeout(time: 2, unit: 'MINUTES') { jobA() } } }")
        + "post { failure { echo 'f' }\n aborted { echo 'a' } }",
        ("node l", "sh Work timed out", "a"),
        methods="def jobA() { sh(label: 'Work', script: 'true') }",
        faults={"a/work": "timed out"},
        result="ABORTED",
    ),
    "the nearest limit is met first, and the clock says so": Small(
        "stage('s') { agent { label 'l' }\n steps { timeout(time: 9, unit: 'HOURS') { jobA() } } }",
        ("node l", "sh Work timed out", "120000"),
        methods="def jobA() { try { timeout(time: 2) { sh(label: 'Work', script: 'true') } }"
        " finally { echo('' + currentBuild.duration) } }",
        faults={"a/work": "timed out"},
        result="ABORTED",
    ),
    # STEPS workflow-basic-steps, catchError: catchInterruptions is true unless it is said otherwise.
    "catchError takes an abort for a failure": Small(
        "stage('s') { agent { label 'l' }\n steps { catchError(buildResult: 'SUCCESS') { jobA() }\n echo 'on' } }",
        ("node l", "sh Work timed out", "on"),
        methods="def jobA() { timeout(time: 2) { sh(label: 'Work', script: 'true') } }",
        faults={"a/work": "timed out"},
    ),
    "catchError lets an abort pass if it is told to": Small(
        "stage('s') { agent { label 'l' }\n steps { catchError(catchInterruptions: false) { jobA() }\n echo 'on' } }",
        ("node l", "sh Work timed out"),
        methods="def jobA() { timeout(time: 2) { sh(label: 'Work', script: 'true') } }",
        faults={"a/work": "timed out"},
        result="ABORTED",
    ),
    "catchError without words fails the run and goes on": Small(
        "stage('s') { steps { catchError { error 'no' }\n echo 'on' } }", ("on",), result="FAILURE"
    ),
    # https://www.jenkins.io/doc/book/using/aborting-a-build/: steps are interrupted; post runs.
    "after an abort by a person finally and post still run scripts": Small(
        "stage('s') { agent { label 'l' }\n steps { jobA() }\n"
        " post { always { sh(label: 'Undo', script: 'true') } } }\n"
        "stage('t') { steps { echo 't' } }",
        ("node l", "sh Work cancelled", "finally", "sh Undo", "skip t"),
        methods="def jobA() { try { sh(label: 'Work', script: 'true') } finally { echo 'finally' } }",
        faults={"a/work": "cancelled"},
        result="ABORTED",
    ),
    # STEPS pipeline-model... `currentBuild.result` may only get worse (https://www.jenkins.io/doc/pipeline/steps/).
    "a result never gets better": Small(
        "stage('s') { steps { script { currentBuild.result = 'UNSTABLE'\n currentBuild.result = 'SUCCESS' } } }",
        (),
        result="UNSTABLE",
    ),
}

_WORK = "def jobA() { sh(label: 'Work', script: 'true') }"
_THREE = (
    "stage('p') { %s parallel { stage('x') { agent { label 'x' }\n steps { jobA() }\n"
    " post { aborted { echo 'xa' } } }\n"
    " stage('y') { agent { label 'y' }\n steps { echo 'y' } } } }\n stage('z') { steps { echo 'z' } }"
)
PARALLEL = {
    # SYNTAX "Parallel": without failFast the others go on, with it all of them are aborted.
    "a failing branch ends no other": Small(
        _THREE % "",
        ("node x", "sh Work failed", "node y", "y", "skip z"),
        methods=_WORK,
        faults={"a/work": "failed"},
        result="FAILURE",
    ),
    "with failFast a failing branch ends the others": Small(
        _THREE % "failFast true\n",
        ("node x", "sh Work failed", "skip z"),
        methods=_WORK,
        faults={"a/work": "failed"},
        result="ABORTED",
    ),
    "parallelsAlwaysFailFast is failFast everywhere": Small(
        _THREE % "",
        ("node x", "sh Work failed", "skip z"),
        methods=_WORK,
        faults={"a/work": "failed"},
        result="ABORTED",
        options="parallelsAlwaysFailFast()",
    ),
    "an abort by a person reaches every branch": Small(
        _THREE % "",
        ("node x", "sh Work cancelled", "xa", "skip z"),
        methods=_WORK,
        faults={"a/work": "cancelled"},
        result="ABORTED",
    ),
}

_ASK = (
    "steps { timeout(time: 5) { echo('said ' + input(id: 'a', message: 'Go?', submitter: 'team, boss',"
    " submitterParameter: 'BY')) } }"
)
PEOPLE = {
    # STEPS pipeline-input-step, input: submitter are users and groups, submitterParameter is who answered.
    "the step gives the name of whoever answers": Small(
        f"stage('s') {{ {_ASK} }}", ("input answered", "said ann"), answers={"a": ["ann"]}, groups={"ann": ["team"]}
    ),
    "a user may be named as well as a group": Small(
        f"stage('s') {{ {_ASK} }}", ("input answered", "said boss"), answers={"a": ["boss"]}
    ),
    "who is not named cannot answer, and the prompt stays": Small(
        f"stage('s') {{ {_ASK} post {{ always {{ echo 'p' }} }} }}",
        ("input waiting",),
        answers={"a": ["eve"]},
        result="WAITING",
    ),
    "a no aborts": Small(
        f"stage('s') {{ {_ASK} post {{ aborted {{ echo 'p' }} }} }}",
        ("input rejected", "p"),
        rejected="a",
        result="ABORTED",
    ),
    "a prompt that nobody answers ends with its limit": Small(
        f"stage('s') {{ {_ASK} post {{ aborted {{ echo 'p' }} }} }}",
        ("input expired", "p"),
        expires="a",
        result="ABORTED",
    ),
    # SYNTAX "input": the name of the submitter is a variable of the stage.
    "the input of a stage hands on who answered": Small(
        stage("input { message 'Go?'\n id 'a'\n submitterParameter 'BY' }", "echo(env.BY)"),
        ("input answered", "ann"),
        answers={"a": ["ann"]},
    ),
}
SAMPLES = {**ORDER, **ENDS, **PARALLEL, **PEOPLE}


@pytest.fixture(scope="module")
def carried(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Ended]:
    folder = tmp_path_factory.mktemp("small")
    builds = [each.build(folder / str(number)) for number, each in enumerate(SAMPLES.values())]
    return dict(zip(SAMPLES, carry_out([builds])[0], strict=True))


@pytest.mark.parametrize("name", SAMPLES)
def test_a_run_goes_as_jenkins_documents(name: str, carried: Mapping[str, Ended]) -> None:
    assert (outline(carried[name]), carried[name].result) == (SAMPLES[name].does, SAMPLES[name].result)
