"""A real MLflow server on loopback, the commands that talk to it, and a proxy that loses or spoils requests."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO

from pages import ROOT
from runners import missing

PYTHON = ROOT / ".venv-mlflow" / "bin" / "python"
WORKER = ROOT / "tests" / "registry_worker.py"
_READY = ROOT / ".venv-mlflow" / ".ready"
_QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
_SECONDS_TO_START = 90
_SECONDS_TO_STOP = 10


def python() -> Path:
    """The Python of the environment that has MLflow."""
    if not _READY.exists():
        missing("the MLflow environment is not there (make mlflow)")
    if _READY.stat().st_mtime < (ROOT / "requirements" / "mlflow.txt").stat().st_mtime:
        missing("the MLflow environment is older than requirements/mlflow.txt (make mlflow)")
    return PYTHON


def variables() -> dict[str, str]:
    """What a process in that environment gets: nothing of whoever runs the tests but where programs are."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "PYTHONPATH": str(ROOT / "generator"),
        **_QUIET,
    }


@dataclass(frozen=True, slots=True)
class Done:
    code: int
    out: str
    err: str


@dataclass(slots=True)
class Worker:
    """Runs commands of `pipegen registry` one after the other in one process."""

    process: subprocess.Popen[str]

    def run(self, arguments: Sequence[str], variables: Mapping[str, str], folder: Path) -> Done:
        return self._answer({"arguments": [*arguments], "variables": dict(variables), "folder": str(folder)})

    def ask(self, uri: str, model: str, code: str, folder: Path) -> str:
        """What code prints that asks MLflow itself, by no command of pipegen."""
        asked = {"uri": uri, "model": model, "code": code}
        done = self._answer({"arguments": [], "asked": asked, "variables": variables(), "folder": str(folder)})
        return done.out

    def _answer(self, request: Mapping[str, object]) -> Done:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return Done(**json.loads(self.process.stdout.readline()))


@contextlib.contextmanager
def worker(log: Path) -> Iterator[Worker]:
    with log.open("w", encoding="utf-8") as stream:
        process = subprocess.Popen(
            [str(python()), str(WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stream,
            env=variables(),
            text=True,
        )
        try:
            yield Worker(process)
        finally:
            _stop(process)


def migrated(worker: Worker, folder: Path) -> Path:
    """An MLflow database whose tables are made, to be copied: making them costs seconds."""
    done = worker.run(["show", "--uri", f"sqlite:///{folder}/template.db", "--name", "none"], variables(), folder)
    assert done.code == 1, done.err
    return folder / "template.db"


@dataclass(slots=True)
class Server:
    """An MLflow server that can be stopped and started again over the same database."""

    database: Path
    files: Path
    log: Path
    port: int = 0
    hands_files_on: bool = True
    """Whether files go through the server; otherwise it tells clients a place on its own disk."""
    process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.port = self.port or free_port()
        command = [str(python()), "-m", "mlflow", "server", "--backend-store-uri", f"sqlite:///{self.database}"]
        command += ["--host", "127.0.0.1", "--port", str(self.port)]
        if self.hands_files_on:
            command += ["--artifacts-destination", str(self.files)]
        else:
            command += ["--no-serve-artifacts", "--default-artifact-root", str(self.files)]
        with self.log.open("ab") as stream:
            self.process = subprocess.Popen(
                [*command, "--workers", "1"],
                stdout=stream,
                stderr=stream,
                env=variables(),
                cwd=self.database.parent,
                start_new_session=True,
            )
        _await(f"{self.uri}/health", self.process, self.log)

    def stop(self) -> None:
        if self.process is not None:
            _stop(self.process)
            self.process = None


def _await(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=2):  # noqa: S310  (loopback)
            return
        time.sleep(0.1)
    _stop(process)
    raise AssertionError(f"the MLflow server did not start:\n{log.read_text('utf-8')[-4000:]}")


def _stop(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
    process.terminate()
    try:
        process.wait(_SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def database(template: Path, path: Path) -> Path:
    """A database of its own, its tables made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(template, path)
    return path


# ---------------------------------------------------------------- faults


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to requests whose path holds `path`: a status instead of an answer, or none at all."""

    path: str
    method: str = "POST"
    status: int | None = None
    arrives: bool = False
    """Whether the server gets the request all the same."""
    seconds: float = 0.0

    def concerns(self, method: str, path: str) -> bool:
        return method == self.method and self.path in path


@dataclass(slots=True)
class Proxy:
    """Hands requests to a server on loopback, but for those that faults concern."""

    uri: str
    faults: list[Fault] = field(default_factory=list)
    met: list[Fault] = field(default_factory=list)
    on_fault: Callable[[], None] = lambda: None

    def fault_of(self, method: str, path: str) -> Fault | None:
        found = next((fault for fault in self.faults if fault.concerns(method, path)), None)
        if found is not None:
            self.met.append(found)
            self.on_fault()
        return found


@contextlib.contextmanager
def proxy(server: str) -> Iterator[Proxy]:
    made = Proxy(f"http://127.0.0.1:{free_port()}")
    port = int(made.uri.rpartition(":")[2])
    listener = ThreadingHTTPServer(("127.0.0.1", port), _handler(server, made))
    listener.daemon_threads = True
    thread = threading.Thread(target=listener.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield made
    finally:
        listener.shutdown()
        thread.join()
        listener.server_close()


def _handler(server: str, proxy: Proxy) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            fault = proxy.fault_of(self.command, self.path)
            status, answer = (502, b"")
            if fault is None or fault.arrives:
                status, answer = _asked(self.command, f"{server}{self.path}", body, dict(self.headers.items()))
            if fault is None:
                self.reply(status, answer)
                return
            time.sleep(fault.seconds)
            if fault.status is not None:
                self.reply(fault.status, b"{}")
            else:
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True

        def reply(self, status: int, answer: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = pass_on  # noqa: N815

    return Handler


def _asked(method: str, address: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
    kept = {name: value for name, value in headers.items() if name.lower() not in {"host", "content-length"}}
    request = urllib.request.Request(address, body or None, kept, method=method)  # noqa: S310  (loopback)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310  (the same)
            return answer.status, _content(answer)
    except urllib.error.HTTPError as error:
        return error.code, _content(error)


def _content(answer: IO[bytes]) -> bytes:
    return answer.read()
