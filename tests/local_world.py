"""The world that a local run takes place in: a git repository, stubbed programs, uploads and a store of artifacts."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deliveries import ROOT
from pipegen.delivery import SecretValue

STUBBED = ("python", "python3", "python3.11", "python3.12", "pip", "conda", "pytest", "ruff", "snow", "databricks")
STUBBED_TOOLS = (*STUBBED, "kubectl", "docker", "repository-script")

_STUB = r"""#!/usr/bin/env bash
# Writes down how it was called, then does what the test says for this step.
world="@WORLD@" tool="${0##*/}"
read -r job step < "$world/current"
{ printf '%s/%s\t%s\t%s' "$job" "$step" "${PWD##*/}" "$tool"; printf ' %q' "$@"; printf '\n'; } >> "$world/calls"
case "$tool $*" in
  "python3 -I - "*) exec "@PYTHON@" "$@" ;;
  python*" -m venv "*)
    place="${*: -1}"
    mkdir -p "$place/bin"; : > "$place/bin/activate"
    printf '#!/usr/bin/env bash\nexec "%s/venv-python" "$@"\n' "$world" > "$place/bin/python"
    chmod +x "$place/bin/python"
    exit 0 ;;
  "conda info --base") echo "$world/conda"; exit 0 ;;
esac
for behaviour in "$world/behaviour/$job.$step" "$world/behaviour/$step"; do
  if [ -e "$behaviour" ]; then exec bash -eu "$behaviour" "$tool" "$@"; fi
done
"""

REAL_RECORD = "real-record"
"""The file in a world that has what asks the record, and what writes to it, carried out for real."""

_VENV_PYTHON = """#!/usr/bin/env bash
# Bounds on metrics are judged for real. What runs the model, the ledger or the registry is written down, and succeeds
# unless the test says otherwise for this step, or asks for the real thing.
world="@WORLD@"
real() { export PYTHONPATH="@GENERATOR@"; exec "@PYTHON@" "${@:2}"; }
case "$*" in
  "-I -m pipegen.gates metrics "*) real "$@" ;;
  "-I -m pipegen."*) ;;
  *) exit 0 ;;
esac
read -r job step < "$world/current"
{ printf '%s/%s' "$job" "$step"; printf ' %q' "${@:3}"; printf '\n'; } >> "$world/record-calls"
for behaviour in "$world/behaviour/$job.$step" "$world/behaviour/$step"; do
  if [ -e "$behaviour" ]; then exec bash -eu "$behaviour" pipegen "$@"; fi
done
if [ -e "$world/@REAL_RECORD@" ]; then real "$@"; fi
while [ "$#" -gt 0 ]; do
  case "$1" in
    --json) echo '{}' > "$2" ;;
    --junit) echo '<testsuites/>' > "$2" ;;
  esac
  shift
done
"""

_STORE = """#!/usr/bin/env bash
# A store of artifacts in a folder: put KEY FILE DIGEST, get KEY FILE DIGEST_FILE.
set -euo pipefail
place="@STORE@/$2"
case "$1" in
  put) mkdir -p "$place"; cp "$3" "$place/file"; printf '%s\\n' "$4" > "$place/digest" ;;
  get) [ -e "$place/file" ] || { echo "no entry $2"; exit 0; }; cp "$place/file" "$3"; cp "$place/digest" "$4" ;;
