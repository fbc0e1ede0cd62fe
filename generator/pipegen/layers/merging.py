"""One mapping over another: the upper one wins key by key, lists are replaced, stages and secrets merge by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipegen.diagnostics import KeyPath
from pipegen.layers.origins import Branch, Origins

_DOING = ("run", "command", "steps", "use", "rollout")
_PYTHON = ("python", "conda")


def over(origins: Origins, path: KeyPath, upper: object, lower: Branch) -> object:
    """`upper`, which stands at `path` of the merged data, laid over `lower`; notes where each value comes from."""
    if path == ("stages",) and isinstance(upper, list) and isinstance(lower.value, list):
        return _stages(origins, upper, lower)
    if path[-1:] == ("secrets",):
        upper, lower = _by_name(origins, path, upper), by_name(lower)
    if not isinstance(upper, dict) or not isinstance(lower.value, dict):
        return upper
    return mapping_over(origins, path, upper, lower)


def graft(origins: Origins, path: KeyPath, branch: Branch) -> object:
    """The value of the branch, which from now on stands at `path` of the merged data."""
    origins.grafts[path] = branch
    return branch.value


def mapping_over(origins: Origins, path: KeyPath, upper: Mapping[str, object], lower: Branch) -> dict[str, object]:
    given = lower.value if isinstance(lower.value, dict) else {}
    displaced = _displaced(path, upper, given)
    merged: dict[str, object] = {}
    for key in given:
        if key in displaced:
            continue
        here = (*path, key)
        below = lower.child(key)
        merged[key] = over(origins, here, upper[key], below) if key in upper else graft(origins, here, below)
    return merged | {key: value for key, value in upper.items() if key not in merged}


# ---------------------------------------------------------------- what excludes each other


def _displaced(path: KeyPath, upper: Mapping[str, object], lower: Mapping[str, object]) -> set[str]:
    """The keys of `lower` that `upper` has no use for, because it says something else in their place."""
    if path == ("runtime",):
        gone = _others(_PYTHON, upper, lower)
        return gone | {"cache"} if gone else gone
    if len(path) == len(("stages", 0)) and path[0] == "stages":
        gone = _others(_DOING, upper, lower)
        other_kind = "use" in upper and upper["use"] != lower.get("use")
        return gone | {"with"} if "use" in gone or other_kind else gone
    return set()


def _others(group: tuple[str, ...], upper: Mapping[str, object], lower: Mapping[str, object]) -> set[str]:
    said = [key for key in group if key in upper]
    return {key for key in group if key in lower and key not in said} if said else set()


# ---------------------------------------------------------------- secrets


def by_name(branch: Branch) -> Branch:
    """Secrets as a mapping, where they are a list of names; anything else as it is."""
    if not _is_names(branch.value):
        return branch
    return Branch({name: {} for name in _texts(branch.value)}, branch.file, branch.path, listed=True)


def _by_name(origins: Origins, path: KeyPath, value: object) -> object:
    """The same for a value of the merged data."""
    if not _is_names(value):
        return value
    file, at = origins.place(path)
    listed = by_name(Branch(value, file, at))
    return {name: graft(origins, (*path, name), listed.child(name)) for name in _texts(value)}


def _is_names(value: object) -> bool:
    return isinstance(value, list) and len(set(_texts(value))) == len(value)


def _texts(value: object) -> Iterator[str]:
    yield from (each for each in (value if isinstance(value, list) else ()) if isinstance(each, str))


# ---------------------------------------------------------------- stages


def _stages(origins: Origins, upper: list[object], lower: Branch) -> list[object]:
    """The stages of the base at their places, those of the spec merged into them or behind the ones they follow."""
    given = lower.value if isinstance(lower.value, list) else []
    merged: list[object] = []
    for position, (own, below) in enumerate(_order(upper, given)):
        path = ("stages", position)
        base = None if below is None else Branch(given[below], lower.file, (*lower.path, below))
        if own is None:
            merged += [graft(origins, path, base)] if base else []
            continue
        value = graft(origins, path, Branch(upper[own], origins.spec, ("stages", own)))
        merged.append(over(origins, path, value, base) if base else value)
    return merged


def _order(upper: list[object], lower: list[object]) -> list[tuple[int | None, int | None]]:
    """For each stage of the merged list its index in the spec's list and in the base's."""
    known = {_id(stage): index for index, stage in reversed(list(enumerate(lower))) if _id(stage)}
    order: list[tuple[int | None, int | None]] = [(None, index) for index in range(len(lower))]
    last = len(order)
    for index, stage in enumerate(upper):
        below = known.pop(_id(stage), None)
        if below is None:
            order.insert(last, (index, None))
        else:
            last = order.index((None, below))
            order[last] = (index, below)
        last += 1
    return order


def _id(stage: object) -> str:
    found = stage.get("id") if isinstance(stage, dict) else None
    return found if isinstance(found, str) else ""
