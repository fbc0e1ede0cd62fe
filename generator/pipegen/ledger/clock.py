"""The time of an entry: never before the entry before it, and never far from what this machine's clock says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pipegen.ledger.entries import Entry, LedgerError

SKEW = timedelta(minutes=5)
"""How far clocks of machines may differ."""

_FIRST_YEAR = 1970


def moment(text: str) -> datetime:
    """The moment that a text in ISO 8601 names; UTC where it names no offset. Raises LedgerError."""
    try:
        found = datetime.fromisoformat(text)
        time = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise LedgerError(f"{text!r} is not a time such as 2026-11-21T09:30:00Z") from error
    if time.year < _FIRST_YEAR:
        raise LedgerError(f"{text!r} is before {_FIRST_YEAR}, and so before there was anything to record")
    return time


def written(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def time_after(last: Entry | None, given: str | None, now: datetime) -> str:
    """The time of the entry after `last`: `given`, or `now` by the clock. Raises LedgerError if they contradict."""
    time = (moment(given) if given else now).replace(microsecond=0)
    earliest = moment(last.time) if last else time
    if earliest - time > SKEW:
        raise LedgerError(_too_early(given, earliest - time, written(earliest)))
    if time - now > SKEW and not (last and time <= earliest):
        raise LedgerError(f"--time {given} is {time - now.replace(microsecond=0)} ahead of this machine's clock")
    return written(max(time, earliest))


def _too_early(given: str | None, gap: timedelta, last: str) -> str:
    if given:
        return f"--time {given} is {gap} before the last entry ({last}): entries are added in the order of time"
    return (
        f"this machine's clock is {gap} behind the last entry ({last}); set the clock. "
        f"If it is right and that entry is ahead, add this one with --time {last}"
    )
