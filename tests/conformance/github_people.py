"""People who review environments, as GitHub lets them, and the API by which a workflow reads what they said."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import parse_qs, urlsplit

from conformance.github_settings import Environment
from github_api import REPOSITORY, RUN_ID, Api, review, serving
from pipegen.simulation import Answer

LONGEST_WAIT = 30 * 24 * 60 * 60
"""In seconds; a job that nobody reviewed fails then."""


class Review(StrEnum):
    """What became of a job that waits for an environment's reviewers."""

    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    WAITING = "waiting"


@dataclass
class People:
    """Who says what; `answers` are by approval, `members` by team (a team that is not named: everybody).

    Where an approval expires and `comes_late`, somebody says yes after all once its time is over; `seconds` is how long
    people took until now.
    """

    starter: str
    answers: Mapping[str, Answer] = field(default_factory=dict)
    members: Mapping[str, frozenset[str]] = field(default_factory=dict)
    comes_late: bool = False
    seconds: float = 0
    late: set[str] = field(default_factory=set)
    """The approvals that came after their time."""
    _said: dict[str, int] = field(default_factory=dict)

    def review(self, environment: Environment, approval: str, api: RunApi) -> Review:
        """One reviewer is enough, and where self-review is prevented the starter is none."""
        if not environment.reviewers:
            return Review.APPROVED
        answer = self.answers.get(approval, Answer())
        for person in answer.approved_by[self._said.get(approval, 0) :]:
            self._said[approval] = self._said.get(approval, 0) + 1
            if self._may_review(person, environment):
                api.reviews.append(review(person, environment.name))
                return Review.APPROVED
        if answer.rejected_by is not None:
            api.reviews.append(review(answer.rejected_by, environment.name, "rejected"))
            return Review.REJECTED
        if not answer.expires:
            return Review.WAITING
        self.seconds += LONGEST_WAIT - 1
        if self.comes_late:
            self.late.add(approval)
            api.reviews.append(review("somebody-late", environment.name))
            return Review.APPROVED
        return Review.EXPIRED

    def _may_review(self, person: str, environment: Environment) -> bool:
        if environment.prevents_self_review and person.lower() == self.starter.lower():
            return False
        return any(team not in self.members or person in self.members[team] for team in environment.reviewers)


@dataclass
class RunApi(Api):
    """The API as the job at work may use it; `dispatched` are (file, ref, inputs) of what it was asked to start."""

    run_id: str = RUN_ID
    permissions: Mapping[str, str] = field(default_factory=dict)
    dispatched: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)

    def answered(self, method: str, path: str, body: str) -> tuple[int, object]:
        place = urlsplit(path)
        actions = f"/repos/{REPOSITORY}/actions"
        if (method, place.path) == ("GET", f"{actions}/runs/{self.run_id}/approvals") and self._may("actions", "read"):
            return 200, self.reviews
        if (method, place.path) == ("GET", "/token") and self._may("id-token", "write"):
            return 200, {"value": f"token for {parse_qs(place.query)['audience'][0]}"}
        if method == "POST" and place.path.startswith(f"{actions}/workflows/") and self._may("actions", "write"):
            asked = json.loads(body)
            file = place.path.removeprefix(f"{actions}/workflows/").removesuffix("/dispatches")
            self.dispatched.append((file, asked["ref"], asked.get("inputs", {})))
            return 204, None
        return 403, {"message": "Resource not accessible by integration"}

    def _may(self, scope: str, access: str) -> bool:
        return self.permissions.get(scope) in ((access, "write") if access == "read" else (access,))


@contextmanager
def api_of_runs() -> Iterator[RunApi]:
    api = RunApi()
    with serving(api):
        yield api
