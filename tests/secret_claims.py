"""What must hold for secrets in the delivery of every spec: each reaches the steps that it is for, and no other."""

from __future__ import annotations

from collections.abc import Iterator

from pipegen.delivery import Delivery, Job, Run, SecretValue, TokenValue
from pipegen.diagnostics import KeyPath
from pipegen.plan.flow import environments
from pipegen.plan.variables import LEDGER_TOKEN
from pipegen.spec.model import ModelSpec
from record_claims import REGISTRY, of_the_record
from walking import all_runs


def secrets_reach_only_the_steps_they_are_for(spec: ModelSpec, delivery: Delivery) -> Iterator[str]:
    for job, step in all_runs(delivery):
        for variable in step.variables:
            value = variable.value
            if isinstance(value, SecretValue | TokenValue) and not _is_for(spec, job, step, value):
                yield f"{value.environment} {value.name} reaches {job.id}/{step.id}"


def _is_for(spec: ModelSpec, job: Job, step: Run, value: SecretValue | TokenValue) -> bool:
    if value.environment not in (None, job.environment):
        return False
    if value.name == LEDGER_TOKEN:
        return value.environment is not None and of_the_record(step.script)
    scope = _scope(spec, value)
    if of_the_record(step.script) or REGISTRY.search(step.script):
        called = isinstance(value, SecretValue) and bool(REGISTRY.search(step.script))
        return called and _is_named(spec, value, scope, "registry")
    return _is_for_origin(spec, step.origin, value, scope)


def _is_for_origin(
    spec: ModelSpec, origin: KeyPath, value: SecretValue | TokenValue, scope: tuple[str, ...] | None
) -> bool:
    match origin:
        case ("runtime", *_):
            return value.name in {index.secret for index in spec.runtime.indexes}
        case ("stages", int(index), *_) if isinstance(value, TokenValue):
            return spec.stages[index].deploys if scope is None else spec.stages[index].id in scope
        case ("stages", int(index), *_):
            return _is_named(spec, value, scope, spec.stages[index].id)
        case ("store" | "archive", *_):
            return _is_named(spec, value, scope, "store")
        case _:
            return False


def _is_named(spec: ModelSpec, value: SecretValue | TokenValue, scope: tuple[str, ...] | None, name: str) -> bool:
    """Whether a secret is for what has this name; one of a package index is for nothing that does not say so."""
    return value.name not in {index.secret for index in spec.runtime.indexes} if scope is None else name in scope


def _scope(spec: ModelSpec, value: SecretValue | TokenValue) -> tuple[str, ...] | None:
    if value.environment is None:
        return spec.secrets[value.name].stages
    place = environments(spec)[value.environment]
    return place.identity[value.name].stages if isinstance(value, TokenValue) else place.secrets[value.name].stages
