"""What a GitHub workflow of this project always has, and what it never has.

The letters are those of the list of hardening rules: G for GitHub, H for all systems.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .document import Document, Finding, KeyPath, items, strings

_USES = re.compile(r"^\s*(?:- )?uses: *(?P<action>\S+)(?P<rest>.*)$")
_PINNED = re.compile(r"[^@]+@[0-9a-f]{40}\Z|docker://[^@]+@sha256:[0-9a-f]{64}\Z|\./|\$/")
_VERSION = re.compile(r" +# v\d+(\.\d+)*\Z")
_LITERAL = re.compile(r"\$\{\{ '\$\{\{' \}\}")
_TRIGGERS = frozenset({"pull_request_target", "workflow_run", "issue_comment"})
_OTHER_EVENT = re.compile(r"github\.event_name\s*(?:==\s*'(?!pull_request')|!=\s*'pull_request')")
_STATUS = re.compile(r"\b(?:always|failure|cancelled)\(\)")
_FIXED = (
    ("secrets-inherit", re.compile(r"secrets:\s*inherit"), "G6: a called workflow gets every secret"),
    ("secrets-dump", re.compile(r"toJSON\(\s*secrets\s*\)", re.IGNORECASE), "G6: every secret in one text"),
    (
        "membership",
        re.compile(r"contains\(\s*'"),
        "G8: contains('a b', x) finds parts of words; use fromJSON(['a', 'b'])",
    ),
    ("bot-actor", re.compile(r"github\.actor\s*==\s*'[^']*\[bot\]'"), "G10: anybody can make a bot's run start again"),
)


def findings(document: Document) -> Iterator[Finding]:
    workflow = document.data if isinstance(document.data, dict) else {}
    yield from _workflow(workflow)
    yield from _pins(document)
    yield from _texts(document)
    for job in workflow.get("jobs", {}):
        yield from _job(job, workflow)
        yield from _test_results(job, workflow)
        for path, step in _steps(workflow, job):
            yield from _step(path, step)
    yield from _reviews(workflow)


def _workflow(workflow: dict[str, Any]) -> Iterator[Finding]:
    events = workflow.get("on")
    if workflow.get("permissions") != {}:
        yield ("permissions",), "top-permissions", "G1: permissions: {} at the top"
    if (workflow.get("defaults") or {}).get("run", {}).get("shell") != "bash":
        yield ("defaults",), "shell", "G13: defaults.run.shell is bash, which stops at the first failure of a pipe"
    for event in _TRIGGERS & set(events if isinstance(events, dict | list) else [events]):
        yield ("on", event), "trigger", f"G4: {event} runs what strangers wrote with this repository's rights"
    for path, pattern in strings(events, ("on",)):
        if {"paths", "paths-ignore"} & set(path) and pattern.endswith("/*"):
            yield path, "glob", f"{pattern!r} is not recursive"


def _pins(document: Document) -> Iterator[Finding]:
    """Comments are not data, so this reads the text; the path is that of the line."""
    at_line = {line: path for path, line in document.lines.items()}
    for number, line in enumerate(document.text.splitlines(), start=1):
        uses = _USES.match(line)
        if uses and number in at_line and at_line[number][-1] == "uses":
            if not _PINNED.match(uses["action"]):
                yield at_line[number], "unpinned", f"G2: {uses['action']} is no commit"
            elif (
                "@" in uses["action"] and not uses["action"].startswith("docker:") and not _VERSION.match(uses["rest"])
            ):
                yield at_line[number], "unversioned", f"G2: {uses['action']} does not say which version it is"


def _texts(document: Document) -> Iterator[Finding]:
    for path, text in strings(document.data):
        for rule, pattern, message in _FIXED:
            if pattern.search(text) or (rule == "secrets-inherit" and path[-1] == "secrets" and text == "inherit"):
                yield path, rule, message
        if path[-1] == "if" and "${{" in text and "\n" in text:
            yield path, "if-block", "G9: a block scalar around ${{ }} is always true"
        if path[-1] == "image" and "@sha256:" not in text:
            yield path, "image", f"H6: {text} is no digest"


def _job(name: str, workflow: dict[str, Any]) -> Iterator[Finding]:
    job = workflow["jobs"][name]
    path: KeyPath = ("jobs", name)
    if not isinstance(job.get("permissions"), dict):
        yield path, "job-permissions", "G1: a job says what it may"
    if not job.get("name"):
        yield path, "job-name", "G14: a job has a name"
    if not isinstance(job.get("timeout-minutes"), int) and "uses" not in job:
        yield path, "timeout", "G13: a job has timeout-minutes"
    if "${{ secrets." in str(job.get("env", "")) or "${{ secrets." in str(workflow.get("env", "")):
        yield (*path, "env"), "secret-scope", "H5: a secret belongs into the env of the step that needs it"
    yield from _deployment(path, job, workflow)


def _deployment(path: KeyPath, job: dict[str, Any], workflow: dict[str, Any]) -> Iterator[Finding]:
    environment = job.get("environment")
    if not environment or (isinstance(environment, dict) and environment.get("deployment") is False):
        return
    for place, block in ((path, job), ((), workflow)):
        concurrency = block.get("concurrency")
        if isinstance(concurrency, dict) and concurrency.get("cancel-in-progress") is True:
            yield (*place, "concurrency"), "deploy-cancelled", "a deployment is never killed by the next one"
    if "always()" in str(job.get("if", "")):
        yield (*path, "if"), "deploy-always", "always() also deploys what somebody cancelled"


def _environment(job: dict[str, Any]) -> str:
    environment = job.get("environment")
    return str(environment.get("name", "")) if isinstance(environment, dict) else str(environment or "")


def _steps(workflow: dict[str, Any], job: str) -> Iterator[tuple[KeyPath, dict[str, Any]]]:
    for index, step in items(workflow["jobs"][job].get("steps")):
        yield ("jobs", job, "steps", index), step


def _step(path: KeyPath, step: dict[str, Any]) -> Iterator[Finding]:
    given = step.get("with") or {}
    if "${{" in _LITERAL.sub("", str(step.get("run", ""))):
        yield (*path, "run"), "pasted", "H2: an expression pastes its value into the script; pass it by env"
    if "${{" in str(given.get("script", "")):
        yield (*path, "with", "script"), "pasted", "H2: an expression pastes its value into the script; pass it by env"
    if str(step.get("uses", "")).startswith("actions/checkout@") and given.get("persist-credentials") is not False:
        yield path, "checkout", "G3: persist-credentials: false"
    if not isinstance(given.get("python-version", ""), str):
        yield (*path, "with", "python-version"), "version-text", "unquoted, 3.10 is read as 3.1"


def _test_results(job: str, workflow: dict[str, Any]) -> Iterator[Finding]:
    """GitHub has no view of its own for test results: another step takes them."""
    steps = list(_steps(workflow, job))
    writers = [path for path, step in steps if "--junitxml" in str(step.get("run", ""))]
    takers = [path for path, step in steps if re.search(r"junit|GITHUB_STEP_SUMMARY", str(step))]
    if writers and not set(takers) - set(writers[:1]):
        yield writers[0], "unpublished-tests", "test results are written and never published"


def _reviews(workflow: dict[str, Any]) -> Iterator[Finding]:
    """H5: what a pull request can start sees the secrets of the environment `checks` and no identity."""
    if "pull_request" not in (workflow.get("on") or ()):
        return
    for name, job in workflow.get("jobs", {}).items():
        if not _runs_on_reviews(name, workflow["jobs"]):
            continue
        secret = next((path for path, text in strings(job) if re.search(r"\bsecrets\.(?!GITHUB_TOKEN)", text)), None)
        if secret and _environment(job) != "checks":
            yield ("jobs", name, *secret), "review-secret", "H5: a pull request reads this secret"
        if (job.get("permissions") or {}).get("id-token") == "write" and _environment(job) != "checks":
            yield ("jobs", name, "permissions"), "review-identity", "H5: a pull request gets this identity"


def _runs_on_reviews(name: str, jobs: dict[str, Any]) -> bool:
    """Neither its own condition nor that of a job it waits for names another event."""
    condition = str(jobs[name].get("if", ""))
    needs = jobs[name].get("needs") or []
    before = [needs] if isinstance(needs, str) else needs
    if _OTHER_EVENT.search(condition):
        return False
    return bool(_STATUS.search(condition)) or all(_runs_on_reviews(one, jobs) for one in before if one in jobs)
