"""Count who approved since they were asked.

Refuses unless they are enough different people, none of them the one who started this run, and not too late.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import NoReturn
from urllib.request import Request, urlopen

RUN = "{GITHUB_API_URL}/repos/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}".format_map(os.environ)
TRIES = 3


def refuse(reason: str) -> NoReturn:
    sys.exit(f"::error::{reason}")


def history() -> Counter[tuple[str, str, str]]:
    """(state, person, environment) of every answer that this run got."""
    headers = {"Accept": "application/vnd.github+json", "Authorization": f"Bearer {os.environ['GITHUB_TOKEN']}"}
    with urlopen(Request(f"{RUN}/approvals", headers=headers), timeout=60) as answer:  # noqa: S310
        reviews = json.load(answer)
    return Counter(
        (review["state"], review["user"]["login"].lower(), environment["name"])
        for review in reviews
        for environment in review["environments"]
    )


def patient_history() -> Counter[tuple[str, str, str]]:
    for left in reversed(range(TRIES)):
        try:
            return history()
        except (OSError, ValueError, KeyError, TypeError) as problem:
            if not left:
                refuse(f"GitHub did not say who approved: {problem!r}")
            time.sleep(float(os.environ.get("RETRY_SECONDS", "10")))
    refuse("GitHub was not asked who approved")


def main() -> None:
    if os.environ["ASKED_ATTEMPT"] != os.environ["GITHUB_RUN_ATTEMPT"]:
        refuse("this was asked in an earlier attempt of the run: run the job that asks again")
    minutes, limit = (time.time() - int(os.environ["ASKED"])) / 60, int(os.environ["EXPIRES_MINUTES"])
    if minutes > limit:
        refuse(f"the approval came {minutes:.0f} minutes after it was asked; at most {limit} are allowed")
    before = Counter((state, login.lower(), name) for state, login, name in json.loads(os.environ["EARLIER"]))
    wanted = os.environ["ENVIRONMENTS"].split()
    answers = [answer for answer in patient_history() - before if answer[2] in wanted]
    people = {login for state, login, _ in answers if state == "approved"}
    missing = set(wanted) - {name for state, _, name in answers if state == "approved"}
    starters = {os.environ[name].lower() for name in ("GITHUB_ACTOR", "GITHUB_TRIGGERING_ACTOR")}
    if any(state != "approved" for state, _, _ in answers):
        refuse("somebody rejected it")
    if missing:
        refuse(f"nobody approved {', '.join(sorted(missing))}")
    if people & starters:
        refuse(f"{', '.join(sorted(people & starters))} started this run and may not approve it")
    if len(people) < len(wanted):
        refuse(f"{len(wanted)} different people must approve, but it was {', '.join(sorted(people))} alone")
    with Path(os.environ["GITHUB_STEP_SUMMARY"]).open("a", encoding="utf-8") as summary:
        summary.write(f"Approved by {', '.join(sorted(people))}.\n")
    with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as outputs:
        outputs.write(f"attempt={os.environ['GITHUB_RUN_ATTEMPT']}\napproved-by={','.join(sorted(people))}\n")


main()
