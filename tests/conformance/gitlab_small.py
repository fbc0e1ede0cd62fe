"""Small pipelines written by hand, carried out here and by gitlab-ci-local, for tests of what carries them out."""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import dedent

from conformance.gitlab_files import ROOT_FILE, document
from conformance.gitlab_job import Ended, Given, carry_out
from conformance.gitlab_machine import Machine
from conformance.gitlab_pipeline import Around, Job, Pipeline
from conformance.gitlab_settings import Settings
from conformance.gitlab_vendor import GitLabCiLocal, Request
from local_world import World
from pipegen.simulation import ApprovalResult

_NUMBERS = itertools.count(1)
PUSH = {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main", "CI_COMMIT_REF_NAME": "main"}
MERGE_REQUEST = {"CI_PIPELINE_SOURCE": "merge_request_event", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"}
NOTHING = Settings((), {}, frozenset(), (), {})
_TOLD = {"skipped": "pending", "created": "pending", "manual": "pending", "canceled": "pending"}


@dataclass
class Small:
    """A project with one root file, and further ones by their paths."""

    world: World
    text: str
    variables: Mapping[str, str] = field(default_factory=lambda: PUSH)
    settings: Settings = NOTHING
    answers: Mapping[str, ApprovalResult] = field(default_factory=dict)
    fault: tuple[str, str, str] = ("", "", "")
    protected: bool = False
    changed: Sequence[str] = ("README.md",)
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def files(self) -> dict[str, str]:
        return {ROOT_FILE: dedent(self.text), **{path: dedent(text) for path, text in self.more.items()}}

    def created(self) -> Pipeline:
        predefined = {"CI_PIPELINE_ID": "7", "CI_DEFAULT_BRANCH": "main", **self.variables}
        around = Around(
            files=self.files,
            settings=self.settings,
            predefined=predefined,
            changed=self.changed,
            ask=lambda name: self.answers.get(name.removeprefix("job "), ApprovalResult.WAITING),
            carry_out=self._carry_out,
            fault=lambda name: self.fault[1:] if name == self.fault[0] else (None, ""),
            source_ref="main",
            protected=self.protected,
        )
        return Pipeline(document(self.files, ROOT_FILE), around, {}, predefined).created()

    def _carry_out(self, given: Given) -> Ended:
        place = self.world.folder / "small" / str(next(_NUMBERS))
        return carry_out(given, Machine(self.world), place)

    def run(self) -> dict[str, Job]:
        pipeline = self.created()
        pipeline.run()
        return pipeline.jobs

    @property
    def ends(self) -> dict[str, str]:
        return {name: job.status for name, job in self.run().items()}

    def said_by(self, job: str) -> list[str]:
        ended = self.run()[job].ended
        return ended.text.splitlines() if ended else []

    # ------------------------------------------------------------ the same by gitlab-ci-local

    def ends_with(self, local: GitLabCiLocal) -> dict[str, str]:
        return local.ran(self._request())

    def selected_by(self, local: GitLabCiLocal) -> dict[str, str]:
        return local.selected(self._request())

    def _request(self) -> Request:
        folder = self.world.folder / "local" / str(next(_NUMBERS))
        folder.mkdir(parents=True)
        for path, text in self.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, "utf-8")
        for words in (["init", "--quiet", "-b", "main"], ["add", "--all"], ["commit", "--quiet", "-m", "begin"]):
            identity = ("-c", "user.name=x", "-c", "user.email=x@example.com")
            subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)
        manual = [name for name, result in self.answers.items() if result is ApprovalResult.GRANTED]
        unset = [] if "CI_COMMIT_BRANCH" in self.variables else ["CI_COMMIT_BRANCH"]
        return Request(folder, self.world.path, self.variables, unset=unset, manual=manual)


def as_told_locally(jobs: Mapping[str, Job]) -> dict[str, str]:
    """How jobs ended in the words of gitlab-ci-local, which does not begin what GitLab skips."""
    return {
        name: "warning" if job.status == "failed" and job.allowed else _TOLD.get(job.status, job.status)
        for name, job in jobs.items()
    }
