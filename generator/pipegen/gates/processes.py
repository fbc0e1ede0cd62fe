"""Commands that a gate starts, each in a process group that ends with the gate, however the gate ends."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType
from typing import IO, NoReturn, cast

from pipegen.gates.reading import CannotJudgeError

BASH = ("bash", "-euo", "pipefail", "-c")
"""How a user's command runs, here as in the steps of a pipeline."""

_GRACE = 5.0
"""Seconds between being asked to end and being ended."""

# It lives in a session of its own and reads from a pipe that only the gate can write to: if the gate is killed, the
# pipe is closed without the last word and the group is ended all the same.
_WATCH = (
    "sh",
    "-c",
    'read -r group || exit 0; word=; read -r word || :; [ "$word" = ended ] || kill -s KILL -- "-$group" 2>/dev/null',
)


class InterruptedGateError(CannotJudgeError):
    """The gate was asked to end before it could judge."""


@contextmanager
def running(command: str, environment: Mapping[str, str], output: int) -> Iterator[subprocess.Popen[bytes]]:
    """A bash script in a process group of its own, writing to the file descriptor `output`; ended on leaving."""
    with _interruptions_raised(), _watch() as pipe:
        process = _started([*BASH, command], environment, output)
        try:
            pipe.write(f"{process.pid}\n".encode())
            pipe.flush()
            yield process
        finally:
            _end(process)


@contextmanager
def _watch() -> Iterator[IO[bytes]]:
    """A pipe to a watch that ends the group it is told if the pipe is closed before the word `ended`."""
    watch = subprocess.Popen(_WATCH, stdin=subprocess.PIPE, start_new_session=True)  # noqa: S603  (a fixed script)
    pipe = cast("IO[bytes]", watch.stdin)
    try:
        yield pipe
    finally:
        watch.communicate(b"ended\n")


def _started(command: list[str], environment: Mapping[str, str], output: int) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603  (the user's own command, as in every step of a pipeline)
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise CannotJudgeError(f"bash cannot be started: {error}") from error


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask the whole group to end, then end it; members that outlive the first process are ended as well."""
    _signal_group(process, signal.SIGTERM)
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        pass
    finally:
        _signal_group(process, signal.SIGKILL)
        process.wait()


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


@contextmanager
def _interruptions_raised() -> Iterator[None]:
    """SIGINT, SIGTERM and SIGHUP become an error that unwinds, as CI systems send them when a run is cancelled."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, _interrupted) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupted(number: int, _frame: FrameType | None) -> NoReturn:
    raise InterruptedGateError(f"interrupted by {signal.Signals(number).name}")
