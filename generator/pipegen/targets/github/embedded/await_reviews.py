"""Wait for the reviews of the models that the change concerns; all of them must succeed.

A review is known by its file, the pull request and the branch that it goes into. One that GitHub did not start is
started here, and then only that very run counts, because anybody who may write can start one with any inputs. What
this run finds counts for its commit, so no other pull request may bring the same one into another branch.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPException
from itertools import count
from pathlib import Path
from typing import Any, NoReturn
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

API = "{GITHUB_API_URL}/repos/{GITHUB_REPOSITORY}".format_map(os.environ)
NUMBER, INTO, HEAD = (os.environ[name] for name in ("PULL_REQUEST", "INTO", "HEAD_SHA"))
POLL = float(os.environ.get("POLL_SECONDS", "20"))
GRACE = float(os.environ.get("GRACE_SECONDS", "180"))
RETRY = float(os.environ.get("RETRY_SECONDS", "5"))
TRIES, LONGEST_PAUSE = 20, 120
PAGE, PAGES = 100, 10
EVENT = "pull_request"
FIRST = os.environ["GITHUB_RUN_ATTEMPT"] == "1"
KNOWN: dict[str, tuple[str, Any]] = {}
"""Path -> (tag, answer): an answer that is still the same does not count against the limit on requests."""

ANEW = "then run this job again"


@dataclass
class Review:
    """What is known of a model's review: `state` was last seen at `since`; `started` is the run that was started."""

    model: str
    state: object = None
    since: float = 0.0
    started: int = 0
    failure: str = ""

    def lasted(self, state: object, words: str) -> float:
        """For how many seconds it has been so; what is new is printed."""
        if state != self.state:
            self.state, self.since = state, time.monotonic()
            say(f"{self.model}: {words}")
        return time.monotonic() - self.since


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def refuse(*reasons: str) -> NoReturn:
    sys.exit("\n".join(f"::error::{reason}" for reason in reasons))


def moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


# What GitHub answers.


def call(path: str, body: object = None) -> Any:  # noqa: ANN401
    """The answer to a request, which is repeated while GitHub is out of reach or asks for patience."""
    problem = ""
    for attempt in range(TRIES):
        pause = min(RETRY * 2**attempt, LONGEST_PAUSE)
        try:
            return once(path, body)
        except HTTPError as error:
            if not passes(error):
                raise
            problem, pause = f"HTTP {error.code}", max(pause, asked_patience(error))
        except (OSError, ValueError, HTTPException) as error:
            problem = repr(error)
        if not attempt:
            say(f"GitHub's API does not answer ({problem}); asking again")
        time.sleep(pause)
    refuse(f"GitHub's API did not answer: {problem}; {ANEW}")


def passes(error: HTTPError) -> bool:
    """Whether it is GitHub's trouble, or its limit on requests, and no answer."""
    if error.code != 403:  # noqa: PLR2004
        return error.code == 429 or error.code >= 500  # noqa: PLR2004
    limits = error.headers.get("Retry-After"), error.headers.get("X-RateLimit-Remaining") == "0"
    return any(limits) or b"rate limit" in error.read().lower()


def asked_patience(error: HTTPError) -> float:
    """For how many seconds GitHub asks not to be asked; at most for an hour."""
    wait, until = error.headers.get("Retry-After", ""), error.headers.get("X-RateLimit-Reset", "")
    if wait.isdigit():
        return min(float(wait), 3600.0)
    if error.headers.get("X-RateLimit-Remaining") == "0" and until.isdigit():
        return min(max(float(until) - time.time(), 0.0), 3600.0)
    return 0.0


def once(path: str, body: object) -> Any:  # noqa: ANN401
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {os.environ['GITHUB_TOKEN']}",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    tag, known = KNOWN.get(path, ("", None))
    if tag:
        headers["If-None-Match"] = tag
    data = None if body is None else json.dumps(body).encode()
    try:
        with urlopen(Request(f"{API}/{path}", data, headers), timeout=60) as answer:  # noqa: S310
            text = answer.read()
            found = json.loads(text) if text else None
            if body is None:
                KNOWN[path] = answer.headers.get("ETag", ""), found
    except HTTPError as error:
        if error.code != 304:  # noqa: PLR2004
            raise
        return known
    return found


def runs_of_head(event: str) -> list[dict[str, Any]]:
    """All runs of the head commit at this event: one request for a hundred, however many models there are."""
    found: list[dict[str, Any]] = []
    for page in range(1, PAGES + 1):
        query = urlencode({"head_sha": HEAD, "event": event, "per_page": PAGE, "page": page})
        listed = call(f"actions/runs?{query}")["workflow_runs"]
        found += listed
        if len(listed) < PAGE:
            break
    return found


def open_pull_requests() -> Iterator[dict[str, Any]]:
    for page in count(1):
        listed = call(f"pulls?{urlencode({'state': 'open', 'per_page': PAGE, 'page': page})}")
        if not isinstance(listed, list):
            raise TypeError(listed)
        yield from listed
        if len(listed) < PAGE:
            return


# What it means.


