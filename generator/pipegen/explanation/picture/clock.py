"""Times of a timer in people's words."""

from __future__ import annotations

import re

_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip
_NUMBER = re.compile(r"[0-9]+")


def clock(cron: str) -> tuple[str, ...]:
    """For example (`every Monday`, `at 06:00 UTC`); the five fields themselves where plain words would not be exact."""
    minute, hour, *days = cron.split()
    said = _days(*days)
    if said is None or not (_NUMBER.fullmatch(minute) and _NUMBER.fullmatch(hour)):
        return (f"cron {cron}", "in UTC")
    return (said, f"at {int(hour):02}:{int(minute):02} UTC")


def _days(day: str, month: str, weekday: str) -> str | None:
    """None where both kinds of days are limited or a field is more than numbers."""
    if weekday == "*" and day == "*" and month == "*":
        return "every day"
    if weekday == "*" and _NUMBER.fullmatch(day):
        return f"every {int(day)} {_MONTHS[int(month) - 1]}" if _NUMBER.fullmatch(month) else _monthly(day, month)
    return _weekly(weekday) if day == month == "*" else None


def _monthly(day: str, month: str) -> str | None:
    return f"on day {int(day)} of every month" if month == "*" else None


def _weekly(weekday: str) -> str | None:
    if not re.fullmatch(r"[0-7](-[0-7])?", weekday):
        return None
    first, _, last = weekday.partition("-")
    return f"{_DAYS[int(first)]} to {_DAYS[int(last)]}" if last else f"every {_DAYS[int(first)]}"
