"""Seeded changes to the target of GitLab."""

from __future__ import annotations

from conformance.mutations import changes

_TABLE = "tests/conformance/test_gitlab_table.py::test"
change = changes("gitlab", "generator/pipegen/targets/gitlab")


def same(start: str) -> str:
    return f"{_TABLE}_it_means_the_same_on_gitlab[{start}]"


GROUP = f"{_TABLE}_a_deployment_is_in_its_resource_group_until_it_is_complete_or_undone[minimal: push to dev]"
LATE = f"{_TABLE}_a_yes_that_comes_too_late_is_as_good_as_none[churn-prediction: push to prod]"
TOLD = f"{_TABLE}_people_are_told_of_failures_and_of_rejections"

MUTATIONS = (
    change(
        "`feat/*` for `feat/**`",
        "events.py",
        'expression = ".*".join(',
        'expression = r"[^\\/]*".join(',
        same("minimal: all agree"),
    ),
    change(
        "a wave does not wait for the one before",
        "phases.py",
        "        yield row\n        before = row.names\n    if phase.deployment:",
        "        yield row\n    if phase.deployment:",
        same("minimal: push to feat/a"),
    ),
    change(
        "the first jobs do not wait for the approval",
        "phases.py",
        "            yield row\n            before = row.names\n",
        "            yield row\n",
        same("churn-prediction: push to prod"),
    ),
    change(
        "the way back also when nothing has begun",
        "functions.py",
        "undo) [ -e {FOLDER}/begun ] && [ !",
        "undo) [ !",
        same("minimal: push to dev"),
    ),
    change(
        "the way back not after an end by a person",
        "functions.py",
        "if [ -f {CLOSING} ]; then",
        "if [ -f {CLOSING}.none ]; then",
        same("minimal: push to dev"),
    ),
    change("no lock of a deployment", "jobs.py", '"resource_group": place.lock', '"resource_group": None', GROUP),
    change(
        "advice has weight",
        "functions.py",
        '[ "$when" = advisory ]',
        '[ "$when" = never ]',
        same("demand-forecast: push to feat/a"),
    ),
    change("an answer that comes too late counts", "phases.py", "-gt {seconds} ]", "-lt 0 ]", LATE),
    change(
        "values under another name",
        "steps.py",
        'published_variable(job, "")',
        'published_variable(f"{job}-x", "")',
        same("churn-prediction: push to dev"),
    ),
    change(
        "another environment",
        "jobs.py",
        '"environment": {"name": job.environment',
        '"environment": {"name": "dev"',
        same("churn-prediction: push to prod"),
    ),
    change("nobody is told of a failure", "phases.py", "    if pipeline.failed is None:\n", "    if True:\n", TOLD),
    change(
        "the token of the ledger reaches every script",
        "values.py",
        "for secret in secrets for name in secret_names(secret)), *tokens}",
        'for secret in secrets for name in secret_names(secret) if "LEDGER" not in name), *tokens}',
        same("minimal: push to dev"),
    ),
    change(
        "nobody hears that scripts are told no names",
        "controls.py",
        "            if approval.id in delivery.people_wanted:\n",
        "            if not delivery.people_wanted:\n",
        f"{_TABLE}_each_difference_is_declared_in_the_report_of_capabilities[churn-prediction: push to prod]",
    ),
)
