"""People's approvals: environments that are asked one after the other, then a count of who answered.

GitHub lets one of an environment's reviewers release a job, however many there are. So each approval that must be given
has an environment of its own, and a job counts different people before anything goes on.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipegen.config import Config
from pipegen.delivery import Approval
from pipegen.targets.github.embedded import script_text
from pipegen.targets.github.machines import runs_on
from pipegen.targets.github.names import (
    APPROVED_BY,
    approval_environment,
    approve_id,
    approved_id,
    approvers,
    ask_id,
    reviewers,
)
from pipegen.targets.github.steps import PYTHON, require_attempt
from pipegen.targets.github.variables import expression, label
from pipegen.yaml_text import Commented, Flow, Node, Section, present

HISTORY: dict[str, Node] = {"actions": Commented("read", "who approved this run")}
_MINUTES = 10


def approval_nodes(
    approval: Approval, needs: tuple[str, ...], condition: str | None, config: Config
) -> Iterator[tuple[str, Node]]:
    """The jobs of an approval; whatever it guards needs the last of them."""
    yield ask_id(approval), Section(_ask(approval, needs, condition, config), _explanation(approval, config))
    before = ask_id(approval)
    for number in range(1, approval.count + 1):
        yield approve_id(approval, number), _approve(approval, number, before, condition, config)
        before = approve_id(approval, number)
    yield approved_id(approval.id), _count(approval, before, condition, config)


def _explanation(approval: Approval, config: Config) -> str:
    names = ", ".join(approvers(approval, config))
    people = (
        f"One person out of {names}, not the one who started the run"
        if approval.count == 1
        else f"{approval.count} different people out of {names}, none of them the one who started the run"
    )
    return f"{people},\nmust say yes within {duration(approval.expires_minutes)}."


def duration(minutes: int) -> str:
    """A time as people say it."""
    for size, unit in ((60 * 24, "day"), (60, "hour"), (1, "minute")):
        number, rest = divmod(minutes, size)
        if not rest:
            return f"{number} {unit}{'' if number == 1 else 's'}"
    raise ValueError(f"{minutes} is not a number of minutes")


def ask_name(approval: Approval) -> str:
    return f"Ask: {approval.title}"


def approved_attempt(approval: Approval) -> str:
    """In which attempt of the run the approval was given."""
    return expression(f"needs.{approved_id(approval.id)}.outputs.attempt")


def require_approval(approval: Approval, attempt: str) -> Node:
    """A step that refuses to go on with an approval that was given to an earlier attempt of the run."""
    return require_attempt(
        attempt, f"only an earlier attempt was approved; run the job again that is called {ask_name(approval)}"
    )


def _ask(approval: Approval, needs: tuple[str, ...], condition: str | None, config: Config) -> Node:
    step: Node = {
        "name": "Note what was approved before",
        "id": "ask",
        "shell": PYTHON,
        "env": {"GITHUB_TOKEN": expression("github.token"), "EXPIRES_MINUTES": str(approval.expires_minutes)},
        "run": script_text("ask"),
    }
    outputs = {name: expression(f"steps.ask.outputs.{name}") for name in ("attempt", "asked", "earlier")}
    return _job(label(ask_name(approval)), needs, condition, step, config, outputs=outputs, reads_history=True)


def _approve(approval: Approval, number: int, before: str, condition: str | None, config: Config) -> Node:
    asked = ", ".join(reviewers(approval, number, config))
    ordinal = f" ({number} of {approval.count})" if approval.count > 1 else ""
    step: Node = {"name": label(f"Approved by one of {asked}"), "run": "echo 'A reviewer of the environment said yes.'"}
    environment: Node = {"name": approval_environment(approval, number), "deployment": False}
    name = label(f"Approve{ordinal}: {approval.title}")
    return _job(name, (before,), condition, step, config, environment=environment)


def _count(approval: Approval, last: str, condition: str | None, config: Config) -> Node:
    asked = f"needs.{ask_id(approval)}.outputs"
    variables = {
        "GITHUB_TOKEN": expression("github.token"),
        "ENVIRONMENTS": " ".join(approval_environment(approval, number + 1) for number in range(approval.count)),
        "EXPIRES_MINUTES": str(approval.expires_minutes),
        "ASKED": expression(f"{asked}.asked"),
        "ASKED_ATTEMPT": expression(f"{asked}.attempt"),
        "EARLIER": expression(f"{asked}.earlier"),
    }
    step: Node = {
        "name": "Count who approved",
        "id": "count",
        "shell": PYTHON,
        "env": variables,
        "run": script_text("count"),
    }
    outputs = {name: expression(f"steps.count.outputs.{name}") for name in ("attempt", APPROVED_BY)}
    name = label(f"Approved: {approval.title}")
    return _job(name, (ask_id(approval), last), condition, step, config, outputs=outputs, reads_history=True)


def _job(
    name: str,
    needs: tuple[str, ...],
    condition: str | None,
    step: Node,
    config: Config,
    *,
    environment: Node = None,
    outputs: dict[str, str] | None = None,
    reads_history: bool = False,
) -> Node:
    head: dict[str, Node] = {
        "name": name,
        "if": condition,
        "needs": Flow(needs),
        "runs-on": runs_on(None, config),
        "timeout-minutes": _MINUTES,
        "environment": environment,
    }
    allowed = HISTORY if reads_history else {}
    return {**present(head), "permissions": allowed, **present({"outputs": outputs or {}, "steps": [step]})}
