"""Cancel the runs that this check queued and nobody waits for any more."""

from __future__ import annotations

import json
import os
import sys
from http.client import HTTPException
from pathlib import Path
from urllib.parse import quote
from urllib.request import Request, urlopen

BUILDS = os.environ["SYSTEM_COLLECTIONURI"] + quote(os.environ["SYSTEM_TEAMPROJECTID"]) + "/_apis/build/builds"
HEADERS = {"Authorization": f"Bearer {os.environ['TOKEN']}", "Content-Type": "application/json"}


def cancel(run: str) -> None:
    url = f"{BUILDS}/{int(run)}?api-version=7.1"
    with urlopen(Request(url, None, HEADERS), timeout=60) as answer:  # noqa: S310
        status = json.load(answer)["status"]
    if status not in {"completed", "cancelling"}:
        body = json.dumps({"status": "cancelling"}).encode()
        urlopen(Request(url, body, HEADERS, method="PATCH"), timeout=60).close()  # noqa: S310
        print(f"cancelled run {int(run)}", flush=True)  # noqa: T201


for run in Path(sys.argv[1]).read_text(encoding="utf-8").split():
    try:
        cancel(run)
    except (OSError, HTTPException, ValueError, KeyError) as error:
        print(f"run {run} goes on: {type(error).__name__}", flush=True)  # noqa: T201
