"""What writing would change, as a unified diff."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import unified_diff
from io import StringIO
from pathlib import Path

from pipegen.diagnostics import Refused
from pipegen.workspace.outputs import examine

_NO_FILE = "/dev/null"


def diff(root: Path, files: Mapping[str, str], removed: Iterable[str] = ()) -> str:
    """The change from what stands below `root` to `files`, without the files of `removed`; `patch -p1` can apply it."""
    after = {**dict.fromkeys(removed, ""), **files}
    standings, refused = examine(root, after)
    if refused:
        raise Refused(refused)
    return "".join(_changed(place.path, place.text, files.get(place.path)) for place in standings)


def _changed(path: str, before: str | None, after: str | None) -> str:
    lines = unified_diff(
        _lines(before),
        _lines(after),
        _NO_FILE if before is None else f"a/{path}",
        _NO_FILE if after is None else f"b/{path}",
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(text: str | None) -> list[str]:
    # Only a line feed ends a line here, and bytes that are not UTF-8 must not break whoever prints the difference.
    shown = (text or "").encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return list(StringIO(shown, newline="\n"))
