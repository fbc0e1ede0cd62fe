"""Locks in their forms: pip's requirements with hashes, pylock.toml, uv.lock, poetry.lock, conda's explicit lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pipegen.gates.dependencies import Lock, Need, Pin, hash_faults
from pipegen.gates.dependencies_requirements import pins_in
from pipegen.gates.dependencies_tables import Table, table, table_in, tables, text, texts
from pipegen.gates.reading import CannotJudgeError
from pipegen.gates.specifiers import normalised, parse_requirement
from pipegen.gates.text_files import text_of

_PYLOCK = re.compile(r"pylock(?:\.[^.]+)?\.toml")
_CONDA = re.compile(r"\S+/([^/\s]+)-([^-/\s]+)-[^-/\s]+(?:\.conda|\.tar\.bz2)(?:#(\S+))?")
_FROM_VERSION_CONTROL = "it comes from version control, which no hash of its content protects"
_FROM_A_FOLDER = "it is a folder outside of the project, so its content is whatever lies there"


def lock_in(file: Path, extras: tuple[str, ...]) -> Lock:
    """The lock in a file, whose form its name or its first line says; `extras` are those of the project itself."""
    try:
        lock = _read(file, extras)
        if not lock.pins:
            raise CannotJudgeError("the lock holds no package")  # noqa: TRY301  (said of the file, as all else here)
    except CannotJudgeError as error:
        words = str(error)
        raise CannotJudgeError(words if words.startswith(file.name) else f"{file}: {words}") from error
    return lock


def _read(file: Path, extras: tuple[str, ...]) -> Lock:
    if file.name == "poetry.lock":
        return _poetry(table_in(file))
    if file.name == "uv.lock":
        return _uv(table_in(file), extras)
    if _PYLOCK.fullmatch(file.name):
        return _pylock(table_in(file))
    if file.suffix in {".json", ".yml", ".yaml", ".toml"} or file.name == "Pipfile.lock":
        raise CannotJudgeError("a lock of this form is not read here; export it as requirements or pylock.toml")
    if "@EXPLICIT" in text_of(file).splitlines():
        return _conda(file)
    return Lock("requirements", pins_in(file))


# ---------------------------------------------------------------- pylock.toml (PEP 751)


def _pylock(document: Table) -> Lock:
    if not text(document, "lock-version").startswith("1."):
        raise CannotJudgeError("its lock-version is not 1.x, so it is no pylock.toml that can be read here")
    return Lock("pylock", tuple(_of_pylock(each) for each in tables(document, "packages")))


def _of_pylock(package: Table) -> Pin:
    name, version = _named(package), text(package, "version")
    files = [*tables(package, "wheels"), *(table(package, key) for key in ("sdist", "archive") if key in package)]
    if "vcs" in package:
        faults: tuple[str, ...] = (_FROM_VERSION_CONTROL,)
    elif "directory" in package:
        faults = (_FROM_A_FOLDER,)
    else:
        faults = _file_faults([_strongest(table(file, "hashes")) for file in files])
    loose = () if version or "archive" in package else ("it has no version",)
    return Pin(name, version, "pylock.toml", text(package, "marker"), (*loose, *faults))


def _strongest(hashes: Table) -> list[str]:
    """All hashes of one file that protect, or, if none does, all; an installer takes the best."""
    given = [f"{algorithm}:{digits}" for algorithm, digits in hashes.items()]
    return [each for each in given if not hash_faults([each])] or given


def _file_faults(files: list[list[str]]) -> tuple[str, ...]:
    """The faults of the hashes of files, each of which may be the one that is installed."""
    if not files:
        return ("it has no file with a hash",)
    return tuple(dict.fromkeys(fault for hashes in files for fault in hash_faults(hashes)))


# ---------------------------------------------------------------- uv.lock


def _uv(document: Table, extras: tuple[str, ...]) -> Lock:
    packages = tables(document, "package")
    own = [each for each in packages if _is_own(table(each, "source"))]
    if not own:
        raise CannotJudgeError("it does not hold the project that it belongs to, so it may be cut off")
    needs = {place: tuple(asked) for each in packages for place, asked in _uv_needs(each)}
    roots = tuple(Need(_named(each), extras) for each in own)
    pins = tuple(_of_uv(each) for each in packages if each not in own)
    return Lock("uv", pins, frozenset(map(_named, own)), needs, roots)


def _is_own(source: Table) -> bool:
    """Whether a package is the project itself or a member of its workspace."""
    place = next((text(source, key) for key in ("virtual", "editable") if key in source), None)
    return place is not None and not place.startswith(("..", "/"))


def _of_uv(package: Table) -> Pin:
    source = table(package, "source")
    files = [*tables(package, "wheels"), *([table(package, "sdist")] if "sdist" in package else [])]
    if "git" in source:
        faults: tuple[str, ...] = (_FROM_VERSION_CONTROL,)
    elif source.keys() & {"directory", "editable", "virtual"}:
        faults = (_FROM_A_FOLDER,)
    else:
        faults = _file_faults([_hashes(file) for file in files])
    version = text(package, "version")
    loose = () if version else ("it has no version",)
    markers = " or ".join(f"({each})" for each in texts(package, "resolution-markers"))
    return Pin(_named(package), version, "uv.lock", markers, (*loose, *faults))


def _uv_needs(package: Table) -> Iterator[tuple[tuple[str, str], list[Need]]]:
    name = _named(package)
    yield (name, ""), [_uv_need(each) for each in tables(package, "dependencies")]
    optional = table(package, "optional-dependencies")
    for extra in optional:
        yield (name, normalised(extra)), [_uv_need(each) for each in tables(optional, extra)]


def _uv_need(asked: Table) -> Need:
    return Need(_named(asked), tuple(map(normalised, texts(asked, "extra"))), text(asked, "marker"))


# ---------------------------------------------------------------- poetry.lock


def _poetry(document: Table) -> Lock:
    # Until lock-version 1.1 the files of all packages stood in one table at the end.
    at_end = table(table(document, "metadata"), "files")
    packages = tables(document, "package")
    if "metadata" not in document:
        raise CannotJudgeError("it has no [metadata], which poetry writes last, so it may be cut off")
    needs = {place: tuple(asked) for each in packages for place, asked in _poetry_needs(each)}
    own = [each for each in packages if _is_folder_inside(table(each, "source"))]
    pins = tuple(_of_poetry(each, at_end) for each in packages if each not in own)
    return Lock("poetry", pins, frozenset(map(_named, own)), needs)


def _is_folder_inside(source: Table) -> bool:
    return text(source, "type") == "directory" and not text(source, "url").startswith(("..", "/"))


def _of_poetry(package: Table, at_end: Table) -> Pin:
    source = text(table(package, "source"), "type")
    files = tables(package, "files") or tables(at_end, text(package, "name"))
    if source == "git":
        faults: tuple[str, ...] = (_FROM_VERSION_CONTROL,)
    elif source == "directory":
        faults = (_FROM_A_FOLDER,)
    else:
        faults = _file_faults([_hashes(file) for file in files])
    version = text(package, "version")
    loose = () if version else ("it has no version",)
    return Pin(_named(package), version, "poetry.lock", _poetry_marker(package), (*loose, *faults))


def _poetry_marker(package: Table) -> str:
    """The marker of the main group; poetry writes one for each group where they differ."""
    markers = package.get("markers", "")
    return text(markers, "main") if isinstance(markers, dict) else text(package, "markers")


def _poetry_needs(package: Table) -> Iterator[tuple[tuple[str, str], list[Need]]]:
    name = _named(package)
    yield (
        (name, ""),
        [need for asked, how in table(package, "dependencies").items() for need in _poetry_need(asked, how)],
    )
    extras = table(package, "extras")
    for extra in extras:
        yield (name, normalised(extra)), [_named_in(each) for each in texts(extras, extra)]


def _poetry_need(name: str, how: object) -> Iterator[Need]:
    for each in how if isinstance(how, list) else [how]:
        if not isinstance(each, dict):
            yield Need(normalised(name))
        elif not each.get("optional"):
            yield Need(normalised(name), tuple(map(normalised, texts(each, "extras"))), text(each, "markers"))


def _named_in(entry: str) -> Need:
    """What poetry writes for an extra: a name, maybe extras, and a version in parentheses."""
    requirement = parse_requirement(entry.partition("(")[0])
    return Need(requirement.name, requirement.extras)


# ---------------------------------------------------------------- conda


def _conda(file: Path) -> Lock:
    """Packages that are no Python packages are in it too, so nothing of it must be seen by an interpreter."""
    lines = [
        (number, line.strip())
        for number, line in enumerate(text_of(file).splitlines(), 1)
        if line.strip() and not line.lstrip().startswith(("#", "@EXPLICIT"))
    ]
    return Lock("conda", tuple(_of_conda(f"{file.name}:{number}", line) for number, line in lines), needs={}, roots=())


def _of_conda(where: str, line: str) -> Pin:
    found = _CONDA.fullmatch(line)
    if not found:
        raise CannotJudgeError(f"{where}: not the address of a conda package")
    name, version, digest = found.groups()
    return Pin(normalised(name), version, where, faults=hash_faults([_conda_hash(digest)] if digest else []))


def _conda_hash(digest: str) -> str:
    """Bare digits are md5 by their length; others say what they are."""
    algorithm, colon, digits = digest.partition(":")
    return f"{algorithm}:{digits}" if colon else f"{'md5' if len(digest) == len('0' * 32) else 'sha256'}:{digest}"


# ---------------------------------------------------------------- all


def _named(package: Table) -> str:
    name = text(package, "name")
    if not name:
        raise CannotJudgeError("a package has no name")
    return normalised(name)


def _hashes(file: Table) -> list[str]:
    return [found] if (found := text(file, "hash")) else []
