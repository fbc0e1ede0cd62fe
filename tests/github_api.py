"""The part of GitHub's API that generated workflows call, played on this machine as its documentation describes it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

REPOSITORY = "acme/models"
RUN_ID = "4711"
TOKEN = "token-of-the-job"  # noqa: S105


def review(person: str, environment: str, state: str = "approved") -> dict[str, Any]:
    """An entry of a run's review history."""
    return {
        "state": state,
        "comment": "",
        "environments": [{"id": 1, "name": environment, "created_at": "2026-11-01T00:00:00Z"}],
        "user": {"login": person, "id": 1, "type": "User"},
    }


def context(api: Api, **more: str) -> dict[str, str]:
    """What GitHub's runner sets for every step of a run that `starter` started."""
    return {
        "GITHUB_API_URL": api.url,
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_RUN_ID": RUN_ID,
        "GITHUB_RUN_ATTEMPT": "1",
        "GITHUB_ACTOR": "starter",
        "GITHUB_TRIGGERING_ACTOR": "Starter",
        "GITHUB_TOKEN": TOKEN,
        **more,
    }


@dataclass
class Api:
    """What the API answers and what it was asked; `failures` answers are `refusal` first, with `headers`.

    `unchanged` counts the answers that said no more than that they are the same as before.
    """

    reviews: list[dict[str, Any]] = field(default_factory=list)
    failures: int = 0
    refusal: tuple[int, object] = (502, {"message": "Bad Gateway"})
    headers: dict[str, str] = field(default_factory=dict)
    answer: object = None
    asked: list[tuple[str, str, dict[str, str], str]] = field(default_factory=list)
    unchanged: int = 0
    url: str = ""

    def respond(self, method: str, path: str, headers: dict[str, str], body: str) -> tuple[int, object]:
        self.asked.append((method, path, headers, body))
        if self.failures:
            self.failures -= 1
            return self.refusal
        if headers.get("Authorization", "").lower() not in (f"bearer {TOKEN}", "bearer request-token"):
            return 401, {"message": "Bad credentials"}
        if self.answer is not None:
            return 200, self.answer
        return self.answered(method, path, body)

    def answered(self, method: str, path: str, body: str) -> tuple[int, object]:
        """What a request gets that the API takes."""
        del body
        if (method, path) == ("GET", f"/repos/{REPOSITORY}/actions/runs/{RUN_ID}/approvals"):
            return 200, self.reviews
        if method == "POST" and path.startswith(f"/repos/{REPOSITORY}/actions/workflows/"):
            return 204, None
        return 404, {"message": "Not Found"}


@contextmanager
def serving(api: Api) -> Iterator[Api]:
    """The API behind a port of this machine while the context lasts."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            status, answer = api.respond(self.command, self.path, dict(self.headers), body)
            text = b"" if answer is None else json.dumps(answer).encode()
            tag = f'W/"{hashlib.sha256(text).hexdigest()}"'
            if status == HTTPStatus.OK and self.headers.get("If-None-Match") == tag:
                status, text = HTTPStatus.NOT_MODIFIED, b""
                api.unchanged += 1
            self.send_response(status)
            self.send_header("ETag", tag)
            self.send_header("Content-Length", str(len(text)))
            for name, value in api.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = _answer  # noqa: N815  (names of the library)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    api.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
