"""Which names are used: from a list, or by looking for them in files."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from pipegen.gates.reading import LARGEST_FILE, CannotJudgeError, content
from pipegen.gates.text_files import text_of

_REMARK = re.compile(r"\s*#.*")
_PASSED_OVER = frozenset({".git", ".hg", "__pycache__", "node_modules", ".venv"})
"""Folders whose files nobody wrote for this repository; compiled files would still hold names that were removed."""


def names_in(file: Path) -> list[str]:
    """The names in a file, one a line, without remarks; the text of CannotJudgeError names the file."""
    names = [name for line in text_of(file).splitlines() if (name := _REMARK.sub("", line).strip())]
    if not names:
        raise CannotJudgeError(f"{file}: names nothing")
    return list(dict.fromkeys(names))


def not_mentioned(names: Collection[str], folders: Collection[Path], passed_over: Collection[Path]) -> set[str]:
    """The names whose last part stands in no text file below the folders; `passed_over` are the configuration's own."""
    unseen = {name: _mention(name) for name in names}
    own = {path.resolve() for path in passed_over}
    count = 0
    for folder in folders:
        for file in _files(folder):
            found = content(file) if file.resolve() not in own else b"\0"
            if b"\0" in found:
                continue
            if len(found) > LARGEST_FILE:
                raise CannotJudgeError(f"{file}: larger than {LARGEST_FILE} bytes")
            count += 1
            unseen = {name: pattern for name, pattern in unseen.items() if not pattern.search(found)}
    if not count:
        raise CannotJudgeError("there is no text file to look for names in")
    return set(unseen)


def _mention(name: str) -> re.Pattern[bytes]:
    last = re.escape(name.rpartition(".")[2].encode("utf-8", "surrogatepass"))
    return re.compile(rb"(?<![A-Za-z0-9_])" + last + rb"(?![A-Za-z0-9_])")


def _files(folder: Path) -> Iterator[Path]:
    """Regular files, links not followed; a folder that cannot be read is an error, not an empty one."""

    def refuse(error: OSError) -> None:
        raise CannotJudgeError(f"{error.filename}: {error.strerror}") from error

    for root, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = sorted(set(folders) - _PASSED_OVER)
        for name in sorted(files):
            path = Path(root, name)
            if path.is_file() and not path.is_symlink():
                yield path
