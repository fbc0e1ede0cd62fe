"""Which variables, secrets and tokens a job and its steps get."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pipegen.delivery import (
    CONTEXT_VARIABLES,
    PATH_VARIABLES,
    JobVariable,
    Parameter,
    ParameterValue,
    PublishedValue,
    SecretValue,
    StepVariable,
    Text,
    TokenValue,
)
from pipegen.plan.flow import Occasion, environment_of
from pipegen.spec.flow import Environment, Secret
from pipegen.spec.model import ModelSpec
from pipegen.spec.stages import Stage

VERSION = "PIPEGEN_VERSION"
LEDGER_TOKEN = "PIPEGEN_LEDGER_TOKEN"  # noqa: S105  (the name of a secret)
STORE_SCOPE, REGISTRY_SCOPE, LEDGER_SCOPE = "store", "registry", "ledger"
"""What a secret's `stages` may name beside stages: the commands of the store and of the archive, the registry's, and
the ledger's (which only pipegen itself gives a secret to).
"""
RESERVED = (*CONTEXT_VARIABLES, *PATH_VARIABLES, "PIPEGEN_MODEL", "PIPEGEN_EVENT", "PIPEGEN_ENVIRONMENT")
"""What a spec may use but never set."""


def secret_variables(name: str, secret: Secret) -> tuple[str, ...]:
    """The variables that scripts see of a secret."""
    return (f"{name}_USERNAME", f"{name}_PASSWORD") if secret.type == "username-password" else (name,)


def secret_value(environment: str | None, name: str, secret: Secret) -> SecretValue:
    usual = f"{environment}-{name}" if environment else name
    return SecretValue(name, secret.type, environment, secret.credential or usual.lower().replace("_", "-"))


def token_values(environment: str, declared: Environment) -> dict[str, TokenValue]:
    return {
        name: TokenValue(
            name, token.audience, environment, token.credential or f"{environment}-{name}".lower().replace("_", "-")
        )
        for name, token in declared.identity.items()
    }


def job_variables(
    spec: ModelSpec,
    environment: str | None,
    extra: Mapping[str, str],
    published: Iterable[PublishedValue],
    parameters: Iterable[Parameter],
) -> tuple[JobVariable, ...]:
    """What every script of a job sees beside the run's context: what is more particular wins."""
    declared = environment_of(spec, environment)
    texts = {**spec.variables, **declared.variables, **extra}
    values = {"PIPEGEN_ENVIRONMENT": JobVariable("PIPEGEN_ENVIRONMENT", Text(environment or ""))}
    values |= {name: JobVariable(name, Text(text)) for name, text in texts.items()}
    values |= {value.name: JobVariable(value.name, value) for value in published}
    for parameter in parameters:
        values[parameter.variable] = JobVariable(parameter.variable, ParameterValue(parameter.name))
        if parameter.variable == "PIPEGEN_PARAM_VERSION":
            values[VERSION] = JobVariable(VERSION, ParameterValue(parameter.name))
    return tuple(values.values())


def stage_variables(
    spec: ModelSpec, stage: Stage, occasion: Occasion, environment: str | None
) -> tuple[StepVariable, ...]:
    """The stage's own variables, then the secrets and tokens that its scripts may see."""
    texts = dict(stage.variables)
    for override in stage.override:
        if occasion.among(override.at, default=()):
            texts |= override.variables
    plain = tuple(StepVariable(name, Text(text)) for name, text in texts.items())
    return (*plain, *_secrets(spec, stage.id, environment), *_tokens(spec, stage, environment))


def _secrets(spec: ModelSpec, stage_id: str, environment: str | None) -> Iterator[StepVariable]:
    """Those that name the stage, and those that name none.

    A package index's is for the installation alone, and the one that messages go to for messages.
    """
    declared = environment_of(spec, environment)
    own = {name: (environment, secret) for name, secret in declared.secrets.items()}
    shared: dict[str, tuple[str | None, Secret]] = {name: (None, secret) for name, secret in spec.secrets.items()}
    apart = {index.secret for index in spec.runtime.indexes} | {spec.notify.webhook if spec.notify else None}
    for name, (place, secret) in (shared | own).items():
        if stage_id in secret.stages if secret.stages is not None else name not in apart:
            yield StepVariable(name, secret_value(place, name, secret))


def _tokens(spec: ModelSpec, stage: Stage, environment: str | None) -> Iterator[StepVariable]:
    if environment is None:
        return
    declared = environment_of(spec, environment)
    for name, token in token_values(environment, declared).items():
        scope = declared.identity[name].stages
        if stage.id in scope if scope is not None else stage.deploys:
            yield StepVariable(name, token)


def scoped_variables(spec: ModelSpec, scope: str, environment: str | None) -> tuple[StepVariable, ...]:
    """Secrets for commands beside the stages: those of every stage, and those whose stages name `scope`.

    The ledger gets its token alone.
    """
    found = _secrets(spec, scope, environment)
    if scope == LEDGER_SCOPE:
        return tuple(each for each in found if each.name == LEDGER_TOKEN)
    return tuple(found)


def index_variables(spec: ModelSpec, environment: str | None) -> tuple[StepVariable, ...]:
    """Secrets of package indexes, for the installation alone."""
    declared = environment_of(spec, environment)
    found = []
    for index in spec.runtime.indexes:
        if index.secret in declared.secrets:
            found.append(
                StepVariable(index.secret, secret_value(environment, index.secret, declared.secrets[index.secret]))
            )
        elif index.secret is not None:
            found.append(
                StepVariable(index.secret, secret_value(None, index.secret, spec.secrets.get(index.secret, Secret())))
            )
    return tuple(dict.fromkeys(found))
