"""Runs of workflows and open pull requests, as GitHub's API lists them and starts them.

Its documentation calls that "List workflow runs for a repository", "Create a workflow dispatch event" and "List pull
requests".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

from github_api import REPOSITORY, RUN_ID, Api

ACTIONS = f"/repos/{REPOSITORY}/actions"
HEAD = "1" * 40
START = "2026-11-01T12:00:00Z"
"""When the verdict's own run started, by GitHub's clock."""

_numbers = count(1)


def run_of(model: str = "churn", result: str | None = "success", **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """A run of a model's review of pull request 12 into dev; `result` None: it is still at work."""
    number = next(_numbers)
    given = {
        "id": 9000 + number,
        "name": f"{model}: review",
        "display_title": f"Review of #12 into dev: {model}",
        "path": f".github/workflows/{model}.review.yml",
        "event": "pull_request",
        "head_sha": HEAD,
        "run_number": number,
        "run_attempt": 1,
        "status": "completed" if result else "in_progress",
        "conclusion": result,
        "html_url": f"https://github.com/{REPOSITORY}/actions/runs/{9000 + number}",
        "run_started_at": START,
        "pull_requests": [],
    }
    return {**given, **more}


def dispatched(model: str = "churn", result: str | None = "success", **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """A run that somebody started with the inputs of pull request 12 into dev."""
    return run_of(model, result, event="workflow_dispatch", **more)


def pull_of(number: int = 12, into: str = "dev", head: str = HEAD, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """A pull request from feat/x."""
    given = {
        "number": number,
        "state": "open",
        "html_url": f"https://github.com/{REPOSITORY}/pull/{number}",
        "head": {"label": "acme:feat/x", "ref": "feat/x", "sha": head},
        "base": {"label": f"acme:{into}", "ref": into, "sha": "0" * 40},
    }
    return {**given, **more}


@dataclass
class RunsApi(Api):
    """Runs, and what becomes of them: before each look at them the next of `changes` takes place.

    `known` are the workflow files on the default branch; `may_write` says whether the token may start them.
    """

    runs: list[dict[str, Any]] = field(default_factory=list)
    pulls: list[dict[str, Any]] = field(default_factory=lambda: [pull_of()])
    changes: Iterator[Callable[[], object]] = field(default_factory=lambda: iter(()))
    known: frozenset[str] = frozenset()
    may_write: bool = True
    started: dict[str, Any] = field(default_factory=dict)
    tells_id: bool = True

    def answered(self, method: str, path: str, body: str) -> tuple[int, object]:
        place = urlsplit(path)
        if method == "POST":
            return self._start(place.path, body)
        if place.path == f"{ACTIONS}/runs/{RUN_ID}":
            return 200, {"id": int(RUN_ID), "run_started_at": START}
        if place.path == f"{ACTIONS}/runs":
            return 200, self._listed(parse_qs(place.query))
        if place.path == f"/repos/{REPOSITORY}/pulls":
            return 200, self._pulls({name: values[0] for name, values in parse_qs(place.query).items()})
        return 404, {"message": "Not Found"}

    def _pulls(self, query: dict[str, str]) -> list[dict[str, Any]]:
        """The newest first, thirty at a time unless asked for others, a hundred at the most."""
        state, page, size = query.get("state", "open"), int(query.get("page", "1")), int(query.get("per_page", "30"))
        found = [pull for pull in self.pulls if state in ("all", pull["state"])]
        newest_first = sorted(found, key=lambda pull: pull["number"], reverse=True)
        size = min(size, 100)
        return newest_first[(page - 1) * size : page * size]

    def _listed(self, query: dict[str, list[str]]) -> object:
        page, size = int(query["page"][0]), int(query["per_page"][0])
        if page == 1 and query["event"] == ["pull_request"]:
            next(self.changes, lambda: None)()
        asked = [(name, query[name][0]) for name in ("head_sha", "event")]
        found = [run for run in self.runs if all(run[name] == value for name, value in asked)]
        newest_first = sorted(found, key=lambda run: run["id"], reverse=True)
        return {"total_count": len(found), "workflow_runs": newest_first[(page - 1) * size : page * size]}

    def _start(self, path: str, body: str) -> tuple[int, object]:
        file = path.removeprefix(f"{ACTIONS}/workflows/").removesuffix("/dispatches")
        if not self.may_write:
            return 403, {"message": "Resource not accessible by integration"}
        if file not in self.known:
            return 404, {"message": "Not Found"}
        run = dispatched(file.removesuffix(".review.yml"), **self.started)
        self.runs.append(run)
        if not (self.tells_id and json.loads(body).get("return_run_details")):
            return 204, None
        url = f"{self.url}{ACTIONS}/runs/{run['id']}"
        return 200, {"workflow_run_id": run["id"], "run_url": url, "html_url": run["html_url"]}

    @property
    def requests(self) -> list[tuple[str, Any]]:
        """What it was asked to start."""
        return [(path.rsplit("/", 2)[1], json.loads(body)) for method, path, _, body in self.asked if method == "POST"]
