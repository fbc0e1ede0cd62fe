"""From a loaded spec to a planned delivery, or to all that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

from pipegen.config import Config
from pipegen.delivery import Capability, Delivery, Fidelity
from pipegen.diagnostics import Diagnostic, Finding, KeyPath, Located, Severity, has_errors
from pipegen.plan import plan
from pipegen.rules import MEANING, PLANNED, STRUCTURE
from pipegen.rules.kinds import kind_findings, missing_secrets
from pipegen.spec.model import ModelSpec
from pipegen.spec.shape import shape, shape_as
from pipegen.stage_kinds import StageKind, expand


class CapableTarget(Protocol):
    """A CI system that knows what it can keep of a delivery."""

    def capabilities(self, delivery: Delivery, config: Config) -> Iterator[Capability]: ...


@dataclass(frozen=True, slots=True)
class Validated:
    """What became of a spec: None where the shape is wrong (`spec`) or there are errors (`delivery`).

    `spec` has its stage kinds expanded; `diagnostics` are sorted.
    """

    spec: ModelSpec | None
    delivery: Delivery | None
    diagnostics: tuple[Diagnostic, ...]


def validate(source: Located, config: Config, kinds: Mapping[str, StageKind], also: tuple[str, ...] = ()) -> Validated:
    """Shape, then rules, then the plan and what only it shows; each step takes place where the one before allows it.

    `also` are the paths of other files that the spec is made from.
    """
    written, misshapen = shape(source)
    if written is None:
        return Validated(None, None, misshapen)
    spec, findings = expand(written, kinds)
    found = [*findings, *missing_secrets(written, kinds)]
    found += (finding for rule in STRUCTURE for finding in rule(spec, config))
    is_sound = not _errors(found)
    found += (finding for rule in MEANING for finding in rule(spec, config))
    delivery = None
    if is_sound:
        delivery = plan(spec, config, source.name, also)
        found += (finding for rule in PLANNED for finding in rule(spec, delivery, config))
    diagnostics = tuple(sorted({_located(source, finding) for finding in found}, key=lambda each: each.sort_key))
    return Validated(spec, None if has_errors(diagnostics) else delivery, diagnostics)


def _errors(findings: Iterable[Finding]) -> bool:
    return any(finding.severity is Severity.ERROR for finding in findings)


def _located(source: Located, finding: Finding) -> Diagnostic:
    """The finding at its key if its value is a block, else at the value."""
    path = _written_path(source, finding.path)
    value: object = source.data
    for part in path:
        if isinstance(value, dict) and part in value:
            value = value[str(part)]
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
    moved = Finding(path, finding.code, finding.message, finding.hint, finding.severity)
    return source.diagnostic(moved, at_key=isinstance(value, dict | list))


def _written_path(source: Located, path: KeyPath) -> KeyPath:
    """What a stage kind brought into a stage is found at the stage's `with`, or at its `use`."""
    match path:
        case ("stages", int(index), "steps", *_):
            stages = source.data.get("stages")
            stage = stages[index] if isinstance(stages, list) else None
            if isinstance(stage, dict) and "use" in stage:
                return ("stages", index, "with" if "with" in stage else "use")
    return path


# ---------------------------------------------------------------- what a target can keep


def capability_diagnostics(
    delivery: Delivery, name: str, target: CapableTarget, config: Config, source: Located
) -> tuple[Diagnostic, ...]:
    """What the target `name` cannot express, what it would weaken without leave, and leave that nothing needs."""
    capabilities = tuple(target.capabilities(delivery, config))
    findings = (*_shortcomings(delivery, name, capabilities), *_idle_leave(delivery, name, capabilities))
    return tuple(sorted({_located(source, finding) for finding in findings}, key=lambda each: each.sort_key))


def _shortcomings(delivery: Delivery, name: str, capabilities: Iterable[Capability]) -> Iterator[Finding]:
    allowed = {control for target, control, _ in delivery.allowed_weaker if target == name}
    for each in capabilities:
        if each.fidelity is Fidelity.UNSUPPORTED:
            message = f"{name} cannot have {each.subject}: {each.detail}"
            yield Finding(each.origin, "PG301", message, "change the spec, or leave the target out of `targets`")
        elif each.weakens and each.subject not in allowed:
            leave = f"{{target: {name}, control: {each.subject}, reason: ...}}"
            message = f"{each.subject} is weaker on {name} than the spec asks for: {each.detail}"
            yield Finding(each.origin, "PG302", message, f"if that is acceptable, say why: allow_weaker: [{leave}]")


def _idle_leave(delivery: Delivery, name: str, capabilities: Iterable[Capability]) -> Iterator[Finding]:
    weaker = sorted({each.subject for each in capabilities if each.weakens or each.fidelity is Fidelity.UNSUPPORTED})
    for index, (target, control, _) in enumerate(delivery.allowed_weaker):
        if target == name and control not in weaker:
            message = f"nothing is weaker on {name} under the name {control!r}"
            hint = f"weaker there: {', '.join(weaker)}" if weaker else "remove the entry"
            yield Finding(("allow_weaker", index, "control"), "PG303", message, hint, Severity.WARNING)


# ---------------------------------------------------------------- stage kinds


def load_kinds(sources: Iterable[Located]) -> tuple[dict[str, StageKind], tuple[Diagnostic, ...]]:
    """The stage kinds by name, shipped ones first, and what is wrong with their files."""
    kinds: dict[str, StageKind] = {}
    diagnostics: list[Diagnostic] = []
    for source in sources:
        kind, misshapen = shape_as(StageKind, source)
        diagnostics += misshapen
        if kind is None:
            continue
        found = [_located(source, finding) for finding in kind_findings(kind, PurePosixPath(source.name).stem, kinds)]
        diagnostics += found
        if not has_errors(found):
            kinds[kind.kind] = kind
    return kinds, tuple(sorted(diagnostics, key=lambda each: each.sort_key))
