"""Sending requests to a server on this machine, over connections that stay open, and timing its answers."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, RemoteDisconnected
from queue import Empty, SimpleQueue
from threading import Event, Thread

from pipegen.gates.latency import Answer
from pipegen.gates.latency_requests import Request

HOST = "127.0.0.1"
_LARGEST_ANSWER = 64 * 1024 * 1024
_PIECE = 64 * 1024


def play(port: int, requests: Sequence[Request], concurrency: int, seconds: float) -> tuple[Answer, ...]:
    """The answers to all requests in their order, `concurrency` of them under way at a time."""
    numbers: SimpleQueue[int] = SimpleQueue()
    for number in range(len(requests)):
        numbers.put(number)
    answers: list[Answer | None] = [None] * len(requests)
    stop = Event()

    def work() -> None:
        connection = HTTPConnection(HOST, port, timeout=seconds)
        for number in _taken(numbers, stop):
            answers[number] = _answer(connection, requests[number], seconds)
        connection.close()

    threads = [Thread(target=work, daemon=True) for _ in range(min(concurrency, len(requests)))]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        stop.set()
    return tuple(answer or Answer(0, "never sent") for answer in answers)


def _taken(numbers: SimpleQueue[int], stop: Event) -> Iterator[int]:
    with suppress(Empty):
        while not stop.is_set():
            yield numbers.get_nowait()


def _answer(connection: HTTPConnection, request: Request, seconds: float) -> Answer:
    """One timed answer, from before the request is sent until its body is read."""
    begun = time.perf_counter_ns()
    try:
        status, body = _exchanged(connection, request, time.monotonic() + seconds)
    except (OSError, HTTPException) as error:
        connection.close()
        return Answer(time.perf_counter_ns() - begun, f"{request.path}: {str(error) or type(error).__name__}")
    return Answer(time.perf_counter_ns() - begun, request.fault(status, body))


def _exchanged(connection: HTTPConnection, request: Request, deadline: float) -> tuple[int, bytes]:
    """Send once more if a connection that stayed open turns out to be closed: servers may close an idle one."""
    was_open = connection.sock is not None
    try:
        return _exchange(connection, request, deadline)
    except (RemoteDisconnected, ConnectionResetError, BrokenPipeError):
        connection.close()
        if not was_open:
            raise
    return _exchange(connection, request, deadline)


def _exchange(connection: HTTPConnection, request: Request, deadline: float) -> tuple[int, bytes]:
    connection.request(request.method, request.path, request.body, dict(request.headers))
    with connection.getresponse() as response:
        return response.status, b"".join(_pieces(response, deadline))


def _pieces(response: HTTPResponse, deadline: float) -> Iterator[bytes]:
    size = 0
    while piece := response.read1(_PIECE):
        size += len(piece)
        if size > _LARGEST_ANSWER:
            raise HTTPException(f"an answer larger than {_LARGEST_ANSWER} bytes")
        if time.monotonic() > deadline:
            raise TimeoutError("timed out")
        yield piece
