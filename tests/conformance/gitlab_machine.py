"""A runner of GitLab's with its shell bash: programs in which scripts can go wrong, and process groups that are ended.

Sources: docs.gitlab.com/runner/executors/shell, gitlab-org/gitlab-runner helpers/process (a job's processes are one
group, which gets SIGTERM). Steps of jobs are scripts in the folder `.pipegen-job`; a fault is put into their bash.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from conformance.observing import Script
from local_world import World

BASH = str(shutil.which("bash"))
_GRACE = 10
_MARK = re.compile("@(BASH|WORLD|TIMEOUT|DATE)@")

_STEP = r"""#!@BASH@
# Carries out a step of a job, unless it is to end otherwise, and writes down what it found.
case "${1-}" in .pipegen-job/*.sh) ;; *) exec @BASH@ "$@" ;; esac
world="@WORLD@" job="${CI_JOB_NAME##*:}" step="${1##*/}"
step="${step%.sh}"
IFS=$'\t' read -r wanted fault < "$world/fault"
printf '%s %s\n' "$job" "$step" > "$world/current"
cat "/proc/$$/environ" > "$world/found/$$"
note() { printf '%s\t%s\t%s\t%s\n' "$job" "$step" "$1" "$$" >> "$world/steps"; }
if [ "$job/$step" != "$wanted" ]; then fault=; fi
case "$fault" in
  failed) note failed; exit 1 ;;
  "timed out") note "timed out"; sleep 3; note "went on"; exit 0 ;;
  cancelled)
    note cancelled
    : > "$world/cancelled"
    read -r group < "$world/group"
    kill -TERM -- "-$group"
    sleep 3
    note "went on"
    exit 0 ;;
esac
status=0
@BASH@ "$@" || status=$?
if [ "$status" -eq 0 ]; then note success; else note failed; fi
exit "$status"
"""
_TIMEOUT = r"""#!@BASH@
# The time of a step that is to run out of it is over soon.
IFS=$'\t' read -r wanted fault < "@WORLD@/fault"
step="${*: -1}"
step="${CI_JOB_NAME##*:}/${step##*/}"
words=()
for word in "$@"; do
  case "$fault $word" in "timed out "[0-9]*m) if [ "$step" = "$wanted.sh" ]; then word=0.2s; fi ;; esac
  words+=("$word")
done
exec @TIMEOUT@ "${words[@]}"
"""
_DATE = """#!@BASH@
# A clock that is as late as the test says.
read -r late < "@WORLD@/late"
case "$*" in +%s) echo "$(($(@DATE@ +%s) + late))" ;; *) exec @DATE@ "$@" ;; esac
"""


@dataclass(frozen=True)
class Done:
    """How a shell ended: its exit code, None if it was out of time, and whether somebody cancelled the job in it."""

    code: int | None
    text: str
    cancelled: bool


@dataclass(frozen=True)
class Machine:
    """A runner; `late` seconds after people were asked for the first time are over where jobs look at the clock."""

    world: World

    def set_up(self) -> Machine:
        places = {"BASH": BASH, "WORLD": str(self.world.folder), "TIMEOUT": _found("timeout"), "DATE": _found("date")}
        for name, text in (("bash", _STEP), ("timeout", _TIMEOUT), ("date", _DATE)):
            program = self.world.folder / "bin" / name
            program.unlink(missing_ok=True)
            program.write_text(_MARK.sub(lambda found: places[found[1]], text), "utf-8")
            program.chmod(0o755)
        self.be_late(0)
        return self

    def be_late(self, seconds: int) -> None:
        (self.world.folder / "late").write_text(f"{seconds}\n", "utf-8")

    def begin(self, job: str, step: str | None, fault: str) -> None:
        """From here on scripts are noted, and a step of a job may end otherwise."""
        (self.world.folder / "fault").write_text(f"{job.rpartition(':')[2]}/{step}\t{fault}\n", "utf-8")
        (self.world.folder / "steps").write_text("", "utf-8")
        (self.world.folder / "cancelled").unlink(missing_ok=True)
        shutil.rmtree(self.world.folder / "found", ignore_errors=True)
        (self.world.folder / "found").mkdir()

    def run(self, script: str, folder: Path, variables: Mapping[str, str], seconds: float) -> Done:
        """One shell of a job, in a process group of its own."""
        file = folder.with_suffix(".sh")
        head = f"echo $$ > {self.world.folder}/group\nset -eo pipefail\nset +o noclobber\n"
        file.write_text(head + script, "utf-8")
        work = subprocess.Popen(
            [BASH, str(file)],
            cwd=folder,
            env={"PATH": self.world.path, "HOME": str(folder), **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        code: int | None = None
        try:
            output, _ = work.communicate(timeout=seconds)
            code = work.returncode
        except subprocess.TimeoutExpired:
            output = _end(work)
        return Done(code, output.decode(errors="replace"), (self.world.folder / "cancelled").exists())

    @property
    def scripts(self) -> tuple[Script, ...]:
        """What ran since the job began, in order."""
        return tuple(Script(step, result, self._found(number)) for _, step, result, number in self.notes)

    @property
    def notes(self) -> list[list[str]]:
        """Job, step, result and number of the process of all that ran."""
        return [line.split("\t") for line in (self.world.folder / "steps").read_text("utf-8").splitlines()]

    def _found(self, number: str) -> dict[str, str]:
        pairs = (self.world.folder / "found" / number).read_text("utf-8", "replace").split("\0")
        return {name: value for name, sign, value in (each.partition("=") for each in pairs) if sign}


def _end(work: subprocess.Popen[bytes]) -> bytes:
    """The runner ends the group, at last by force."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(work.pid, sign)
        with suppress(subprocess.TimeoutExpired):
            return work.communicate(timeout=_GRACE)[0]
    return b""


def _found(program: str) -> str:
    return str(shutil.which(program))
