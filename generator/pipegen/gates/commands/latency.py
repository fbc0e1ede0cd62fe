"""`gate latency`: the model's own server answers recorded requests rightly, in little enough time and memory."""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from itertools import cycle, islice
from pathlib import Path

from pipegen.gates.latency import ERROR_RATE, MEMORY, Measurement, judge, parse_limit
from pipegen.gates.latency_memory import Peak, watched
from pipegen.gates.latency_requests import Request, requests_in
from pipegen.gates.metrics import Bound
from pipegen.gates.reading import CannotJudgeError
from pipegen.gates.report import Judgement
from pipegen.printing import printable, show

HEADING = "measured"
DESCRIPTION = "Start a model's own server, send it recorded requests, and judge how it answers."
EPILOG = """\
examples:
  pipegen gate latency --serve 'mlflow models serve -m model --host 127.0.0.1 --port "$PORT"' --ready /health \\
    --requests requests.jsonl --repeat 20 --max p95_ms=50 --max p99_ms=80 --max memory_mb=900
  pipegen gate latency --serve 'python serve.py' --requests requests.jsonl --concurrency 4 --max error_rate=0.01

A line of the requests: {"method": "POST", "path": "/invocations", "headers": {}, "body": {"inputs": [[1, 2]]},
"expect": {"status": 200, "body_contains": "predictions"}}. A body that is no text is sent as JSON. Without an expected
status, any of 200 to 299 is right. Headers that belong to a connection, such as Content-Length, are set anew.

The server is a bash script; it listens on 127.0.0.1 at $PORT, and is ended with all that it started. p95_ms is the
nearest rank over all measured requests, nothing is interpolated, and it takes at least 1/(1-q) requests: 20 for p95_ms,
100 for p99_ms. A wrong answer is slower than every right one, and without --max error_rate none is allowed. memory_mb
is the highest sum of resident memory of all its processes, in millions of bytes, from start to end.
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--serve", required=True, metavar="COMMAND", help="starts the server, which listens at $PORT")
    parser.add_argument(
        "--requests", type=Path, required=True, metavar="FILE", help="recorded requests, one JSON object a line"
    )
    parser.add_argument(
        "--max",
        action="append",
        dest="bounds",
        default=[],
        type=_bound,
        metavar="NAME=NUMBER",
        help=f"p50_ms, p95_ms, p99_ms and so on, {MEMORY} or {ERROR_RATE} is at most NUMBER; may be repeated",
    )
    parser.add_argument("--ready", type=_path, metavar="PATH", help="polled until it answers with success")
    for name, default, words in (("ready-timeout", 60, "the server to be ready"), ("timeout", 30, "one answer")):
        parser.add_argument(
            f"--{name}",
            type=_seconds,
            default=default,
            metavar="SECONDS",
            help=f"how long to wait for {words} (default: %(default)s)",
        )
    for name, default, least, words in (
        ("warm-up", 10, 0, "requests that are sent first and not measured"),
        ("repeat", 1, 1, "how often all requests are sent"),
        ("concurrency", 1, 1, "requests under way at a time"),
    ):
        parser.add_argument(
            f"--{name}", type=_count(least), default=default, metavar="N", help=f"{words} (default: %(default)s)"
        )


def slips(arguments: argparse.Namespace) -> Iterator[str]:
    names = [bound.metric for bound in arguments.bounds]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield f"--max is given more than once for {name!r}"


def source(arguments: argparse.Namespace) -> str:
    return f"{arguments.requests}, sent to: {arguments.serve}"


def judgements(arguments: argparse.Namespace) -> tuple[Judgement, ...]:
    """One a bound, in their order; the rate of errors first if it is bounded by default."""
    requests = requests_in(arguments.requests)
    bounds: list[Bound] = list(arguments.bounds)
    if ERROR_RATE not in [bound.metric for bound in bounds]:
        bounds.insert(0, parse_limit(f"{ERROR_RATE}=0"))
    return judge(_measured(requests, bounds, arguments), bounds)


def _measured(requests: Sequence[Request], bounds: Sequence[Bound], arguments: argparse.Namespace) -> Measurement:
    # Only who has sound requests pays for a client of HTTP.
    from pipegen.gates.latency_client import play  # noqa: PLC0415
    from pipegen.gates.latency_server import serving, wait_until_ready  # noqa: PLC0415

    is_bounded = MEMORY in [bound.metric for bound in bounds]
    with serving(arguments.serve) as server:
        try:
            with watched(server.process.pid) if is_bounded else nullcontext(Peak()) as peak:
                wait_until_ready(server, arguments.ready, arguments.ready_timeout)
                warm_up = list(islice(cycle(requests), arguments.warm_up))
                play(server.port, warm_up, arguments.concurrency, arguments.timeout)
                measured = [*requests] * arguments.repeat
                answers = play(server.port, measured, arguments.concurrency, arguments.timeout)
            server.refuse_dead("before all requests were answered")
        except CannotJudgeError:
            _show_output(server.last_lines())
            raise
        if any(answer.fault for answer in answers):
            _show_output(server.last_lines())
    return Measurement(answers, peak.memory)


def _show_output(lines: Sequence[str]) -> None:
    show("".join(f"server: {printable(line)}\n" for line in lines), sys.stderr)


def _bound(text: str) -> Bound:
    try:
        return parse_limit(text)
    except CannotJudgeError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _path(text: str) -> str:
    if not re.fullmatch(r"/[!-~]*", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a path, for example /health")
    return text


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return seconds


def _count(least: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,6}", text) or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} to 999999")
        return int(text)

    return parse
