"""Where a spec says something else than pipegen.toml about what all specs share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipegen.diagnostics import Diagnostic, Finding, KeyPath
from pipegen.layers.merging import by_name
from pipegen.layers.origins import Branch, Origins
from pipegen.rules.wording import nearest
from pipegen.yaml_problems import shown

CODES = {
    "PG294": "a spec disagrees with the shared flow",
    "PG295": "a spec disagrees with a shared environment",
}

_WITHOUT_ORDER = ("from", "approvers")
_HINT = "leave it out here, or change it there for all specs"


@dataclass(frozen=True, slots=True)
class _Difference:
    """What a spec says at `path` of the merged data and `theirs` says otherwise; or not at all, if it only is near."""

    path: KeyPath
    said: object
    theirs: Branch
    only_near: bool = False


def unlike_environment(origins: Origins, name: str, said: object, theirs: Branch) -> Iterator[Diagnostic]:
    """PG295: an environment says of what pipegen.toml says the same, and more only beside it."""
    path = ("environments", name)
    for each in _differences(path, said, theirs, whole=False):
        if each.said is not None:  # a key without a value is a finding of its own
            yield _diagnostic(origins, "PG295", f"environment {name!r}", each, path)


def unlike_flow(origins: Origins, said: list[Mapping[str, object]], theirs: Branch) -> Iterator[Diagnostic]:
    """PG294: the entries of a flow are those of pipegen.toml, in its order, and say no more than they do."""
    shared = theirs.value if isinstance(theirs.value, list) else []
    known = {_name(entry): index for index, entry in enumerate(shared) if isinstance(entry, dict)}
    furthest = -1
    for index, entry in enumerate(said):
        path: KeyPath = ("flow", index)
        key, name = _name(entry)
        there = known.get((key, name))
        if there is None:
            message = f"{theirs.file.name} has a flow for all specs, and no {key} {name!r} in it"
            what = "branches there" if key == "branch" else "tags there"
            hint = nearest(name, [other for kind, other in known if kind == key], what)
            yield origins.diagnostic(Finding((*path, key), "PG294", message, hint))
            continue
        below = Branch(shared[there], theirs.file, (*theirs.path, there))
        if there < furthest:
            message = f"{key} {name!r} comes later here than in {_place(below)}"
            yield origins.diagnostic(Finding((*path, key), "PG294", message, "keep the order of promotion"))
        furthest = max(furthest, there)
        for each in _differences(path, entry, below, whole=True):
            yield _diagnostic(origins, "PG294", f"{key} {name!r}", each, path)


def _name(entry: Mapping[str, object]) -> tuple[str, str]:
    key = "tags" if "tags" in entry and "branch" not in entry else "branch"
    return key, str(entry.get(key, ""))


# ---------------------------------------------------------------- comparing


def _differences(path: KeyPath, said: object, theirs: Branch, *, whole: bool) -> Iterator[_Difference]:
    """Where two values differ; where pipegen.toml says the `whole`, a key that it does not have differs too."""
    if path[-1] == "secrets":
        theirs = by_name(theirs)
    if isinstance(said, dict) and isinstance(theirs.value, dict):
        for key, value in said.items():
            if key in theirs.value:
                inner = whole or key == "approvals"
                yield from _differences((*path, key), value, theirs.child(key), whole=inner)
            elif whole:
                yield _Difference((*path, key), value, theirs, only_near=True)
    # Names alone say nothing about secrets.
    elif not (path[-1] == "secrets" and isinstance(said, list)) and not _same(path, said, theirs.value):
        yield _Difference(path, said, theirs)


def _same(path: KeyPath, said: object, theirs: object) -> bool:
    if isinstance(said, list) and isinstance(theirs, list) and path[-1] in _WITHOUT_ORDER:
        return sorted(map(str, said)) == sorted(map(str, theirs))
    # True equals 1 in Python.
    return said == theirs and isinstance(said, bool) == isinstance(theirs, bool)


def _diagnostic(origins: Origins, code: str, what: str, found: _Difference, root: KeyPath) -> Diagnostic:
    key = ".".join(str(part) for part in found.path[len(root) :])
    here = f"{what} has {key} {_words(found.said)} here" if key else f"{what} is {_words(found.said)} here"
    there = _place(found.theirs)
    message = (
        f"{here}, but {there} says nothing of it"
        if found.only_near
        else f"{here}, but {_words(found.theirs.value)} in {there}"
    )
    return origins.diagnostic(Finding(found.path, code, message, _HINT), at_key=isinstance(found.said, dict))


def _place(branch: Branch) -> str:
    span = branch.file.diagnostic(Finding(branch.path, "", ""), at_key=isinstance(branch.value, dict)).span
    return f"{branch.file.name}:{span.start.line}" if span else branch.file.name


def _words(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return shown(value)
        case list():
            return f"[{', '.join(map(_words, value))}]"
        case dict():
            return "a mapping"
        case None:
            return "no value"
        case _:
            return str(value)
