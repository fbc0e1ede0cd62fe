"""Seeded changes to the target of Azure."""

from __future__ import annotations

from conformance.mutations import changes

_TABLE = "tests/conformance/test_azure_table.py"
change = changes("azure", "generator/pipegen/targets/azure")


def happens(words: str) -> tuple[str, ...]:
    return _TABLE, "-k", f"right_runs and {words}"


def goes_wrong(words: str) -> tuple[str, ...]:
    return _TABLE, "-k", f"whatever_goes and {words}"


def says(model: str) -> tuple[str, ...]:
    """What people say to a merge."""
    return goes_wrong(f"{model} and push and not failed and not timed and not cancelled")


QUEUES = f"{_TABLE}::test_runs_that_queue_for_an_environment_go_in_order_or_give_way_as_the_spec_says[minimal]"
ELSEWHERE = f"{_TABLE}::test_a_change_elsewhere_starts_what_has_no_filter_of_paths[minimal]"
TOLD = "tests/conformance/test_azure_notices.py"

MUTATIONS = (
    change(
        "drop `succeeded()`",
        "triggers.py",
        "('succeeded()', *terms)",
        "('always()', *terms)",
        *happens("rollback and minimal"),
    ),
    change(
        "one branch of many",
        "triggers.py",
        "startsWith({ref}, '{first}')",
        "eq({ref}, '{first}')",
        *happens("feat and minimal"),
    ),
    change(
        "the wrong branch of a schedule",
        "triggers.py",
        "Flow([event.branch])",
        'Flow(["dev"])',
        *happens("timer and churn"),
    ),
    change(
        "no filter of paths",
        "triggers.py",
        "[*map(_path, pipeline.paths), path]} if pipeline.paths else None",
        "[path]} if () else None",
        ELSEWHERE,
    ),
    change(
        "a choice takes any text",
        "triggers.py",
        '"values": list(parameter.choices)',
        '"values": []',
        *happens("rollback and minimal"),
    ),
    change(
        "a review is told its target for its source",
        "variables.py",
        '("branch", "target", "actor")',
        '("target", "branch", "actor")',
        *happens("pull and minimal"),
    ),
    change(
        "a wave does not wait for the one before",
        "stages.py",
        "line = replace(line, after=[line.places[job.id].job for job in wave])",
        "line = replace(line, after=[])",
        *goes_wrong("feat and minimal"),
    ),
    change("another environment", "stages.py", "here, unit.lock.name, None", 'here, "dev", None', QUEUES),
    change(
        "those that queue give way and should not",
        "stages.py",
        '"runLatest" if waiting == "newest"',
        '"runLatest" if waiting == "all"',
        QUEUES,
    ),
    change(
        "a rollout goes on unasked",
        "stages.py",
        "here = replace(line, after=[*line.after, *(name for name, _ in asked)])",
        "here = line",
        *says("fraud"),
    ),
    change(
        "nobody is told of a failure",
        "stages.py",
        "and(not(canceled()), {happened})",
        "and(succeeded(), {happened})",
        TOLD,
    ),
    change(
        "one approval less than asked for",
        "controls.py",
        "minimum number of approvers {approval.count}",
        "minimum number of approvers {approval.count - 1}",
        *says("demand"),
    ),
    change(
        "who started the run may answer",
        "jobs.py",
        '"allowApproversToApproveTheirOwnRuns": False',
        '"allowApproversToApproveTheirOwnRuns": True',
        *says("fraud"),
    ),
    change(
        "the way back also when nothing has begun",
        "bash.py",
        "and(always(), eq(variables['{BEGUN}'], 'true'), ne(",
        "and(always(), ne(",
        *goes_wrong("minimal and deploy-dev and failed"),
    ),
    change(
        "the way back not after a cancellation",
        "bash.py",
        "and(always(), eq(variables['{BEGUN}'], 'true'), ne(",
        "and(failed(), eq(variables['{BEGUN}'], 'true'), ne(",
        *goes_wrong("minimal and deploy-dev and cancelled"),
    ),
    change(
        "no limit of a script's time",
        "bash.py",
        '            "timeoutInMinutes": minutes,\n',
        "",
        *goes_wrong("minimal and deploy-dev and timed"),
    ),
    change(
        "secrets of another environment",
        "secrets.py",
        "f\"pipegen-{environment or 'shared'}\"",
        "f\"pipegen-{'dev' if environment == 'prod' else environment or 'shared'}\"",
        *happens("churn and push and prod"),
    ),
    change(
        "the check of the bytes left out",
        "steps.py",
        "        nodes = tuple(_step(step, scope))\n",
        '        nodes = () if getattr(step, "id", "").startswith("check-") else tuple(_step(step, scope))\n',
        *happens("push and minimal and dev"),
    ),
    change(
        "the token of the ledger reaches no script",
        "runs.py",
        'yield from ((name, f"$({name})") for name in variables_of(variable.value))',
        'yield from ((name, f"$({name})") for name in variables_of(variable.value) if "LEDGER" not in name)',
        *happens("push and minimal and dev"),
    ),
    change(
        "nobody hears that scripts are told no names",
        "controls.py",
        "            if approval.id in delivery.people_wanted:\n",
        "            if not delivery.people_wanted:\n",
        f"{_TABLE}::test_azure_says_where_it_differs[churn-prediction]",
    ),
)
