"""Findings in the forms that people and programs read; a form is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable

from pipegen.diagnostics import Diagnostic

FORMATS = ("text", "json", "github", "sarif")


def text(diagnostics: Iterable[Diagnostic], *, color: bool) -> str:
    """For people on a terminal; see `pipegen.reporting.excerpts`."""
    from pipegen.reporting import excerpts  # noqa: PLC0415  (only this format needs it)

    return excerpts.text(diagnostics, color=color)


def formatted(diagnostics: Iterable[Diagnostic], form: str) -> str:
    """All findings in one of the `FORMATS`."""
    match form:
        case "text":
            return text(diagnostics, color=False)
        case "json":
            from pipegen.reporting.json_array import as_json  # noqa: PLC0415  (only this format needs it)

            return as_json(diagnostics)
        case "github":
            from pipegen.reporting.github import as_commands  # noqa: PLC0415  (only this format needs it)

            return as_commands(diagnostics)
        case "sarif":
            from pipegen.reporting.sarif import as_sarif  # noqa: PLC0415  (only this format needs it)

            return as_sarif(diagnostics)
    raise ValueError(f"{form!r} is none of {', '.join(FORMATS)}")
