"""The gate on artifacts: a file by a digest from elsewhere, and a folder by the sums of its files."""

from __future__ import annotations

import hashlib
import os
import posixpath
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipegen.gates.checks import Wrong, check
from pipegen.gates.contents import READABLE, Entry, entries, sha256_of
from pipegen.gates.reading import LARGEST_FILE, CannotJudgeError
from pipegen.gates.report import Judgement, Verdict

_DIGEST = re.compile(r"sha256:([0-9a-fA-F]{64})")
_SUM = re.compile(rb"(\\?)([0-9a-fA-F]{64}) [ *](.+)", re.DOTALL)
_ESCAPES = {b"\\\\": b"\\", b"\\n": b"\n", b"\\r": b"\r"}


@dataclass(frozen=True, slots=True)
class Sum:
    """One line of a file of sums; the name as it stands there, unescaped."""

    name: str
    sha256: str

    @property
    def place(self) -> str:
        """The name without what means nothing, for example `./`."""
        return posixpath.normpath(self.name)

    @property
    def leaves(self) -> bool:
        """Whether it names something that cannot be below the folder."""
        return self.place.startswith("/") or self.place.split("/")[0] == ".." or self.place == "."


def parse_digest(text: str) -> str:
    """The hexadecimal part of sha256:HEX, in small letters."""
    found = _DIGEST.fullmatch(text)
    if not found:
        raise CannotJudgeError(f"{text!r} is not sha256: and 64 hexadecimal digits")
    return found[1].lower()


def digest_in(content: bytes) -> str:
    """The one digest that a file holds: `sha256:HEX`, `HEX`, or a line of sha256sum."""
    words = content.decode("utf-8", "replace").split()
    if not words:
        raise CannotJudgeError("empty")
    if len(content.strip().splitlines()) > 1:
        raise CannotJudgeError("holds more than one line, not one digest")
    return parse_digest(words[0] if ":" in words[0] else f"sha256:{words[0]}")


def parse_sums(content: bytes) -> tuple[Sum, ...]:
    """The lines that sha256sum writes; raises CannotJudgeError for any other, and for none."""
    if len(content) > LARGEST_FILE:
        raise CannotJudgeError(f"larger than {LARGEST_FILE} bytes")
    lines = content.split(b"\n")
    if lines.pop() != b"":
        raise CannotJudgeError("its last line has no end, so it may be cut off")
    if not lines:
        raise CannotJudgeError("empty")
    return tuple(_sum(line, number) for number, line in enumerate(lines, 1))


def _sum(line: bytes, number: int) -> Sum:
    found = _SUM.fullmatch(line)
    if not found or b"\0" in line:
        raise CannotJudgeError(f"line {number} is not a line of sha256sum: a digest, two spaces and a name")
    escaped, digest, name = found.groups()
    if escaped:
        name = re.sub(rb"\\.?", lambda mark: _unescaped(mark[0], number), name, flags=re.DOTALL)
    return Sum(os.fsdecode(name), digest.decode().lower())


def _unescaped(mark: bytes, number: int) -> bytes:
    if mark not in _ESCAPES:
        raise CannotJudgeError(f"line {number} holds an escape that sha256sum does not write")
    return _ESCAPES[mark]


def judge_digest(subject: str, digest: str, expected: str) -> Judgement:
    """Whether a digest that was computed is the one that was given."""
    bound = f"sha256:{expected}"
    if digest == expected:
        return Judgement(subject, bound, Verdict.PASS, f"sha256:{digest}")
    return Judgement(subject, bound, Verdict.FAIL, f"sha256:{digest}", reason="it is not the file that was meant")


def judge_content(subject: str, content: bytes, expected: str) -> Judgement:
    """The same for bytes that have been read, so that what is used later is what was judged."""
    return judge_digest(subject, hashlib.sha256(content).hexdigest(), expected)


def judge_folder(
    folder: Path, sums: Sequence[Sum], itself: Path | None, excepted: Sequence[str]
) -> tuple[Judgement, ...]:
    """The sums, the files that they name, and what else there is; `itself` is the file of sums."""
    here = {entry.name: entry for entry in entries(folder)}
    if itself is not None and itself.resolve().is_relative_to(folder.resolve()):
        here.pop(itself.resolve().relative_to(folder.resolve()).as_posix(), None)
    expected = {each.place: each.sha256 for each in sums if not each.leaves}
    extra = [entry for entry in here.values() if entry.name not in expected]
    return (
        *check("names in the sums", "each once, below the folder", _misnamed(sums), f"{len(sums)} names"),
        *check("named files", "unchanged", _changed(expected, here), f"{len(expected)} files"),
        *check("other files", "none", _extra(extra, excepted), f"{len(extra)} excepted" if extra else "none"),
    )


def _misnamed(sums: Sequence[Sum]) -> Iterator[Wrong]:
    times = Counter(each.place for each in sums)
    for each in sums:
        if each.leaves:
            yield Wrong(each.name, "the sums name a path outside of the folder")
    for place, count in times.items():
        if count > 1:
            yield Wrong(place, f"the sums name it {count} times")


def _changed(expected: Mapping[str, str], here: Mapping[str, Entry]) -> Iterator[Wrong]:
    for name, digest in expected.items():
        entry = here.get(name)
        if entry is None:
            yield Wrong(name, "missing")
        elif entry.kind not in READABLE:
            yield Wrong(name, entry.kind.value)
        else:
            yield from _compared(entry, digest)


def _compared(entry: Entry, expected: str) -> Iterator[Wrong]:
    try:
        found = sha256_of(entry.path)
    except CannotJudgeError as error:
        yield Wrong(entry.name, str(error), verdict=Verdict.CANNOT_JUDGE)
        return
    if found != expected:
        yield Wrong(entry.name, f"changed: the sums say sha256:{expected}", f"sha256:{found}")


def _extra(extra: Sequence[Entry], excepted: Sequence[str]) -> Iterator[Wrong]:
    for entry in extra:
        if entry.kind not in READABLE:
            yield Wrong(entry.name, f"{entry.kind}, which the sums do not name")
        elif entry.name not in excepted:
            yield Wrong(entry.name, "the sums do not name it")
