"""A git server on loopback: `git http-backend` behind basic authentication, which remembers what it was asked."""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit


@dataclass
class Server:
    """What a server serves and to whom; `seen` are the credentials of every request, empty where there were none.

    One that is `silent_after_push` takes what is pushed and then goes away without a word.
    """

    root: Path
    credentials: str = ""
    redirect: str = ""
    silent_after_push: bool = False
    url: str = ""
    seen: list[str] = field(default_factory=list)


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    """The server, on a port of its own, as long as the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _answer(self, server)

        def do_POST(self) -> None:
            _answer(self, server)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the name is the library's)
            del format, args

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listener:
        server.url = f"http://127.0.0.1:{listener.server_port}"
        thread = Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown()
            thread.join()


def _answer(request: BaseHTTPRequestHandler, server: Server) -> None:
    given = request.headers.get("Authorization", "").removeprefix("Basic ")
    server.seen.append(base64.b64decode(given).decode())
    if server.redirect:
        request.send_response(302)
        request.send_header("Location", server.redirect + request.path)
        request.end_headers()
    elif server.credentials and server.seen[-1] != server.credentials:
        request.send_response(401)
        request.send_header("WWW-Authenticate", 'Basic realm="git"')
        request.send_header("Content-Length", "0")
        request.end_headers()
    else:
        output = _backend(request, server)
        if server.silent_after_push and request.path.endswith("/git-receive-pack"):
            request.close_connection = True
        else:
            _pass_on(request, output)


def _backend(request: BaseHTTPRequestHandler, server: Server) -> bytes:
    parts = urlsplit(request.path)
    length = int(request.headers.get("Content-Length", "0"))
    environment = {
        "PATH": os.environ["PATH"],
        "GIT_PROJECT_ROOT": str(server.root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "REMOTE_USER": "somebody",
        "PATH_INFO": parts.path,
        "QUERY_STRING": parts.query,
        "REQUEST_METHOD": request.command,
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(length),
        "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
        "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
    }
    body = _chunks(request) if request.headers.get("Transfer-Encoding") == "chunked" else request.rfile.read(length)
    if request.headers.get("Transfer-Encoding") == "chunked":
        environment["CONTENT_LENGTH"] = str(len(body))
    return subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True, check=True).stdout


def _chunks(request: BaseHTTPRequestHandler) -> bytes:
    found = b""
    while size := int(request.rfile.readline(), 16):
        found += request.rfile.read(size)
        request.rfile.readline()
    request.rfile.readline()
    return found


def _pass_on(request: BaseHTTPRequestHandler, output: bytes) -> None:
    head, _, body = output.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
    request.send_response(int(headers.pop("Status", "200").split()[0]))
    for name, value in headers.items():
        request.send_header(name, value)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)
