"""What a build on Jenkins did, in the words of the neutral form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from conformance.jenkins_engine import Build, Ended
from conformance.jenkins_settings import Settings
from conformance.observing import Observed, ObservedApproval, ObservedJob, Script
from pipegen.delivery import Pipeline
from pipegen.simulation import ApprovalResult, JobResult

_METHOD = re.compile(r"^(?:def|Map|List|boolean|Closure) (\w+)\(.*\) \{$", re.MULTILINE)
_CREDENTIAL = re.compile(r"credentialsId: '([^']+)'")
_RESULTS = {"rejected": ApprovalResult.REJECTED, "expired": ApprovalResult.EXPIRED, "waiting": ApprovalResult.WAITING}
_WORST = (JobResult.CANCELLED, JobResult.FAILED)


def observed(ended: Ended, build: Build, pipeline: Pipeline, settings: Settings, text: str) -> Observed | None:
    """None if no job took place and nobody was asked; `text` is the file that has the jobs."""
    jobs = tuple(_job(name, ended, _secrets(text, build, name, settings)) for name in _took_place(ended))
    approvals = tuple(_approvals(ended))
    if not jobs and not approvals:
        return None
    failed = pipeline.failed.id if pipeline.failed else None
    # Its own end changes nothing on Jenkins, and so its scripts say what it is.
    told = any(each.id == failed for each in jobs)
    return Observed(pipeline.id, jobs, approvals, told)


def _took_place(ended: Ended) -> dict[str, None]:
    """Jobs that ran a script, the target's own included, or failed before they could."""
    return dict.fromkeys(
        str(each["job"])
        for each in ended.told
        if each.get("job") and (each["step"] == "sh" or (each["step"] == "end" and each["result"] != "success"))
    )


def _job(name: str, ended: Ended, secrets: tuple[str, ...]) -> ObservedJob:
    scripts = [each for each in ended.of("sh") if each["job"] == name and each["id"]]
    ends = [JobResult(each["result"]) for each in ended.of("end") if each["job"] == name]
    result = next((each for each in _WORST if each in ends), JobResult.SUCCESS)
    begun = next(each for each in ended.of("begin") if each["job"] == name)
    return ObservedJob(
        name,
        result,
        tuple(Script(each["id"], each["result"], each["variables"]) for each in scripts),
        tuple(begun["after"]),
        secrets,
    )


def _secrets(text: str, build: Build, job: str, settings: Settings) -> tuple[str, ...]:
    """What the methods of the job bind, by the names that the settings give these credentials."""
    names = {each.id: each for each in settings.credentials}
    _, *parts = _METHOD.split(text)
    bodies: Mapping[str, str] = dict(zip(parts[::2], parts[1::2], strict=True))
    bound = [
        names[found]
        for method, place in build.places.items()
        if place == job and method in bodies
        for found in _CREDENTIAL.findall(bodies[method])
    ]
    return tuple(dict.fromkeys(each.secret for each in bound if not each.is_token))


def _approvals(ended: Ended) -> Iterator[ObservedApproval]:
    """An approval is granted if the stage that asks for it succeeded."""
    last: dict[str, str] = {}
    for each in ended.told:
        if each["step"] == "input":
            last[each["approval"]] = each["outcome"]
        if each["step"] == "stage over":
            for name, outcome in last.items():
                if outcome == "answered":
                    last[name] = "granted" if each["result"] == "SUCCESS" else "failed"
    for name, outcome in last.items():
        yield ObservedApproval(name, ApprovalResult.GRANTED if outcome == "granted" else _RESULTS[outcome])
