"""Events, approvals and durations in people's words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from pipegen.delivery import Action, Change, Event, Merged, Review, Scheduled, Tagged
from pipegen.explanation.values import AskedApproval, Prompts

WAITING = {"all": "runs that wait go in order", "newest": "of runs that wait only the newest is kept"}
_UNITS = ((60 * 24, "d"), (60, "h"), (1, "m"))
_UNIT_NAMES = {"d": "day", "h": "hour", "m": "minute"}


def occasion(event: Event) -> str:
    """What happened, for example `a merge into prod`."""
    match event:
        case Change(branches):
            return f"a push to {either(branches)}"
        case Review(targets):
            return f"a pull request into {either([each.branch for each in targets])}"
        case Merged(branch):
            return f"a merge into {branch}"
        case Tagged(pattern, branch):
            return f"a tag {pattern} on {branch}"
        case Scheduled(name, cron, branch):
            return f"the clock: {name} on {branch}, {cron} UTC"
        case Action(name, _, branches):
            return f"somebody starts {name} from {either(branches)}"
        case _:
            assert_never(event)


def cancelled_by(event: Event, *, newest: bool) -> str:
    """What ends a run early beside people; `newest`: an environment on its way keeps the newest waiting run only."""
    if isinstance(event, Change | Review):
        return "a newer commit"
    return "a newer run, while this one waits for the environment" if newest else "nothing but people"


def either(names: Sequence[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    return " or ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def duration(minutes: int) -> str:
    """In the words of a spec, for example `3d` or `90m`."""
    size, unit = next((size, unit) for size, unit in _UNITS if minutes % size == 0)
    return f"{minutes // size}{unit}"


def long_duration(minutes: int) -> str:
    """In whole words, for example `3 days`."""
    short = duration(minutes)
    return number(int(short[:-1]), _UNIT_NAMES[short[-1]])


def approval(asked: AskedApproval) -> str:
    """Who is asked, for example `prod: 2 of ml-release, risk within 3d`."""
    return f"{asked.id}: {asked.count} of {', '.join(asked.approvers)} within {duration(asked.expires_minutes)}"


def prompts(counted: Sequence[Prompts]) -> str:
    """What a run asks, for example `2 prompts, 3 answers`; for each choice where there is one."""
    if not any(each.prompts for each in counted):
        return "none"
    if len(counted) == 1:
        return _prompts(counted[0])
    return "; ".join(f"{each.choice}: {_prompts(each)}" for each in counted)


def number_of_prompts(counted: Sequence[Prompts]) -> str:
    """The number alone, for example `2` or `dev 0, prod 2`."""
    if len(counted) == 1:
        return str(counted[0].prompts)
    return ", ".join(f"{each.choice} {each.prompts}" for each in counted)


def _prompts(counted: Prompts) -> str:
    if not counted.prompts:
        return "none"
    return f"{number(counted.prompts, 'prompt')}, {number(counted.answers, 'answer')}"


def number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
