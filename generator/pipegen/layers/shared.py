"""What pipegen.toml says for all specs, under one spec: its flow, the environments that the spec uses, and defaults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipegen.diagnostics import Diagnostic, Located
from pipegen.layers.agreement import unlike_environment, unlike_flow
from pipegen.layers.merging import graft, over
from pipegen.layers.origins import Branch, Origins
from pipegen.plan.flow import CHECKS
from pipegen.plan.variables import REGISTRY_SCOPE, STORE_SCOPE
from pipegen.spec.model import DEFAULT_FLOW

_MERGED_DEFAULTS = ("runtime", "variables", "secrets")
_WHOLE_DEFAULTS = ("store", "archive", "notify")

Data = dict[str, object]


def with_shared(origins: Origins, data: Data, shared: Located) -> tuple[Data, tuple[Diagnostic, ...]]:
    """The data of a spec with what pipegen.toml says for all specs, and where the spec says something else."""
    data, of_flow = _with_flow(origins, data, shared)
    data, of_environments = _with_environments(origins, data, shared)
    return _with_defaults(origins, data, shared), (*of_flow, *of_environments)


def _with_flow(origins: Origins, data: Data, shared: Located) -> tuple[Data, tuple[Diagnostic, ...]]:
    entries, said = shared.data.get("flow"), data.get("flow", [])
    # What has not the shape of a flow is left for the shape to judge.
    if not entries or not isinstance(said, list) or not all(isinstance(each, dict) for each in said):
        return data, ()
    theirs = Branch(entries, shared, ("flow",))
    found = tuple(unlike_flow(origins, said, theirs))
    return {**data, "flow": graft(origins, ("flow",), theirs)}, found


def _with_environments(origins: Origins, data: Data, shared: Located) -> tuple[Data, tuple[Diagnostic, ...]]:
    theirs, own = shared.data.get("environments"), data.get("environments", {})
    if not isinstance(theirs, dict) or not isinstance(own, dict):
        return data, ()
    used, scopes = {CHECKS, *own, *_named_environments(data)}, _scopes(data)
    merged = dict(own)
    found: list[Diagnostic] = []
    for name in (each for each in theirs if each in used):
        path = ("environments", name)
        below = Branch(_within(scopes, theirs[name]), shared, path)
        if name in own:
            found += unlike_environment(origins, name, own[name], Branch(theirs[name], shared, path))
            merged[name] = over(origins, path, own[name], below)
        else:
            merged[name] = graft(origins, path, below)
    return ({**data, "environments": merged} if merged else data), tuple(found)


def _with_defaults(origins: Origins, data: Data, shared: Located) -> Data:
    given = _within(_scopes(data), shared.data.get("defaults"))
    if not isinstance(given, dict):
        return data
    found = dict(data)
    for key in given:
        below = Branch(given[key], shared, ("defaults", key))
        if key in _MERGED_DEFAULTS and key in data:
            found[key] = over(origins, (key,), data[key], below)
        elif key in _MERGED_DEFAULTS or (key in _WHOLE_DEFAULTS and key not in data and _has_use(key, data)):
            found[key] = graft(origins, (key,), below)
    return found


def _has_use(key: str, data: Data) -> bool:
    """A default archive is for specs whose flow has one."""
    return key != "archive" or "flow" not in data or any(each.get("role") == key for each in _mappings(data["flow"]))


# ---------------------------------------------------------------- secrets for stages that a spec may not have


def _scopes(data: Data) -> set[object]:
    """What the `stages` of a secret may name in this spec."""
    return {STORE_SCOPE, REGISTRY_SCOPE, *(stage.get("id") for stage in _mappings(data.get("stages")))}


def _within(scopes: set[object], shared: object) -> object:
    """The same without the stages of secrets and tokens that the spec does not have: they are other specs'."""
    if not isinstance(shared, dict):
        return shared
    kept = {
        key: {name: _scoped(scopes, secret) for name, secret in shared[key].items()}
        for key in ("secrets", "identity")
        if isinstance(shared.get(key), dict)
    }
    return {**shared, **kept}


def _scoped(scopes: set[object], secret: object) -> object:
    stages = secret.get("stages") if isinstance(secret, dict) else None
    if not isinstance(secret, dict) or not isinstance(stages, list):
        return secret
    return {**secret, "stages": [each for each in stages if each in scopes]}


# ---------------------------------------------------------------- which environments a spec uses


def _named_environments(data: Data) -> Iterator[str]:
    """Every environment that the flow, the stages, the schedules or the actions of a spec name, whatever its shape."""
    stages = tuple(_mappings(data.get("stages")))
    steps = (step for stage in stages for step in _mappings(stage.get("rollout")))
    asked = (each for step in steps for each in _mappings([step.get("approvals")]))
    others = (each for key in ("flow", "schedules", "actions") for each in _mappings(data.get(key)))
    for each in (*stages, *asked, *others):
        listed = each.get("environments")
        named = (*(listed if isinstance(listed, list) else ()), each.get("environment"), each.get("build_in"))
        yield from (name for name in named if isinstance(name, str))
    if "flow" not in data:
        yield from (name for entry in DEFAULT_FLOW for name in entry.environments)


def _mappings(value: object) -> Iterator[Mapping[str, object]]:
    """The mappings in a list or a mapping."""
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    yield from (each for each in items if isinstance(each, dict))
