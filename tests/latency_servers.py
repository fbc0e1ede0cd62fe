"""Small real servers on this machine, as the tests of `pipegen gate latency` start them."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

_SERVER = '''\
"""Answers by its path, over connections that stay open; `OPENED` counts them."""
import os, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BEGUN, KEPT, SEEN, OPENED = time.monotonic(), [], [], []

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        OPENED.append(1)
        super().setup()

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        SEEN.append(self.path)
        self.answer(*self.answers(body))
        if self.path == "/hang-up":
            self.close_connection = True
        if self.path == "/die":
            self.wfile.flush()
            print("out of luck", flush=True)
            os._exit(7)

    do_POST = do_PUT = do_GET

    def answers(self, body):
        match self.path.split("?")[0]:
            case "/slow":
                time.sleep(0.2)
                return 200, b"slow"
            case "/never":
                time.sleep(60)
            case "/broken":
                return 500, b"Traceback: model not found"
            case "/sometimes":
                return (500, b"") if SEEN.count(self.path) % 10 == 0 else (200, b"mostly")
            case "/grow":
                KEPT.append(bytearray(os.urandom(1)) * 10_000_000)
                return 200, b"more"
            case "/child" | "/daemon":
                command, own = [sys.executable, "-c", GROWN], self.path == "/daemon"
                os.posix_spawn(sys.executable, command, os.environ, setsid=own)
                time.sleep(1.5)
                return 200, b"spawned"
            case "/echo":
                return 200, self.headers.get("Content-Type", "none").encode() + b" " + body
            case "/opened":
                return 200, str(len(OPENED)).encode()
            case "/later":
                return (200, b"") if time.monotonic() - BEGUN > 0.5 else (503, b"")
            case "/absent":
                return 404, b""
        return 200, b"at once"

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, form, *values):
        print(form % values, file=sys.stderr)

GROWN = "import time; kept = bytearray(1) * 200_000_000; time.sleep(4)"
server = ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler)
open("pids", "a").write(f"{os.getpid()}\\n")
server.serve_forever()
'''


def serve() -> str:
    """The command that starts the server; its process writes its number to the file `pids`."""
    Path("serve.py").write_text(_SERVER, "utf-8")
    return f"{shlex.quote(sys.executable)} -I serve.py"


def record(*requests: str | dict[str, object]) -> str:
    """A file of recorded requests, of which those that are texts are paths."""
    lines = [json.dumps({"path": each} if isinstance(each, str) else each) for each in requests]
    Path("requests.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    return "requests.jsonl"
