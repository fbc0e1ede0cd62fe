"""What becomes of a job, given how those ended that it waits for: GitLab's own rules of statuses.

Sources: gitlabhq/gitlabhq lib/gitlab/ci/status/composite.rb (`dag: true`), app/services/ci/process_build_service.rb,
app/services/ci/pipeline_processing/atomic_processing_service.rb, app/models/concerns/ci/has_status.rb.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

Status = Literal["created", "manual", "running", "success", "failed", "canceled", "skipped"]

_COMPLETED = {"success", "failed", "canceled", "skipped"}
_VALID = {
    "on_success": {"success"},
    "manual": {"success"},
    "on_failure": {"failed"},
    "always": {"success", "failed", "skipped"},
}


def composite(waited: Iterable[tuple[Status, bool]], *, needs: bool) -> str:  # noqa: PLR0911  (one for each of GitLab's)
    """The status of several jobs as one; each with whether it is allowed to fail.

    `needs` is for the jobs that another names; else they are those of earlier stages, where skipped ones do not count.
    """
    found = {_told(status, allowed=allowed) for status, allowed in waited}
    passed = {"success", "success_with_warnings"}
    if not found:
        return "success"
    if needs and found & {"skipped", "ignored"}:
        return "skipped"
    if needs and not found <= {*passed, "failed", "canceled"}:
        return "pending"
    if found <= {"skipped", "ignored"}:
        return "skipped"
    if found <= {*passed, "skipped", "ignored"}:
        return "success"
    if found <= {*passed, "canceled", "skipped", "ignored"}:
        return "canceled"
    if found & {"running", "manual", "created"}:
        return next(each for each in ("running", "manual", "created") if each in found)
    return "failed"


def _told(status: Status, *, allowed: bool) -> str:
    if allowed and status in {"failed", "canceled"}:
        return "success_with_warnings"
    return "ignored" if allowed and status == "manual" else status


def next_status(when: str, before: str, *, needs: bool) -> Literal["created", "manual", "running", "skipped"]:
    """`created` while it waits; a manual job waits for a person then."""
    if before not in _COMPLETED:
        return "created"
    valid = _VALID[when] | ({"skipped"} if not needs and when in {"on_success", "manual"} else set())
    if before not in valid:
        return "skipped"
    return "manual" if when == "manual" else "running"
