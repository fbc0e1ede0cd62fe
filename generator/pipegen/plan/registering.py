"""The registry of models: versions go in once they are made, and its aliases follow what the ledger says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipegen.config import Config
from pipegen.delivery import Job, PublishSummary, Run, Step, StepVariable, Text, When
from pipegen.plan import artifacts, gates
from pipegen.plan.artifacts import Available, evidence_artifact, is_evidence, packed_file, source_digest
from pipegen.plan.gates import PYTHON
from pipegen.plan.jobs import Setting, job_minutes, opening, origin_of
from pipegen.plan.variables import REGISTRY_SCOPE, STORE_SCOPE, VERSION, job_variables, scoped_variables
from pipegen.scripts import STRICT
from pipegen.spec.model import ModelSpec
from pipegen.spec.stages import Stage

_MINUTES = 30
_VERSION = f'--version "${VERSION}"'


def uses_registry(spec: ModelSpec, config: Config) -> bool:
    return spec.registry is not None and config.registry is not None and config.pin is not None


def registry_variables(spec: ModelSpec, config: Config, environment: str | None) -> tuple[StepVariable, ...]:
    """Which registry it is, the model's name there, and the secrets whose stages name `registry`."""
    if spec.registry is None or config.registry is None:
        return ()
    names = {"PIPEGEN_REGISTRY": config.registry.kind, "PIPEGEN_REGISTRY_MODEL": spec.registry.name}
    plain = tuple(StepVariable(name, Text(text)) for name, text in names.items())
    return (*plain, *scoped_variables(spec, REGISTRY_SCOPE, environment))


def store_variables(spec: ModelSpec, config: Config, environment: str | None) -> tuple[StepVariable, ...]:
    """Secrets for the commands of the store, or for the registry where it is the store."""
    if spec.store is None and uses_registry(spec, config):
        return registry_variables(spec, config, environment)
    return scoped_variables(spec, STORE_SCOPE, environment)


def store_tools(spec: ModelSpec, config: Config) -> Iterator[Run]:
    """What the registry needs where it is the store."""
    if spec.store is None and uses_registry(spec, config):
        yield from gates.install_with_registry(config)


def has_store(spec: ModelSpec, config: Config) -> bool:
    return spec.store is not None or uses_registry(spec, config)


def registers(setting: Setting, available: Available) -> bool:
    """Whether there is a version to register: one that has a name, and something that it is made of."""
    made = any(not is_evidence(each) for each in available.artifacts)
    return uses_registry(setting.spec, setting.config) and VERSION in available.values and made


def register_job(setting: Setting, environment: str | None, available: Available) -> Job:
    """A version with what it is made of, before anything of it is deployed."""
    spec, config = setting.spec, setting.config
    steps: list[Step] = [*opening(spec, spec.runtime.requires), *gates.install_with_registry(config)]
    for name, job_id in available.artifacts.items():
        steps += artifacts.obtain(name, job_id, unpack=is_evidence(name))
    steps.append(_register(setting, environment, available))
    steps.append(PublishSummary())
    return Job(
        id="register",
        title="Register the version",
        steps=tuple(steps),
        environment=environment,
        variables=job_variables(spec, environment, setting.extra, available.published(), setting.parameters),
        runner=spec.runtime.runner,
        image=spec.runtime.image,
        timeout_minutes=job_minutes(steps),
        origin=("registry",),
    )


def _register(setting: Setting, environment: str | None, available: Available) -> Run:
    spec = setting.spec
    options = [_VERSION, '--commit "$PIPEGEN_COMMIT"', '--source "$source"']
    made = (name for name in available.artifacts if not is_evidence(name))
    options += [f"--artifact {name}={packed_file(name)}" for name in made]
    for stage in spec.stages:
        name = evidence_artifact(stage, environment)
        folder = f'"$PIPEGEN_ARTIFACTS/{name}'
        if name in available.artifacts:
            options += [f'--metrics {folder}/metrics.json"'] if stage.metrics else []
            options += [f'--lineage {folder}/lineage.json"'] if stage.lineage else []
    text = f'{STRICT}\nsource="$({source_digest(spec)})"\n{_command("register", options)}'
    variables = registry_variables(spec, setting.config, environment)
    return Run("register", "Register the version", text, variables, _MINUTES, origin=("registry",))


def promoted(
    setting: Setting, stage: Stage, environment: str, ledger: Sequence[StepVariable], *, rollback: bool = False
) -> Iterator[Run]:
    """The alias of what serves the environment goes to the version, as the ledger already says."""
    if uses_registry(setting.spec, setting.config):
        verb = "rollback" if rollback else "promote"
        text = f"{STRICT}\n{_command(verb, [f'--environment {environment}', _VERSION])}"
        yield _run(setting, stage, environment, "champion", f"Make it the champion of {environment}", text, ledger)


def restored(setting: Setting, stage: Stage, environment: str, ledger: Sequence[StepVariable]) -> Iterator[Run]:
    if uses_registry(setting.spec, setting.config):
        text = f"{STRICT}\n{_command('restore', [f'--environment {environment}'])}"
        title = f"Give {environment} its champion back"
        yield _run(setting, stage, environment, "champion-restore", title, text, ledger, When.UNDO)


def _run(
    setting: Setting,
    stage: Stage,
    environment: str,
    id_: str,
    title: str,
    text: str,
    ledger: Sequence[StepVariable],
    when: When = When.SUCCESS,
) -> Run:
    variables = (*registry_variables(setting.spec, setting.config, environment), *ledger)
    return Run(id_, title, text, variables, _MINUTES, when=when, origin=origin_of(setting.spec, stage))


def _command(verb: str, options: Sequence[str]) -> str:
    return " \\\n  ".join([f"{PYTHON} pipegen.registry {verb}", *options]) + "\n"
