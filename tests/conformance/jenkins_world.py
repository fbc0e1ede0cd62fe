"""A repository with a model's files for Jenkins, laid out once, and what its jobs start with."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from conformance.cases import BRANCHES, TAGS
from conformance.jenkins_settings import Settings, settings_of
from deliveries import CONFIG, ROOT, source_of, whole_text
from local_models import BEHAVIOUR, DELIVERIES
from local_world import World, new_world
from pipegen.delivery import Delivery, Pipeline, Review, SecretValue
from pipegen.plan.verdict import verdict
from pipegen.targets import jenkins
from pipegen.targets.jenkins.names import path

ASIDE = "aside"
KEPT_AS = {"feat/a/b": "feat/a-b"}
"""Branches that no repository can have beside the others, and those that hold their commits instead."""
REVIEW_FILE = "jenkins/{model}/review.groovy"
UNREACHABLE = "elasticity-v9"
"""A tag whose commit is on no branch that delivers."""

_PIPEGEN = """#!/usr/bin/env bash
# The check of the repository: its files are as they should be, and the models are those that pipegen itself names.
set -euo pipefail
[ "$1" = models ] || exit 0
mkdir -p "@WORLD@/found"
said="@WORLD@/found/$(printf '%s' "$*" | sha256sum | cut -d' ' -f1)"
if [ ! -e "$said.code" ]; then
  code=0; PYTHONPATH="@GENERATOR@" "@PYTHON@" -m pipegen "$@" > "$said" || code=$?
  echo "$code" > "$said.code"
fi
cat "$said"; exit "$(cat "$said.code")"
"""
_PIP = """case "$*" in "-I -m pip install "*) cp "@WORLD@/pipegen" "$PIPEGEN_HOME/pipegen/bin/pipegen"; exit ;; esac
"""


@dataclass(frozen=True)
class Installation:
    """A Jenkins with the jobs of one model and the repository that they build."""

    model: str
    world: World
    files: Mapping[str, Path]

    @property
    def delivery(self) -> Delivery:
        return DELIVERIES[self.model]

    @cached_property
    def settings(self) -> Settings:
        return settings_of(self.delivery)

    @property
    def keeps(self) -> bool:
        """Whether the model has a store, from which later runs take what earlier ones made."""
        return any(self.world.repository.rglob("store.sh"))

    @cached_property
    def first_commit(self) -> str:
        command = ["git", "-C", str(self.world.repository), "rev-list", "--max-parents=0", "main"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def pipeline_of(self, file: str) -> Pipeline:
        """The pipeline that a file was made of; that of the check stands for the review that it loads."""
        named = {path(self.delivery, each): each for each in self.delivery.pipelines}
        if file in named:
            return named[file]
        return next(each for each in self.delivery.pipelines if isinstance(each.event, Review))

    def credentials(self, job: str) -> dict[str, dict[str, str]]:
        """What a run of the job finds under the ids of credentials, with values as the world makes them."""
        found: dict[str, dict[str, str]] = {}
        for name, each in self.settings.within_reach(job).items():
            environment, _, secret = each.secret.rpartition("/")
            value = SecretValue(secret, "string", environment or None, name)
            kept = {"kind": each.kind, "value": self.world.secret(value)}
            if each.kind == "file":
                kept["value"] = str(self.world.secret_file(value))
            if each.kind == "usernamePassword":
                kept |= {part: self.world.secret(value, part.upper()) for part in ("username", "password")}
            found[name] = kept
        return found


def installed(model: str, folder: Path) -> Installation:
    """The model's own files on every branch, and a check that names the model as pipegen does."""
    delivery = DELIVERIES[model]
    branches = tuple(KEPT_AS.get(each, each) for each in BRANCHES)
    world = new_world(folder, delivery.spec, _texts_of(delivery), delivery.path, branches)
    for tag in TAGS:
        world.tag(tag, "main")
    world.behave(BEHAVIOUR[model])
    return Installation(model, world, committed(world, delivery, (ROOT / delivery.spec).read_text("utf-8"), branches))


def committed(world: World, delivery: Delivery, spec: str, branches: Sequence[str]) -> Mapping[str, Path]:
    """The Jenkinsfiles, which are in the repository after this with all that they and the check need."""
    texts = {**jenkins.render(delivery, CONFIG), **jenkins.root(CONFIG, verdict(CONFIG, "jenkins"))}
    bases = (ROOT / "model-specs/bases").iterdir()
    texts |= {f"model-specs/bases/{each.name}": each.read_text("utf-8") for each in bases}
    texts["pipegen.toml"] = (ROOT / "pipegen.toml").read_text("utf-8")
    for branch in (*branches, ASIDE):
        # Every branch differs in the spec, so that each pull request concerns the model.
        world.commit(branch, {**texts, delivery.spec: f"{spec}\n# {branch}\n"}, start="main" if branch == ASIDE else "")
    world.tag(UNREACHABLE, ASIDE)
    _with_pipegen(world)
    return {name: world.repository / name for name in texts if name.startswith("jenkins/")}


def _texts_of(delivery: Delivery) -> str:
    """All that people wrote to make the spec, which names the scripts of the repository."""
    return whole_text(source_of(ROOT / delivery.spec))


def _with_pipegen(world: World) -> None:
    real = {"@WORLD@": str(world.folder), "@PYTHON@": sys.executable, "@GENERATOR@": str(ROOT / "generator")}
    program = world.folder / "pipegen"
    program.write_text(_filled(_PIPEGEN, real), "utf-8")
    program.chmod(0o755)
    python = world.folder / "venv-python"
    shebang, _, rest = python.read_text("utf-8").partition("\n")
    python.write_text(f"{shebang}\n{_filled(_PIP, real)}{rest}", "utf-8")


def _filled(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(name, value)
    return text
