"""The check of a repository on Azure: its files, and Azure DevOps as far as the check talks to it.

The fake answers on 127.0.0.1 in the shapes of the vendor's endpoints Definitions - List, Runs - Run Pipeline,
Builds - Get, Builds - List, Timeline - Get and Builds - Update Build.
"""

from __future__ import annotations

import json
import os
import re
import threading
import venv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

from azure_agent import Agent, Node, job_steps
from pipegen.config import Config, Pin
from pipegen.delivery import Verdict
from pipegen.plan.verdict import verdict
from pipegen.targets import azure

PIN = Pin("0.1.0", "0" * 64, requirements="requirements/pipegen.txt")
CONFIG = Config(pin=PIN)
CHECK, REVIEWS = "azure-pipelines/pipegen.yml", "azure-pipelines/pipegen-reviews.yml"
COMMIT = "c" * 40
TOKEN = "the-token-of-the-job"  # noqa: S105
WAITS, CANCELS = "Have the reviews run", "Cancel what nobody waits for any more"

# Hours pass in no time, and the program still sees each of them.
_CLOCK = """
import time
passed = [0.0]
time.monotonic = lambda: passed[0]
def sleep(seconds):
    passed[0] += seconds
time.sleep = sleep
"""


def asked(config: Config = CONFIG) -> Verdict:
    found = verdict(config, "azure")
    assert found is not None
    return found


def root(config: Config = CONFIG) -> dict[str, Any]:
    return {path: yaml.safe_load(text) for path, text in azure.root(config, asked(config)).items()}


@dataclass(slots=True)
class Project:
    """What Azure DevOps does: `stages` says how the review of each model ends, '' for never; others succeed."""

    stages: Mapping[str, str] = field(default_factory=dict)
    result: str = ""
    definitions: int = 1
    provider: str = "GitHub"
    taken: str | None = COMMIT
    """The commit that runs say they took; None if they do not say."""
    others: Sequence[Node] = ()
    """Builds that others queued; `refName` says for what."""
    troubles: dict[str, list[int]] = field(default_factory=dict)
    """Status codes to answer first, by the last part of the path's name: runs, builds, timeline, definitions.

    504 is a gateway that does not wait for what the server does, 0 a connection that ends without an answer.
    """
    runs: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    cancelled: list[int] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)

    def answer(self, method: str, path: str, query: Mapping[str, list[str]], body: Any) -> Any:  # noqa: ANN401
        assert query["api-version"] == ["7.1"], query
        place = path.removeprefix("/org/p-id/_apis/")
        if place == "build/definitions":
            assert (query["name"], query["repositoryId"], query["repositoryType"]) == (
                ["pipegen-reviews"],
                ["r-id"],
                [self.provider],
            )
            return {"count": self.definitions, "value": [{"id": 7 + number} for number in range(self.definitions)]}
        if place == "pipelines/7/runs":
            self.runs.append(body)
            return {"id": 100 + len(self.runs), "state": "inProgress"}
        if place == "build/builds":
            return self._listed(query)
        run = int(re.fullmatch(r"build/builds/(\d+)(/timeline)?", place)[1])  # type: ignore[index]
        if method == "PATCH":
            assert body == {"status": "cancelling"}
            self.cancelled.append(run)
            return {"id": run, "status": "cancelling"}
        return self._timeline(run) if place.endswith("timeline") else self._build(run)

    def models(self, run: int) -> Sequence[str]:
        named: str = self.runs[run - 101]["templateParameters"]["models"]
        return named.split(",")

    def _results(self, run: int) -> dict[str, str]:
        return {model: self.stages.get(model, "succeeded") for model in self.models(run)}

    def _build(self, run: int) -> Node:
        results = set(self._results(run).values())
        took = {} if self.taken is None else {"sourceVersion": self.taken}
        if "" in results:
            return {"id": run, "status": "cancelling" if run in self.cancelled else "inProgress", **took}
        result = self.result or ("succeeded" if results <= {"succeeded", "skipped", "absent"} else "failed")
        return {"id": run, "status": "completed", "result": result, **took}

    def _listed(self, query: Mapping[str, list[str]]) -> Node:
        """Those of the definition and branch, the newest first."""
        assert (query["definitions"], query["queryOrder"]) == (["7"], ["queueTimeDescending"])
        mine = [
            self._build(101 + number) | run["resources"]["repositories"]["self"] for number, run in enumerate(self.runs)
        ]
        found = [build for build in (*self.others, *mine) if [build["refName"]] == query["branchName"]]
        return {"count": len(found), "value": sorted(found, key=lambda build: build["id"], reverse=True)}

    def _timeline(self, run: int) -> Node:
        stages = [
            {"type": "Stage", "identifier": f"checks_of_{model.replace('-', '_')}", "name": "Checks", "result": result}
            for model, result in self._results(run).items()
            if result != "absent"
        ]
        return {"records": [*stages, {"type": "Job", "identifier": "x.test", "result": "failed"}]}


