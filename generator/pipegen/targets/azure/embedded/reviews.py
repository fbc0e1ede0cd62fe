"""Queue the reviews of the models that a pull request concerns, wait for them, and end as they did."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any, NoReturn
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

MODELS, QUEUED, DEFINITION, IN_A_RUN, MINUTES = sys.argv[1:]
HOME = os.environ["SYSTEM_COLLECTIONURI"] + quote(os.environ["SYSTEM_TEAMPROJECTID"])
PULL_REQUEST = re.compile(r"refs/pull/[0-9]+/merge")
BRANCH = re.compile(r"[\w./@+#=-]+")
MODEL = re.compile(r"[a-z0-9][a-z0-9-]*")
PATIENCE = 20
SHORTEST, LONGEST = 2.0, 30.0
AGAIN = "run the check again"


class NotNow(Exception):  # noqa: N818
    """No answer, or one that may be better in a moment."""


class StayHere(HTTPRedirectHandler):
    """A token goes to no other place than the one that was meant."""

    def redirect_request(self, *_: object) -> None:
        return None


WEB = build_opener(StayHere)


def tell(text: str) -> None:
    print(" ".join(text.split()), flush=True)  # noqa: T201


def refuse(*reasons: str) -> NoReturn:
    for reason in reasons:
        tell(f"##vso[task.logissue type=error]{reason}")
    sys.exit(1)


def call(path: str, body: object = None, **query: str) -> Any:  # noqa: ANN401
    url = f"{HOME}/_apis/{path}?{urlencode({**query, 'api-version': '7.1'})}"
    headers = {"Authorization": f"Bearer {os.environ['TOKEN']}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    try:
        with WEB.open(Request(url, data, headers), timeout=60) as answer:  # noqa: S310
            return json.loads(answer.read() or "null")
    except HTTPError as error:
        if error.code == 429 or error.code >= 500:  # noqa: PLR2004
            raise NotNow(f"HTTP {error.code}") from None
        refuse(f"{rights(error.code)} Azure DevOps answered HTTP {error.code}: {message(error)}")
    except ValueError:
        refuse("Azure DevOps answered with a page for people: the token of this job is not accepted")
    except (OSError, HTTPException) as error:
        raise NotNow(type(error).__name__) from None


def rights(code: int) -> str:
    asked = f"allow the build service of this project to View, Queue and Stop builds of {DEFINITION}."
    return asked if code in {401, 403} else "the reviews cannot be queued or watched."


def message(error: HTTPError) -> str:
    try:
        return str(json.loads(error.read())["message"])[:500]
    except (ValueError, KeyError, TypeError, OSError, HTTPException):
        return "no reason given"


def concerned() -> list[str]:
    models = Path(MODELS).read_text(encoding="utf-8").split("\n")
    models = [model for model in models if model]
    strange = [model for model in models if not MODEL.fullmatch(model)]
    if strange:
        refuse(f"{MODELS} holds {strange[0]!a}, which is no model")
    return models


def reference() -> dict[str, str]:
    """What the second run takes: what this run takes. That is the merge, and on Bitbucket the source branch."""
    branch, ref = os.environ["PIPEGEN_BRANCH"], os.environ["BUILD_SOURCEBRANCH"]
    if os.environ.get("SYSTEM_PULLREQUEST_ISFORK", "").lower() != "false":
        refuse("a queued run would have the secrets that a fork must not see: push the branch to this repository")
    for name in (branch, os.environ["PIPEGEN_TARGET_BRANCH"]):
        if not BRANCH.fullmatch(name):
            refuse(
                f"branch {name!a} has characters that could mean something to Azure; letters, digits and"
                " . _ / @ + # = - are taken: rename it"
            )
    if os.environ["BUILD_REPOSITORY_PROVIDER"].lower() == "bitbucket":
        ref = f"refs/heads/{branch}"
    elif not PULL_REQUEST.fullmatch(ref):
        refuse(f"{ref!a} is not what a pull request would merge: pull requests alone have a verdict")
    return {"refName": ref, "version": os.environ["BUILD_SOURCEVERSION"]}


def definition() -> int:
    of = {"repositoryId": os.environ["BUILD_REPOSITORY_ID"], "repositoryType": os.environ["BUILD_REPOSITORY_PROVIDER"]}
    found = patiently("build/definitions", name=DEFINITION, **of)["value"]
    if len(found) != 1:
        refuse(f"{len(found)} pipelines of this repository are called {DEFINITION}; there has to be one")
    return int(found[0]["id"])


def patiently(path: str, **query: str) -> Any:  # noqa: ANN401
    """What is only read is asked for again."""
    for tried in range(1, PATIENCE + 1):
        try:
            return call(path, **query)
        except NotNow as problem:
            if tried == PATIENCE:
                refuse(f"Azure DevOps does not answer ({problem}): {AGAIN}")
            time.sleep(min(SHORTEST * tried, LONGEST))
    return None


def queued(models: list[str], here: dict[str, str], number: int) -> int:
    """A run that has begun is noted at once, so that whatever happens here it can be cancelled."""
    told = {"models": ",".join(models), "branch": os.environ["PIPEGEN_BRANCH"]}
    told |= {"target": os.environ["PIPEGEN_TARGET_BRANCH"], "actor": os.environ.get("PIPEGEN_ACTOR", "")}
    body = {"resources": {"repositories": {"self": here}}, "templateParameters": told}
    try:
        run = int(call(f"pipelines/{number}/runs", body)["id"])
    except NotNow as problem:
        tell(f"no answer ({problem}); whatever was queued all the same is cancelled")
        note(*since(number, here))
        refuse(f"the reviews of {', '.join(models)} could not be queued ({problem}): {AGAIN}")
    note(run)
    tell(f"{page(run)} reviews {', '.join(models)}")
    return run


def note(*runs: int) -> None:
    with Path(QUEUED).open("a", encoding="utf-8") as noted:
        noted.writelines(f"{run}\n" for run in runs)


def since(number: int, here: dict[str, str]) -> Iterator[int]:
    """Runs for this very commit that have not ended, and are younger than this check.

    The server does not say who queued which: one of another check of the same commit would be among them.
    """
    time.sleep(LONGEST)
    query = {"definitions": str(number), "branchName": here["refName"], "queryOrder": "queueTimeDescending"}
    for build in patiently("build/builds", **query)["value"]:
        taken = build.get("sourceVersion")
        is_open = build["status"] != "completed" and (not taken or is_same(taken, here["version"]))
        if is_open and int(build["id"]) > int(os.environ["BUILD_BUILDID"]):
            yield int(build["id"])


def page(run: int) -> str:
    return f"{HOME}/_build/results?buildId={run}"


def is_same(taken: object, commit: str) -> bool:
    """Bitbucket tells some commits by their first twelve digits."""
    shorter, longer = sorted((str(taken), commit), key=len)
    return len(shorter) >= 12 and longer.startswith(shorter)  # noqa: PLR2004


def ended(run: int, commit: str, before: str) -> tuple[str, str]:
    """Where the run is, and its result once it has one."""
    build = patiently(f"build/builds/{run}")
    taken = build.get("sourceVersion")
    if not is_same(taken, commit) and (taken or build["status"] == "completed"):
        refuse(f"{page(run)} took commit {taken!a} and not the one under review, {commit}: {AGAIN}")
    result = str(build.get("result", "none")) if build["status"] == "completed" else ""
    now = f"{build['status']} {result}".strip()
    if now != before:
        tell(f"{page(run)} {now}")
    return now, result


def wait(runs: dict[int, list[str]], commit: str) -> dict[int, str]:
    """The result of each run."""
    end, pause = time.monotonic() + 60 * float(MINUTES), SHORTEST
    places, results = dict.fromkeys(runs, ""), dict.fromkeys(runs, "")
    left = set(runs)
    while left:
        for run in sorted(left):
            places[run], results[run] = ended(run, commit, places[run])
            left -= {run} if results[run] else set()
        if left and time.monotonic() >= end:
            names = ", ".join(model for run in sorted(left) for model in runs[run])
            pages = " ".join(map(page, sorted(left)))
            refuse(
                f"no result after {MINUTES} minutes: {names}; see {pages}. If they found no agent, give the project"
                f" more parallel jobs or the runner check a pool of its own; then {AGAIN}"
            )
        time.sleep(pause if left else 0)
        pause = min(pause * 1.5, LONGEST)
    return results


def faults(run: int, result: str, models: list[str]) -> Iterator[str]:
    """What the run and the stages of each model say: a run whose stages were skipped counts as succeeded, too."""
    timeline = patiently(f"build/builds/{run}/timeline") or {}
    stages = [record for record in timeline.get("records") or () if record.get("type") == "Stage"]
    found = [fault for model in models for fault in faults_of(model, stages, run)]
    if result not in {"succeeded", "partiallySucceeded"} and not found:
        yield f"the run of the reviews of {', '.join(models)}: {result}; see {page(run)}, then {AGAIN}"
    yield from found


def faults_of(model: str, stages: list[dict[str, Any]], run: int) -> Iterator[str]:
    own = model.replace("-", "_")
    results = [stage.get("result") for stage in stages if own == str(stage.get("identifier")).partition("_of_")[2]]
    bad = [str(result) for result in results if result not in {"succeeded", "succeededWithIssues"}]
    if bad or not results:
        yield f"the review of {model}: {', '.join(bad) or 'missing'}; see {page(run)}, mend it, push again"


def main() -> None:
    models = concerned()
    if not models:
        tell("the change concerns no model")
        return
    here, number, size = reference(), definition(), int(IN_A_RUN)
    chunks = [models[start : start + size] for start in range(0, len(models), size)]
    runs = {queued(chunk, here, number): chunk for chunk in chunks}
    results = wait(runs, here["version"])
    found = [fault for run, chunk in runs.items() for fault in faults(run, results[run], chunk)]
    if found:
        refuse(*found)
    tell(f"the reviews of {', '.join(models)} succeeded")


try:
    main()
except (KeyError, TypeError, AttributeError, ValueError) as problem:
    refuse(f"Azure DevOps answered in a form that this check does not know ({type(problem).__name__})")
