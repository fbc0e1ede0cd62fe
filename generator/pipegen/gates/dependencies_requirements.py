"""Files of requirements as pip reads them: what is declared, and locks whose lines carry hashes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipegen.gates.dependencies import Declared, Pin, hash_faults
from pipegen.gates.reading import CannotJudgeError
from pipegen.gates.specifiers import Requirement, exact_version, normalised, parse_requirement
from pipegen.gates.text_files import text_of

_COMMENT = re.compile(r"(?:^|\s)#.*$")
_HASH = re.compile(r"\s--hash[=\s]\s*(\S+)")
_INCLUDE = re.compile(r"(?:-r|--requirement)[=\s]*(.+)")
_CONSTRAINT = re.compile(r"(?:-c|--constraint)[=\s]*(.+)")
_EDITABLE = re.compile(r"(?:-e|--editable)[=\s]*(.+)")
# What says where packages come from and in which form; with hashes none of it can change what is installed.
_WHERE_FROM = re.compile(
    r"(?:-i|-f|--(?:index-url|extra-index-url|find-links|no-index|no-binary|only-binary|prefer-binary|pre"
    r"|require-hashes|trusted-host|use-feature))(?:[=\s].*)?"
)
_FRAGMENT_HASH = re.compile(r"(sha\d+|md5)=([0-9a-fA-F]+)")
_WHEEL = re.compile(r"([^/]+?)-([^-/]+)(?:-\d[^-/]*)?-[^-/]+-[^-/]+-[^-/]+\.whl")
_SOURCE = re.compile(r"([^/]+)-([^-/]+)\.(?:tar\.gz|zip|tar\.bz2)")
_VERSION_CONTROL = re.compile(r"(?:git|hg|svn|bzr)\+")


@dataclass(frozen=True, slots=True)
class Line:
    """A logical line of a file, without its hashes; `editable` if pip would install it as links to a folder."""

    where: str
    text: str
    hashes: tuple[str, ...] = ()
    editable: bool = False


def pins_in(file: Path) -> tuple[Pin, ...]:
    """The packages of a lock in the form that `pip install --require-hashes -r` reads."""
    return tuple(_pin(line) for line in _lines(file, file.parent.resolve(), ()))


def declared_in(file: Path) -> tuple[Declared, ...]:
    """The requirements of a file that people write; constraints add none, and the project itself is none."""
    lines = _lines(file, file.parent.resolve(), ())
    return tuple(Declared(_requirement(line), line.where) for line in lines if not line.editable)


def _lines(file: Path, folder: Path, above: tuple[Path, ...]) -> Iterator[Line]:
    """The lines of a file and of those that it includes, which lie in the folder of the first."""
    path = file.resolve()
    if not path.is_relative_to(folder):
        raise CannotJudgeError(f"{file}: an included file lies outside of the folder of the first")
    if path in above:
        raise CannotJudgeError(f"{file}: it includes itself")
    for number, text in _logical_lines(file):
        where = f"{file.name}:{number}"
        include = _INCLUDE.fullmatch(text)
        if include:
            yield from _lines(file.parent / include[1].strip(), folder, (*above, path))
        elif not text.startswith("-"):
            yield _line(where, text)
        elif editable := _EDITABLE.fullmatch(text):
            yield Line(where, editable[1].strip(), editable=True)
        elif not _CONSTRAINT.fullmatch(text) and not _WHERE_FROM.fullmatch(text):
            raise CannotJudgeError(f"{where}: the option {text.split()[0]!r} is not known here")


def _line(where: str, text: str) -> Line:
    bare = _HASH.sub("", text).strip()
    if " --" in bare:
        raise CannotJudgeError(f"{where}: the option {bare.partition(' --')[2].split()[0]!r} is not known here")
    return Line(where, bare, tuple(_HASH.findall(text)))


def _logical_lines(file: Path) -> Iterator[tuple[int, str]]:
    begun, parts = 0, ""
    for number, line in enumerate(text_of(file).splitlines(), 1):
        begun = begun if parts else number
        is_comment = line.lstrip().startswith("#")
        if line.endswith("\\") and not is_comment:
            parts += line[:-1] + " "
            continue
        whole = _COMMENT.sub("", parts + ("" if is_comment else line)).strip()
        parts = ""
        if whole:
            yield begun, whole
    if parts:
        raise CannotJudgeError(f"{file}: its last line goes on, so the file may be cut off")


def _pin(line: Line) -> Pin:
    if line.editable:
        return Pin(line.text, "", line.where, faults=("it is editable, so its content is whatever lies there",))
    requirement = _requirement(line)
    if requirement.url:
        return _pin_of_url(line, requirement)
    version = exact_version(requirement.specifier)
    loose = () if version else (f"{requirement.specifier or 'any version'} is not one exact version",)
    return Pin(requirement.name, version, line.where, requirement.marker, (*loose, *hash_faults(line.hashes)))


def _pin_of_url(line: Line, requirement: Requirement) -> Pin:
    fragment = (f"{algorithm}:{digits}" for algorithm, digits in _FRAGMENT_HASH.findall(requirement.url))
    if _VERSION_CONTROL.match(requirement.url):
        faults: tuple[str, ...] = ("it comes from version control, which no hash of its content protects",)
    else:
        faults = hash_faults((*line.hashes, *fragment))
    return Pin(requirement.name, _of_file(requirement.url)[1], line.where, requirement.marker, faults)


def _requirement(line: Line) -> Requirement:
    try:
        return parse_requirement(line.text)
    except CannotJudgeError as error:
        is_file = "://" in line.text or line.text.startswith((".", "/")) or _WHEEL.search(line.text)
        if not is_file:
            raise CannotJudgeError(f"{line.where}: {error}") from error
    name, _ = _of_file(line.text)
    return Requirement(normalised(name) if name else line.text, url=line.text)


def _of_file(url: str) -> tuple[str, str]:
    """The name and version that the name of a package's file says."""
    file = re.split(r"[#?]", url)[0].rpartition("/")[2].replace("%2B", "+")
    found = _WHEEL.fullmatch(file) or _SOURCE.fullmatch(file)
    return (found[1], found[2]) if found else ("", "")
