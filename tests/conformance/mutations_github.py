"""Seeded changes to the target of GitHub."""

from __future__ import annotations

from conformance.mutations import changes

_TABLE = "tests/conformance/test_github_table.py::test"
change = changes("github", "generator/pipegen/targets/github")


def happens(model: str) -> str:
    return f"{_TABLE}_what_happens_starts_what_the_reference_starts[{model}]"


def goes_wrong(start: str) -> str:
    return f"{_TABLE}_what_goes_wrong_in_a_job_has_the_consequences_of_the_reference[{start}]"


def people(start: str) -> str:
    return f"{_TABLE}_people_who_say_something_else_than_yes_have_the_consequences_of_the_reference[{start}]"


def customs(start: str) -> str:
    return f"{_TABLE}_people_and_settings_that_only_github_has_change_nothing[{start}]"


LOCKS = f"{_TABLE}_deployments_of_an_environment_hold_one_group_and_wait_as_the_spec_says"
TOLD = f"{_TABLE}_people_are_told_of_failures_alone"
BYTES = f"{_TABLE}_no_job_takes_other_bytes_than_those_that_were_handed_on[minimal-push to dev]"
CANARY = "fraud-detection-push to prod"

MUTATIONS = (
    change(
        "`feat/*` for `feat/**`",
        "names.py",
        're.sub(r"\\*+", "**", pattern)',
        're.sub(r"\\*+", "*", pattern)',
        happens("minimal"),
    ),
    change(
        "a wave does not wait for the one before",
        "phases.py",
        "        needs = tuple(job.id for job in wave)\n",
        "",
        goes_wrong("minimal-push to feat/a"),
    ),
    change(
        "the first jobs do not wait for the approval",
        "phases.py",
        "        needs = (approved_id(phase.approval.id),)\n",
        "",
        people("churn-prediction-push to prod"),
    ),
    change(
        "the way back also when nothing has begun",
        "steps.py",
        "steps.{BEGIN}.outcome == 'success' && steps.{COMPLETE}",
        "steps.{COMPLETE}",
        goes_wrong("minimal-push to dev"),
    ),
    change(
        "the rollout is closed only after success",
        "units.py",
        'condition=f"always() && {first}.result',
        'condition=f"{first}.result',
        goes_wrong(CANARY),
    ),
    change(
        "another environment",
        "jobs.py",
        '{"name": job.environment, "deployment": False}',
        '{"name": "dev", "deployment": False}',
        goes_wrong("churn-prediction-push to feat/a"),
    ),
    change("no lock of a deployment", "jobs.py", "lock_node(role.lock) if role.lock else None", "None", LOCKS),
    change(
        "of those that wait only the newest is kept",
        "jobs.py",
        '"max" if lock.waiting == "all" else None',
        "None",
        LOCKS,
    ),
    change(
        "values under another name",
        "jobs.py",
        "steps.{OUTPUTS}.outputs.{name}",
        "steps.{OUTPUTS}.outputs.{name}_",
        goes_wrong("churn-prediction-push to dev"),
    ),
    change(
        "one approval less than asked for",
        "approvals.py",
        "range(1, approval.count + 1)",
        "range(1, approval.count)",
        people("demand-forecast-push to main"),
    ),
    change(
        "who started the run may approve it",
        "embedded/count.py",
        "    if people & starters:",
        "    if not people:",
        customs("churn-prediction-push to prod"),
    ),
    change(
        "one person counts twice",
        "embedded/count.py",
        "len(people) < len(wanted)",
        "len(people) < 1",
        customs("demand-forecast-push to main"),
    ),
    change(
        "an answer that comes too late counts",
        "embedded/count.py",
        "minutes > limit",
        "minutes < 0",
        customs("churn-prediction-push to prod"),
    ),
    change(
        "a timer's run on the default branch",
        "events.py",
        'json.dumps({"ref": event.branch})',
        'json.dumps({"ref": config.default_branch})',
        goes_wrong("churn-prediction-timer monitor"),
    ),
    change(
        "a form takes any text",
        "events.py",
        '"type": input_type(parameter),\n            "options": Flow(parameter.choices),\n',
        '"type": "string",\n',
        happens("minimal"),
    ),
    change(
        "no filter of paths",
        "events.py",
        '"branches": filters, "paths": _paths(pipeline, files)',
        '"branches": filters',
        f"{_TABLE}_a_push_starts_what_concerns_it[minimal]",
    ),
    change(
        "a review takes its target for its source",
        "variables.py",
        "return context(SOURCE_BRANCH, ",
        'return context(expression("github.base_ref"), ',
        goes_wrong("minimal-pull request from feat/a into dev"),
    ),
    change(
        "the check of the bytes left out",
        "steps.py",
        "        if not isinstance(step, PublishTests):\n",
        '        if getattr(step, "id", "").startswith("check-"):\n            continue\n'
        "        if not isinstance(step, PublishTests):\n",
        BYTES,
    ),
    change("people are told of every run", "endings.py", "failure() && !cancelled()", "always()", TOLD),
    change(
        "the ledger is not told who approved",
        "variables.py",
        "return read_published(people_of(approval), inputs)",
        'return ""',
        goes_wrong("churn-prediction-push to prod"),
    ),
    change(
        "the ledger is told one person less",
        "embedded/count.py",
        "','.join(sorted(people))",
        "','.join(sorted(people)[1:])",
        goes_wrong("demand-forecast-push to main"),
    ),
)
