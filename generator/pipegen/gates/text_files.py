"""Reading text: whole files of a bounded size, in UTF-8 and not empty."""

from __future__ import annotations

from pathlib import Path

from pipegen.gates.reading import LARGEST_FILE, CannotJudgeError, content


def text_of(file: Path) -> str:
    """A whole file as text, which is not empty; the text of CannotJudgeError names the file."""
    try:
        found = content(file)
    except CannotJudgeError as error:
        raise CannotJudgeError(f"{file}: {error}") from error
    if len(found) > LARGEST_FILE:
        raise CannotJudgeError(f"{file}: larger than {LARGEST_FILE} bytes")
    if not found.strip():
        raise CannotJudgeError(f"{file}: empty")
    try:
        return found.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CannotJudgeError(f"{file}: not UTF-8 (byte {error.start})") from error
