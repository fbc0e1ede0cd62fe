"""Runs `pipegen registry` for the tests, in the environment that has MLflow: one start, many commands.

It runs under that environment's Python and reads one JSON object a line: arguments, variables, folder; or code that
asks MLflow itself, with its client and the model's name at hand.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from typing import Any

from pipegen.registry.__main__ import main


def ask(uri: str, model: str, code: str) -> int:
    import mlflow  # noqa: PLC0415  (only these tests pay for all of it)

    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    exec(code, {"client": mlflow.MlflowClient(uri, uri), "model": model})  # noqa: S102  (the tests' own code)
    return 0


def answer(request: dict[str, Any]) -> dict[str, object]:
    os.environ.clear()
    os.environ.update(request["variables"])
    os.chdir(request["folder"])
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        code = main(list(request["arguments"])) if request["arguments"] else ask(**request["asked"])
    return {"code": code, "out": out.getvalue(), "err": err.getvalue()}


if __name__ == "__main__":
    # What a library prints must not get between the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        answers.write(json.dumps(answer(json.loads(line))) + "\n")
        answers.flush()
