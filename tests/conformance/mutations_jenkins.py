"""Seeded changes to the target of Jenkins and its templates."""

from __future__ import annotations

from conformance.mutations import changes

_TABLE = "tests/conformance/test_jenkins_table.py"
change = changes("jenkins", "generator/pipegen/targets/jenkins")
template = changes("jenkins", "templates/jenkins")


def same(words: str) -> tuple[str, ...]:
    return _TABLE, "-k", f"means_the_same and {words}"


def strays(words: str) -> tuple[str, ...]:
    return _TABLE, "-k", f"discovers_too_much and {words}"


def locks(words: str) -> tuple[str, ...]:
    return _TABLE, "-k", f"under_its_lock and {words}"


ANSWERS = "demand and push and main and bundle-prod and not failed and not timed and not cancelled"

MUTATIONS = (
    template(
        "a lock is taken before the question whether the stage runs",
        "stages.j2",
        "    beforeInput true\n    beforeOptions true\n",
        "    beforeInput true\n",
        *locks("minimal and rollback"),
    ),
    change(
        "`feat/*` for `feat/**`",
        "events.py",
        "literal.replace('*', '.*')",
        "literal.replace('*', '[^/]*')",
        *same("minimal and push and feat"),
    ),
    change(
        "any branch delivers",
        "events.py",
        'return Guard(text, ((_ref("branch", branch),), *_IS_A_BRANCH, (Condition("not cause", TIMER),)))',
        'return Guard(text, (*_IS_A_BRANCH, (Condition("not cause", TIMER),)))',
        *strays("minimal and push"),
    ),
    change(
        "the wrong branch of a schedule",
        "events.py",
        "return Timer(event.branch, event.cron)",
        'return Timer("dev", event.cron)',
        *same("churn and timer"),
    ),
    change(
        "a choice takes any text",
        "events.py",
        'Asked("choice", name, description, "", checked=False, choices=tuple(choices))',
        'Asked("string", name, description, default, checked=False, choices=())',
        *same("minimal and rollback"),
    ),
    change(
        "all waves side by side",
        "stages.py",
        "        for wave in phase.waves:\n            yield self._wave(wave)\n",
        "        if phase.waves:\n            yield self._wave([job for wave in phase.waves for job in wave])\n",
        *same("minimal and push and feat and failed"),
    ),
    change(
        "no lock of a deployment", "stages.py", "hold=hold, closes", "hold=None, closes", *locks("minimal and push")
    ),
    change(
        "a lock before the approval",
        "stages.py",
        "return Stage(name, stages=tuple(self._parts(phase)), only=only)",
        "*before, last = self._parts(phase)\n"
        "        return Stage(name, stages=(*before, replace(last, hold=None)), only=only, hold=last.hold)",
        *locks(ANSWERS),
    ),
    change(
        "no way back",
        "stages.py",
        "closes=closing.name if closing else None",
        "closes=None",
        *same("minimal and push and deploy"),
    ),
    change(
        "a rollout goes on unasked",
        "stages.py",
        "        yield self._approval(unit.approval)\n",
        "",
        *same("fraud and push and prod-full and not failed and not timed and not cancelled"),
    ),
    template(
        "the way back also when nothing has begun",
        "methods.j2",
        "it.environment | groovy }}] == 'begun')",
        "it.environment | groovy }}] != 'complete')",
        *same("minimal and push and deploy"),
    ),
    template(
        "the way back not after an end by a person",
        "stages.j2",
        "  post {\n    always {",
        "  post {\n    failure {",
        *same("minimal and push and deploy"),
    ),
    template(
        "who started the run may approve it",
        "shared.j2",
        "refused.contains(who)",
        "false",
        *same("churn and rollback and sam"),
    ),
    template("one person counts twice", "shared.j2", "yes.contains(who)", "false", *same(ANSWERS)),
    template(
        "values under another name",
        "shared.j2",
        "published[job + '/' + line.substring(0, at)]",
        "published[line.substring(0, at)]",
        *same("churn and push and dev"),
    ),
    template(
        "a limit counts as an end by a person",
        "shared.j2",
        "if (!done && currentBuild",
        "if (false && currentBuild",
        "tests/conformance/test_jenkins_notices.py",
    ),
    change(
        "secrets of another environment",
        "methods.py",
        'yield Credential("string", credential, variable.name)',
        'yield Credential("string", credential.replace("prod", "dev"), variable.name)',
        *same("churn and push and prod"),
    ),
    change(
        "no filter of paths",
        "events.py",
        "    if not pipeline.paths or not isinstance(pipeline.event, Change | Merged):\n",
        "    if pipeline.paths is not None:\n",
        "tests/conformance/test_jenkins_paths.py",
    ),
    template(
        "people are told of every run",
        "Jenkinsfile.j2",
        "    failure {\n",
        "    always {\n",
        "tests/conformance/test_jenkins_notices.py",
    ),
    template(
        "the ledger is not told who approved",
        "shared.j2",
        "  approved[asked.id] = yes.join(',')\n",
        "",
        *same("churn and push and prod"),
    ),
)
