"""Rules about schedules: times that every scheduler reads alike."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipegen.config import Config
from pipegen.diagnostics import Finding
from pipegen.spec.model import ModelSpec

CODES = {
    "PG270": "a cron expression is not portable",
    "PG271": "a cron expression restricts both day of month and day of week",
    "PG272": "a schedule runs more often than every five minutes",
    "PG273": "a schedule names a date that never comes",
}

_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of month", 1, 31), ("month", 1, 12), ("day of week", 0, 6))
_PART = re.compile(r"(?:\*|(?P<first>\d{1,2})(?:-(?P<last>\d{1,2}))?)(?:/(?P<step>\d{1,2}))?")
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_SHORTEST = 5
_HINT = "minute, hour, day of month, month, day of week in UTC, for example 0 6 1 * *"


def schedules(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG270 to PG273 for each schedule."""
    for name, schedule in spec.schedules.items():
        for code, message, hint in _problems(schedule.cron):
            yield Finding(("schedules", name, "cron"), code, message, hint)


def _problems(cron: str) -> Iterator[tuple[str, str, str]]:
    fields = cron.split(" ")
    if len(fields) != len(_FIELDS):
        yield "PG270", f"{cron!r} does not have five fields with single spaces between them", _HINT
        return
    times: list[set[int]] = []
    for text, (what, least, most) in zip(fields, _FIELDS, strict=True):
        values, reason = _values(text, least, most)
        if reason:
            yield "PG270", f"{what} {text!r}: {reason}", _HINT
        times.append(values)
    if not all(times):
        return
    minutes, hours, days, months, _ = times
    if fields[2] != "*" and fields[4] != "*":
        message = "day of month and day of week are both restricted, which some schedulers join by and, others by or"
        yield "PG271", message, "restrict one of them, and let a script check the other"
    if _shortest_gap(minutes, hours) < _SHORTEST:
        yield "PG272", f"{cron!r} comes twice within five minutes", "leave at least five minutes between two runs"
    if not any(day <= _DAYS[month - 1] for month in months for day in days):
        yield "PG273", "no month named here has such a day", "change day or month"


def _values(text: str, least: int, most: int) -> tuple[set[int], str]:
    """The numbers that a field stands for, or none and the reason why it stands for none everywhere."""
    values: set[int] = set()
    for part in text.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            return set(), "only numbers, `*`, lists, ranges and `/` steps are read alike everywhere"
        first = least if match["first"] is None else int(match["first"])
        last = most if match["first"] is None else int(match["last"] or first)
        reason = _misfit(match, first, last, least, most)
        if reason:
            return set(), reason
        values |= set(range(first, last + 1, int(match["step"] or 1)))
    return values, ""


def _misfit(match: re.Match[str], first: int, last: int, least: int, most: int) -> str:
    if not least <= first <= most or not least <= last <= most:
        return f"it goes from {least} to {most}" + (", and Sunday is 0" if most == _FIELDS[4][2] else "")
    if last < first:
        return "a range goes upward"
    if match["step"] and match["first"] and match["last"] is None:
        return "a step follows `*` or a range"
    if match["step"] and not 1 <= int(match["step"]) <= most:
        return f"a step goes from 1 to {most}"
    return ""


def _shortest_gap(minutes: set[int], hours: set[int]) -> int:
    """Minutes between two runs on the same day or over midnight."""
    times = sorted(hour * 60 + minute for hour in hours for minute in minutes)
    following = [*times[1:], times[0] + 24 * 60]
    return min(after - before for before, after in zip(times, following, strict=True))
