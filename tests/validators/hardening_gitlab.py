"""What a GitLab file of this project always has, and what it never has.

The letters are those of the list of hardening rules: L for GitLab, H for all systems.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .document import Document, Finding, items, strings

_KEYWORDS = frozenset({"include", "stages", "workflow", "variables", "default", "spec", "image", "cache", "services"})
_TIME = re.compile(r"[0-9]+ minutes\Z")
_PINNED_IMAGE = re.compile(r"[^@]+@sha256:[0-9a-f]{64}\Z")
_EVENTS = re.compile(r"\$CI_PIPELINE_SOURCE (?:==|=~) ")
_PASTED = re.compile(r"\$\[\[")
_PEOPLE = re.compile(r"\$\{?CI_(?:COMMIT_(?:MESSAGE|TITLE|DESCRIPTION|AUTHOR)|MERGE_REQUEST_(?:TITLE|DESCRIPTION))")


def findings(document: Document) -> Iterator[Finding]:
    data = document.data if isinstance(document.data, dict) else {}
    yield from _workflow(data)
    yield from _includes(data)
    yield from _texts(data)
    for name, job in data.items():
        if name not in _KEYWORDS and isinstance(job, dict):
            yield from _common(name, job) if name == ".pipegen" else _job(name, job)


def _workflow(data: dict[str, Any]) -> Iterator[Finding]:
    if "workflow" not in data:
        return
    rules = data["workflow"].get("rules") or [{}]
    if rules[-1] != {"when": "never"}:
        yield ("workflow", "rules"), "workflow", "L1: the last rule says that nothing else starts a pipeline"
    for number, rule in enumerate(rules[:-1]):
        if not _EVENTS.search(str(rule.get("if", ""))):
            yield ("workflow", "rules", number), "workflow-event", "L1: a rule names the event that it is for"


def _includes(data: dict[str, Any]) -> Iterator[Finding]:
    for number, one in items(data.get("include")):
        if not isinstance(one, dict) or set(one) != {"local"}:
            yield ("include", number), "include", "L3: only files of this repository are included"


def _texts(data: dict[str, Any]) -> Iterator[Finding]:
    for path, text in strings(data):
        if _PASTED.search(text) and path[0] != "variables":
            yield path, "pasted-input", "H2: an input becomes a variable and nothing else"
        if _PEOPLE.search(text):
            yield path, "people-text", "H2: what people write about a change reaches no script"
    for key in ("default", "image", "cache", "services"):
        if key in data:
            yield (key,), "global", f"L13: {key} at the top reaches jobs that did not ask for it"


def _common(name: str, job: dict[str, Any]) -> Iterator[Finding]:
    if job.get("interruptible") is not False:
        yield (name,), "interruptible", "L11: a job is ended for a newer commit only where it says so"
    if job.get("retry") != 0:
        yield (name,), "retry", "a job that fails has failed"
    if (job.get("variables") or {}).get("GIT_STRATEGY") != "clone":
        yield (name, "variables"), "git-strategy", "nothing of an earlier job lies about"


def _job(name: str, job: dict[str, Any]) -> Iterator[Finding]:
    yield from _rules(name, job)
    if name.startswith("."):
        return
    yield from _optional(name, job)
    if "trigger" in job:
        yield from _trigger(name, job)
        return
    if not _TIME.match(str(job.get("timeout", ""))):
        yield (name,), "timeout", "H4: every job says how long it may take"
    if ".pipegen" not in str(job.get("extends", "")):
        yield (name,), "common", "a job takes over what all jobs have in common"
    if "image" in job and not _PINNED_IMAGE.match(str((job["image"] or {}).get("name", ""))):
        yield (name, "image"), "image", "H6: an image is named by its digest"
    yield from _environment(name, job)


def _rules(name: str, job: dict[str, Any]) -> Iterator[Finding]:
    """A job has rules, or takes them from the hidden job of its pipeline."""
    takes_over = any(str(each).startswith(".") and each != ".pipegen" for each in _listed(job.get("extends")))
    if not job.get("rules") and not takes_over:
        yield (name,), "rules", "L2: every job says when it runs"
    for number, rule in items(job.get("rules")):
        if not _EVENTS.search(str(rule.get("if", ""))):
            yield (name, "rules", number), "rule-event", "L2: a rule names the event that it is for"
        if rule.get("when") == "manual" and rule.get("allow_failure") is not False:
            yield (name, "rules", number), "optional-approval", "a job that nobody starts must not count as done"
    for key in ("only", "except", "when"):
        if key in job:
            yield (name, key), "old-rules", f"L2: rules say when a job runs, and not {key}"


def _optional(name: str, job: dict[str, Any]) -> Iterator[Finding]:
    for number, need in items(job.get("needs")):
        if isinstance(need, dict) and need.get("optional"):
            yield (name, "needs", number), "optional-need", "what a job waits for must have succeeded"
    tells = any(isinstance(rule, dict) and rule.get("when") == "on_failure" for rule in job.get("rules") or ())
    if job.get("allow_failure") and not tells:
        yield (name, "allow_failure"), "allow-failure", "a failure counts, unless the job only tells of one"


def _trigger(name: str, job: dict[str, Any]) -> Iterator[Finding]:
    trigger = job["trigger"] if isinstance(job["trigger"], dict) else {}
    if trigger.get("strategy") != "depend":
        yield (name, "trigger"), "strategy", "the pipeline that is started counts, and holds the lock until it ends"
    if not job.get("inherit"):
        yield (name,), "forwarded", "L13: a pipeline that is started gets the variables that it is told, and no others"
    if "resource_group" not in job:
        yield (name,), "lock", "a deployment holds its lock"


def _environment(name: str, job: dict[str, Any]) -> Iterator[Finding]:
    environment = job.get("environment")
    if environment is not None and (not isinstance(environment, dict) or "action" not in environment):
        yield (name, "environment"), "action", "what a job does to its environment is said"
    if job.get("interruptible") and isinstance(environment, dict) and environment.get("action") == "start":
        yield (name, "interruptible"), "interrupted-deployment", "L11: no newer commit ends a deployment"
    if job.get("id_tokens") and environment is None:
        yield (name, "id_tokens"), "token", "H5: a token is signed for a job in its environment"


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value] if value else []
