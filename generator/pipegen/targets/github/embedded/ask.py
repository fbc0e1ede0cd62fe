"""Note when an approval is asked, and what this run's history of approvals held before.

The history tells neither times nor attempts, so what is new in it can only be told from what was there.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from urllib.request import Request, urlopen

RUN = "{GITHUB_API_URL}/repos/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}".format_map(os.environ)


def history() -> object:
    headers = {"Accept": "application/vnd.github+json", "Authorization": f"Bearer {os.environ['GITHUB_TOKEN']}"}
    with urlopen(Request(f"{RUN}/approvals", headers=headers), timeout=60) as answer:  # noqa: S310
        reviews = json.load(answer)
    return [
        [review["state"], review["user"]["login"], environment["name"]]
        for review in reviews
        for environment in review["environments"]
    ]


asked = int(time.time())
noted = {"attempt": os.environ["GITHUB_RUN_ATTEMPT"], "asked": asked, "earlier": json.dumps(history())}
with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as outputs:
    outputs.writelines(f"{name}={value}\n" for name, value in noted.items())
with Path(os.environ["GITHUB_STEP_SUMMARY"]).open("a", encoding="utf-8") as summary:
    end = time.gmtime(asked + 60 * int(os.environ["EXPIRES_MINUTES"]))
    summary.write(f"A yes counts until {time.strftime('%Y-%m-%d %H:%M', end)} UTC.\n")