@contextmanager
def served(project: Project) -> Iterator[str]:
    """The address of the collection."""

    class Handler(BaseHTTPRequestHandler):
        def _respond(self) -> None:
            split = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            project.asked.append(f"{self.command} {split.path}")
            project.tokens.add(self.headers["Authorization"])
            left = project.troubles.get(re.sub(r"/\d+", "", split.path).rpartition("/")[2], [])
            trouble = left.pop(0) if left else 200
            if trouble in {0, 504}:
                project.answer(self.command, split.path, parse_qs(split.query), body)
            if trouble == 0:
                return
            text = json.dumps({"message": "no\nway"}) if trouble != 200 else ""
            if trouble in {203, 206}:
                text = "<html>" if trouble == 203 else "{}"
            elif trouble == 200:
                text = json.dumps(project.answer(self.command, split.path, parse_qs(split.query), body))
            self.send_response(trouble)
            if trouble == 302:
                self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_POST = do_PATCH = _respond  # noqa: N815  (what the base class looks for)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/org/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def with_clock(folder: Path) -> str:
    """A PATH whose python3 has a clock of its own, which is part of that Python and not of what it runs amid."""
    venv.create(folder, symlinks=True)
    (packages,) = folder.glob("lib/python3*/site-packages")
    (packages / "sitecustomize.py").write_text(_CLOCK, "utf-8")
    return f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"


def pull_request(**also: str) -> dict[str, str]:
    """What Azure says in a run that a pull request started."""
    usual = {
        "Build.BuildId": "100",
        "Build.Reason": "PullRequest",
        "Build.SourceBranch": "refs/pull/12/merge",
        "Build.SourceVersion": COMMIT,
        "Build.Repository.ID": "r-id",
        "Build.Repository.Provider": "GitHub",
        "Build.RequestedFor": "Ann O'Neil $(x)",
        "System.TeamProjectId": "p-id",
        "System.PullRequest.SourceBranch": "feat/better",
        "System.PullRequest.TargetBranch": "main",
        "System.PullRequest.IsFork": "False",
        "System.AccessToken": TOKEN,
    }
    return usual | also


def checked(
    models: Sequence[str],
    project: Project,
    folder: Path,
    **also: str,
) -> Agent:
    """The last steps of the check, by an agent, where the steps before found these models."""
    (folder / ".pipegen").mkdir()
    (folder / ".pipegen/models").write_text("".join(f"{model}\n" for model in models), "utf-8")
    data = root()[CHECK]
    (job,) = data["stages"][0]["jobs"]
    steps = [step for step in job_steps(job) if step["displayName"] in {WAITS, CANCELS}]
    with served(project) as address:
        known = pull_request(**{"System.CollectionUri": address, "PATH": with_clock(folder / "clock"), **also})
        agent = Agent(folder, variables=known)
        return agent.run(data, {**job, "steps": steps})