esac
"""


@dataclass(frozen=True)
class World:
    """Everything below one temporary folder."""

    folder: Path

    def uploads(self, run_id: str = "1") -> Path:
        """What jobs of one run hand to each other."""
        place = self.folder / "uploads" / run_id
        place.mkdir(parents=True, exist_ok=True)
        return place

    @property
    def store(self) -> Path:
        return self.folder / "store"

    @property
    def repository(self) -> Path:
        return self.folder / "repository"

    @property
    def path(self) -> str:
        return f"{self.folder}/bin:/usr/bin:/bin"

    # ------------------------------------------------------------ what the runner needs

    def fresh_folder(self, name: str) -> Path:
        place = self.folder / "jobs" / name
        place.mkdir(parents=True)
        return place

    def check_out(self, folder: Path, branch: str, depth: int) -> None:
        self._git(folder, "init", "--quiet")
        self._git(folder, "remote", "add", "origin", f"file://{self.repository}")
        wanted = [self.commit_of(branch)] if depth else ["+refs/heads/*:refs/remotes/origin/*", "--tags"]
        self._git(folder, "fetch", "--quiet", *([f"--depth={depth}"] if depth else []), "origin", *wanted)
        self._git(folder, "checkout", "--quiet", "--detach", self.commit_of(branch))

    def commit_of(self, branch: str) -> str:
        """The commit of a branch or tag; a fork's branch has the commit of main."""
        found = self._git(self.repository, "rev-parse", "--verify", "--quiet", f"{branch}^{{commit}}", check=False)
        return found or self._git(self.repository, "rev-parse", "HEAD")

    def script_file(self, job: str, step: str, script: str) -> Path:
        file = self.folder / "scripts" / f"{job}.{step}.sh"
        file.parent.mkdir(exist_ok=True)
        file.write_text(script, "utf-8")
        return file

    def tell_stubs(self, job: str, step: str) -> None:
        (self.folder / "current").write_text(f"{job} {step}\n", "utf-8")

    def secret(self, value: SecretValue, part: str = "") -> str:
        return f"secret {value.environment} {value.name} {part}".rstrip()

    def secret_file(self, value: SecretValue) -> Path:
        file = self.folder / f"{value.environment}-{value.name}"
        file.write_text(self.secret(value), "utf-8")
        return file

    # ------------------------------------------------------------ what a test says

    def behave(self, behaviours: Mapping[str, str]) -> None:
        """What stubbed programs do in a step, named `<step>` or `<job>.<step>`, as bash text."""
        for name, text in behaviours.items():
            (self.folder / "behaviour" / name).write_text(text, "utf-8")

    @property
    def calls(self) -> list[str]:
        """Each call of a stubbed program: `<job>/<step>`, the folder's name and the command."""
        return (self.folder / "calls").read_text("utf-8").splitlines()

    def calls_in(self, step: str) -> list[str]:
        """The commands of a step named `<job>/<step>`."""
        return [line.split("\t")[2] for line in self.calls if line.split("\t")[0] == step]

    @property
    def record_calls(self) -> list[str]:
        """Each call of pipegen that asks the record or writes to it: `<job>/<step>` and the command."""
        file = self.folder / "record-calls"
        return file.read_text("utf-8").splitlines() if file.exists() else []

    def record_calls_in(self, step: str) -> list[str]:
        """The commands of a step named `<job>/<step>`, without what precedes the name of the module."""
        return [line.split(" ", 1)[1] for line in self.record_calls if line.split(" ", 1)[0] == step]

    def tree_of(self, branch: str) -> str:
        return self._git(self.repository, "rev-parse", f"{branch}^{{tree}}")

    def digest(self, file: Path) -> str:
        return hashlib.sha256(file.read_bytes()).hexdigest()

    def unpacked(self, archive: Path) -> Path:
        """A folder with what a tar holds."""
        place = self.folder / "unpacked" / archive.name
        place.mkdir(parents=True)
        subprocess.run(["tar", "-xf", str(archive), "-C", str(place)], check=True)
        return place

    def begin_history(self) -> None:
        self._git(self.repository, "init", "--quiet", "--initial-branch=main")
        self._git(self.repository, "commit", "--quiet", "--allow-empty", "--message", "begin")

    def commit(self, branch: str, files: Mapping[str, str], *, start: str = "") -> None:
        """A commit on a branch, which begins at `start` if it is new."""
        self._git(self.repository, "checkout", "--quiet", *(["-B", branch, start] if start else [branch]))
        for name, text in files.items():
            (self.repository / name).parent.mkdir(parents=True, exist_ok=True)
            (self.repository / name).write_text(text, "utf-8")
        self._git(self.repository, "add", "--all")
        self._git(self.repository, "commit", "--quiet", "--allow-empty", "--message", f"on {branch}")

    def tag(self, name: str, branch: str) -> None:
        self._git(self.repository, "tag", name, branch)

    def has_tag(self, name: str) -> bool:
        return bool(self._git(self.repository, "tag", "--list", name))

    def merge(self, source: str, into: str) -> None:
        self._git(self.repository, "checkout", "--quiet", into)
        self._git(self.repository, "merge", "--quiet", "--no-ff", "--message", f"merge {source}", source)

    def _git(self, folder: Path, *arguments: str, check: bool = True) -> str:
        identity = ("-c", "user.name=Alice", "-c", "user.email=alice@example.com", "-c", "advice.detachedHead=false")
        command = ["git", *identity, "-C", str(folder), *arguments]
        alone = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        return subprocess.run(command, check=check, capture_output=True, text=True, env=alone).stdout.strip()


def new_world(folder: Path, spec_path: str, spec_text: str, model_path: str, branches: Sequence[str]) -> World:
    """A world whose repository holds the model's spec and the scripts that it names, on all branches."""
    world = World(folder)
    for name in ("store", "behaviour", "bin", "repository", "conda/etc/profile.d"):
        (folder / name).mkdir(parents=True)
    (folder / "calls").touch()
    (folder / "conda/etc/profile.d/conda.sh").write_text("conda() { :; }\n", "utf-8")
    _programs(world)
    world.begin_history()
    scripts = set(re.findall(r"\./([a-z_]+(?:/[a-z_]+)*\.sh)", spec_text))
    files = {f"{model_path}/{name}": _script(world, name) for name in scripts}
    for name, text in files.items():
        _executable(world.repository / name, text)
    world.commit("main", {spec_path: spec_text, f"{model_path}/README.md": "a model\n"})
    for branch in branches:
        if branch != "main":
            world.commit(branch, {}, start="main")
    return world


def _script(world: World, name: str) -> str:
    if name == "scripts/store.sh":
        return _STORE.replace("@STORE@", str(world.store))
    return '#!/usr/bin/env bash\nexec repository-script "$0" "$@"\n'


def _programs(world: World) -> None:
    real = str(Path(sys.executable))
    stub = _STUB.replace("@WORLD@", str(world.folder)).replace("@PYTHON@", real)
    for name in STUBBED_TOOLS:
        _executable(world.folder / "bin" / name, stub)
    pipegen = _VENV_PYTHON.replace("@GENERATOR@", str(ROOT / "generator")).replace("@PYTHON@", real)
    _executable(
        world.folder / "venv-python",
        pipegen.replace("@WORLD@", str(world.folder)).replace("@REAL_RECORD@", REAL_RECORD),
    )
    for name in ("bash", "git"):
        (world.folder / "bin" / name).symlink_to(str(shutil.which(name)))


def _executable(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    file.chmod(0o755)
