"""The model's own server: started on a free port of this machine, waited for, and ended with all it started."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

from pipegen.gates.latency_client import HOST
from pipegen.gates.processes import running
from pipegen.gates.reading import CannotJudgeError

_SHOWN_LINES = 20
_SHOWN_BYTES = 16 * 1024
_SECONDS_BETWEEN = 0.05
_LONGEST_TRY = 5.0


@dataclass(frozen=True, slots=True)
class Server:
    """A server that was started; `output` is the file descriptor that it writes to."""

    port: int
    process: subprocess.Popen[bytes]
    output: int

    def refuse_dead(self, when: str) -> None:
        code = self.process.poll()
        if code is not None:
            raise CannotJudgeError(f"the server ended with exit code {code} {when}")

    def last_lines(self) -> list[str]:
        """The end of what it wrote, read without moving the place at which it writes on."""
        size = os.fstat(self.output).st_size
        end = os.pread(self.output, _SHOWN_BYTES, max(0, size - _SHOWN_BYTES))
        return end.decode("utf-8", "replace").splitlines()[-_SHOWN_LINES:]


@contextmanager
def serving(command: str) -> Iterator[Server]:
    """Run the server's command with PORT naming a free port."""
    port = _free_port()
    with tempfile.TemporaryFile() as output:  # noqa: SIM117  (the file has to outlive the server)
        with running(command, os.environ | {"PORT": str(port)}, output.fileno()) as process:
            yield Server(port, process, output.fileno())


def wait_until_ready(server: Server, path: str | None, seconds: float) -> None:
    """Ask for `path` until the answer is a success; without a path, until a connection is accepted."""
    deadline = time.monotonic() + seconds
    found = "nothing was asked"
    while (left := deadline - time.monotonic()) > 0:
        server.refuse_dead("before it was ready")
        found = _found(server.port, path, min(left, _LONGEST_TRY))
        if not found:
            # Somebody else may have taken the port: then the server has ended, or soon will.
            server.refuse_dead("before it was ready")
            return
        time.sleep(_SECONDS_BETWEEN)
    raise CannotJudgeError(f"the server was not ready within {seconds:g} seconds; the last try: {found}")


def _found(port: int, path: str | None, seconds: float) -> str:
    """Why the server is not ready, or nothing."""
    connection = HTTPConnection(HOST, port, timeout=seconds)
    try:
        if path is None:
            connection.connect()
            return ""
        connection.request("GET", path)
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        return str(error) or type(error).__name__
    finally:
        connection.close()
    return "" if 200 <= status < 300 else f"status {status}"  # noqa: PLR2004  (the numbers of HTTP)


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as place:
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        place.bind((HOST, 0))
        return int(place.getsockname()[1])