def stand_alone() -> None:
    """GitHub counts results by commit: what is good enough for one branch would also be so for another."""
    for other in open_pull_requests():
        number, into = other["number"], other["base"]["ref"]
        if other["head"]["sha"] != HEAD or into == INTO:
            continue
        if str(number) == NUMBER:
            refuse(f"the pull request goes into {into} by now: run the newest `pipegen` of it again, not this one")
        same = f"pull request #{number} into {into} has the same newest commit, and GitHub counts results by commit"
        refuse(f"{same}: give one of the two a commit of its own, then run `pipegen` again")


def run_of(review: Review, runs: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The newest run that is this review: of this pull request, into this branch."""
    path, title = f".github/workflows/{review.model}.review.yml", f"Review of #{NUMBER} into {INTO}: "
    mine = [
        run
        for run in runs
        if run["path"].partition("@")[0] == path
        and (run["id"] == review.started or (run["event"] == EVENT and (run["display_title"] or "").startswith(title)))
    ]
    return max(mine, key=lambda run: run["run_number"], default=None)


def waits(review: Review, runs: list[dict[str, Any]], own_start: float) -> bool:
    """Whether the review may still become something else than it is; one that failed says so."""
    run = run_of(review, runs)
    if run is None:
        return waits_for_start(review)
    status, result, attempt = run["status"], run["conclusion"], run["run_attempt"]
    words = result if status == "completed" else status
    lasted = review.lasted((run["id"], attempt, words), f"{words} {run['html_url']}")
    if status != "completed":
        return True
    # What was cancelled or is older than this run may be about to run again, or to be followed by a newer one: the same
    # event starts both. A success that was there when people ran this job again is what they ran it for.
    is_old = moment(run["run_started_at"]) < own_start - 60
    if result == "success":
        return is_old and FIRST and lasted < GRACE
    if (is_old or result in ("cancelled", "action_required")) and lasted < GRACE:
        return True
    what = "waits for somebody to let it run" if result == "action_required" else f"ended with {result}"
    review.failure = f"the review of {review.model} {what}: {run['html_url']}; see to it that it succeeds, {ANEW}"
    return False


def waits_for_start(review: Review) -> bool:
    lasted = review.lasted(("none", review.started), "has no run yet")
    if lasted < GRACE:
        return True
    if review.started:
        review.failure = f"the review of {review.model} was started and does not appear; {ANEW}"
        return False
    start(review)
    return True


def start(review: Review) -> None:
    """GitHub looks at the first 300 changed files to see what a change concerns, and events get lost."""
    todo = "close the pull request and open it again; if it changes more than 300 files, divide it"
    if not os.environ["HEAD_BRANCH"]:
        refuse(f"GitHub did not start the review of {review.model}, and none can be started for a fork: {todo}")
    request = {
        "ref": os.environ["HEAD_BRANCH"],
        "inputs": {"pull_request": NUMBER, "into": INTO},
        "return_run_details": True,
    }
    try:
        answer = call(f"actions/workflows/{review.model}.review.yml/dispatches", request)
    except HTTPError as error:
        refuse(f"GitHub did not start the review of {review.model}, nor when asked to (HTTP {error.code}): {todo}")
    review.started = (answer or {}).get("workflow_run_id", 0)
    if not review.started:
        refuse(f"GitHub does not say which run of {review.model} it started; {todo}")
    say(f"{review.model}: started, as GitHub did not; it reviews the branch itself, not merged")
    time.sleep(min(POLL, 1.0))  # GitHub asks for a second between requests that create something.


def main() -> None:
    models = Path(os.environ["MODELS_FILE"]).read_text(encoding="utf-8").split()
    if odd := [name for name in models if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name)]:
        refuse(f"not the name of a model: {odd[0]!r}")
    try:
        stand_alone()
        if models:
            wait([Review(model) for model in models])
            stand_alone()
    except HTTPError as error:
        needed = "this job needs the permissions actions and pull-requests"
        refuse(f"GitHub does not say what is asked: HTTP {error.code}; {needed}")
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        refuse(f"GitHub's answer cannot be read: {problem!r}; {ANEW}")
    say("All reviews succeeded." if models else "The change concerns no model.")


def wait(reviews: list[Review]) -> None:
    end = time.monotonic() + 60 * float(os.environ["WAIT_MINUTES"])
    own_start = moment(call(f"actions/runs/{os.environ['GITHUB_RUN_ID']}")["run_started_at"])
    while waiting := look(reviews, own_start):
        if time.monotonic() > end:
            late = [f"the review of {each.model} takes longer than this run waits" for each in waiting]
            refuse(*(f"{reason}; see to it that it ends, {ANEW}" for reason in late))
        time.sleep(POLL * (1 + len(reviews) // PAGE))


def look(reviews: list[Review], own_start: float) -> list[Review]:
    """The reviews that are still to be waited for; a failure ends the waiting."""
    runs = runs_of_head(EVENT)
    if any(review.started for review in reviews):
        runs += runs_of_head("workflow_dispatch")
    waiting = [review for review in reviews if waits(review, runs, own_start)]
    if failures := [review.failure for review in reviews if review.failure]:
        refuse(*failures)
    return waiting


main()
