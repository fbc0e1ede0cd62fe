"""The first spec of a model: what a person must say about it, and the commented text that teaches the rest."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from pipegen.config import Config
from pipegen.spec.model import Model
from pipegen.spec.runtime import Runtime
from pipegen.templating import Safe, render_template
from pipegen.yaml_text import emit

_LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person says about a new model; `full`: the spec shows schedules and actions too."""

    name: str
    owner: str
    path: str
    python: str = "3.11"
    targets: tuple[str, ...] = ()
    full: bool = False

    @property
    def file(self) -> str:
        return f"model-specs/{self.name}.yaml"


def name_fault(name: str) -> str:
    """Why a model cannot have this name, and the nearest one that it can have; empty if it can."""
    if _fits("name", name):
        return ""
    reasons = "; ".join(_name_reasons(name))
    near = nearest_name(name)
    return f"{name!r} cannot be the name of a model: {reasons}" + (f". Did you mean {near!r}?" if near else "")


def _name_reasons(name: str) -> list[str]:
    found = {
        "it has upper-case letters": re.search(r"[A-Z]", name),
        "words are joined by hyphens": re.search(r"[\s_./]", name),
        "it begins with no letter": re.match(r"[^A-Za-z]", name),
        "hyphens stand alone between words": re.search(r"--|-$", name),
        f"it has more than {_LONGEST_NAME} characters": len(name) > _LONGEST_NAME,
        "it has other characters than letters, digits and hyphens": re.search(r"[^A-Za-z0-9\s_./-]", name),
        "it is empty": not name,
    }
    return [reason for reason, holds in found.items() if holds]


def nearest_name(name: str) -> str | None:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()
    near = re.sub(r"[^a-z0-9]+", "-", words).lstrip("-0123456789")[:_LONGEST_NAME].strip("-")
    return near if near and _fits("name", near) else None


def fault(field: str, value: str) -> str:
    """Why `owner`, `path` or `python` cannot have this value; empty if it can."""
    return "" if _fits(field, value) else f"{value!r} is not {_FORMS[field]}"


_FORMS = {
    "owner": "the name of a team: letters, digits, spaces and . _ @ -, at most 100 characters",
    "path": "a folder: a path from the repository's root, with / between its parts and without spaces",
    "python": "a version of Python, for example 3.11",
}


def _fits(field: str, value: str) -> bool:
    try:
        if field == "python":
            Runtime.model_validate({"python": value})
        else:
            Model.model_validate({"name": "a", "owner": "a", field: value})
    except ValidationError:
        return False
    return True


def spec_text(wanted: Wanted, config: Config, shared: Mapping[str, object] | None = None) -> str:
    """A commented spec without mistakes.

    What pipegen.toml says for all specs, `shared`, is left out of it. Without a pinned pipegen its gate is a comment.
    """
    given = shared or {}
    defaults = given.get("defaults")
    return render_template(
        "onboarding/model-spec.yaml.j2",
        name=_scalar(wanted.name),
        owner=_scalar(wanted.owner),
        path=_scalar(wanted.path),
        python=Safe(f'"{wanted.python}"'),
        targets=Safe(f"[{', '.join(wanted.targets)}]") if wanted.targets else None,
        file=_scalar(wanted.file),
        module=_scalar(wanted.name.replace("-", "_")),
        full=wanted.full,
        runtime_given=isinstance(defaults, dict) and "runtime" in defaults,
        flow_given="flow" in given,
        environment=_scalar(_first_environment(given)),
        unknown_host=config.host == "other",
        pinned=config.pin is not None,
        merge=Safe("" if config.host == "other" else ", approvals: {merge: 1}"),
        actions=Safe(", action:retrain" if wanted.full else ""),
        off=_off(not wanted.full and config.host != "other"),
        gates_off=_off(config.pin is None),
    )


def _first_environment(shared: Mapping[str, object]) -> str:
    flow = shared.get("flow")
    entries = [each for each in flow if isinstance(each, dict)] if isinstance(flow, list) else []
    return next((str(name) for each in entries for name in each.get("environments", ())), "dev")


def _scalar(value: str) -> Safe:
    return Safe(emit({"key": value}).removeprefix("key: ").removesuffix("\n"))


def _off(commented: bool) -> Safe:  # noqa: FBT001  (a template's line is a comment or is not)
    return Safe("# " if commented else "")
