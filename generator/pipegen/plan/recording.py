"""What happened to a model goes into the ledger: deployments once they are verified, rollbacks, ways back, archives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipegen.config import Config, Ledger
from pipegen.delivery import ApprovedBy, PublishedValue, Run, Step, StepVariable, Text, When
from pipegen.plan import gates, registering
from pipegen.plan.artifacts import Available, digest_name, evidence_artifact, is_evidence, source_digest
from pipegen.plan.flow import arrivals, deployed_environments, environment_of, environments
from pipegen.plan.gates import PYTHON
from pipegen.plan.jobs import Setting, origin_of
from pipegen.plan.selection import in_environment
from pipegen.plan.variables import LEDGER_SCOPE, LEDGER_TOKEN, scoped_variables
from pipegen.quoting import sh_quote
from pipegen.scripts import STRICT
from pipegen.spec.flow import Environment, Secret
from pipegen.spec.model import Action, ModelSpec, Schedule
from pipegen.spec.stages import Stage

ARCHIVE = "archive"
"""The environment of the job that archives, where there is a ledger: it alone has the token outside of deployments."""

RESTORED_MARK = ': > "$PIPEGEN_HOME/restored"'
"""The last line of a restore, by which later steps know how it ended."""

MINUTES = 15

# What gates wrote in earlier jobs and in this one; each packed report is there, or packing would have failed. To older
# versions of bash an empty array is an error under `set -u`; no arguments at all are none.
_REPORTS = """\
shopt -s nullglob
set --
for report in "$PIPEGEN_ARTIFACTS"/evidence-*/gate-*.json "$PIPEGEN_HOME"/gate-*.json; do
  set -- "$@" --gates "$report"
done
"""


def with_ledger(spec: ModelSpec, config: Config) -> ModelSpec:
    """The spec with the ledger's token in each environment whose runs write to it, for those steps alone."""
    if config.ledger is None or config.pin is None:
        return spec
    token = {LEDGER_TOKEN: Secret(stages=(LEDGER_SCOPE,))}
    known = environments(spec)
    writing = (*_deployed_to(spec), *((ARCHIVE,) if any(each.role == "archive" for each in arrivals(spec)) else ()))
    added = {
        name: each.model_copy(update={"secrets": {**each.secrets, **token}})
        for name in writing
        for each in (known.get(name, Environment()),)
    }
    return spec.model_copy(update={"environments": {**spec.environments, **added}})


def _deployed_to(spec: ModelSpec) -> Iterator[str]:
    deploying = {stage.id: stage for stage in spec.stages if stage.deploys}
    for name in deployed_environments(spec):
        yield from (name for stage in deploying.values() if in_environment(stage, name))
    started_apart: tuple[Schedule | Action, ...] = (*spec.schedules.values(), *spec.actions.values())
    for started in started_apart:
        if started.environment is not None and not deploying.keys().isdisjoint(started.stages):
            yield started.environment


def ledger_variables(setting: Setting, environment: str | None) -> tuple[StepVariable, ...]:
    """The token, and where the ledger is if not where it usually is."""
    if setting.ledger is None:
        return ()
    usual = Ledger()
    places = {
        "PIPEGEN_LEDGER_BRANCH": setting.ledger.branch if setting.ledger.branch != usual.branch else None,
        "PIPEGEN_LEDGER_URL": setting.ledger.url,
        "PIPEGEN_LEDGER_USERNAME": setting.ledger.username,
    }
    plain = tuple(StepVariable(name, Text(text)) for name, text in places.items() if text is not None)
    return (*plain, *scoped_variables(setting.spec, LEDGER_SCOPE, environment))


# ---------------------------------------------------------------- what is deployed


def source_line(spec: ModelSpec) -> str:
    """A line of bash that leaves the digest of the source tree in `source`."""
    return f'source="$({source_digest(spec)})"\n'


def artifact_option(name: str) -> str:
    return f'--artifact {name}="${digest_name(name)}"'


def digest_variables(available: Available) -> tuple[StepVariable, ...]:
    return tuple(
        StepVariable(digest_name(name), PublishedValue(job, digest_name(name)))
        for name, job in available.artifacts.items()
        if not is_evidence(name)
    )


# ---------------------------------------------------------------- once it is done


def recorded(
    setting: Setting, stage: Stage, environment: str, available: Available, *, by_version: bool
) -> Iterator[Step]:
    """The entry first, then the registry: what fails in between is found and resumed."""
    if setting.ledger is None:
        return
    spec = setting.spec
    again = ["--as-recorded"] if by_version else ['--source "$source"']
    options = [*_owner(setting, made=not by_version), *_asked(setting, environment), *again]
    options += map(artifact_option, (each for each in available.artifacts if not is_evidence(each)))
    options += [*_evidence(setting, environment, available), '"$@"']
    source = "" if by_version else source_line(spec)
    text = f"{STRICT}\n{source}{_REPORTS}{_add('deployment', options)}"
    variables = (*ledger_variables(setting, environment), *digest_variables(available), *_people(setting, environment))
    yield _entry(setting, stage, "ledger", f"Enter the deployment to {environment} into the ledger", text, variables)
    yield from registering.promoted(setting, stage, environment, ledger_variables(setting, environment))


def _evidence(setting: Setting, environment: str, available: Available) -> Iterator[str]:
    for stage in setting.spec.stages:
        name = evidence_artifact(stage, environment)
        folder = f'"$PIPEGEN_ARTIFACTS/{name}'
        if name in available.artifacts:
            yield from (f'--metrics {folder}/metrics.json"' for _ in (stage.metrics,) if stage.metrics)
            yield from (f'--lineage {folder}/lineage.json"' for _ in (stage.lineage,) if stage.lineage)


def rolled_back(setting: Setting, stage: Stage, environment: str) -> Iterator[Step]:
    if setting.ledger is not None:
        text = f"{STRICT}\n{_add('rollback', [*_owner(setting), *_asked(setting, environment)])}"
        variables = (*ledger_variables(setting, environment), *_people(setting, environment, rollback=True))
        yield _entry(setting, stage, "ledger", f"Enter the rollback of {environment} into the ledger", text, variables)


def rolled_back_in_registry(setting: Setting, stage: Stage, environment: str) -> Iterator[Step]:
    if setting.ledger is not None and registering.uses_registry(setting.spec, setting.config):
        yield from gates.install_with_registry(setting.config)
        variables = ledger_variables(setting, environment)
        yield from registering.promoted(setting, stage, environment, variables, rollback=True)


def restored(setting: Setting, stage: Stage, environment: str) -> Iterator[Step]:
    """How the way back ended, whatever it was."""
    if setting.ledger is None:
        return
    lines = ["set --", 'if [ ! -e "$PIPEGEN_HOME/restored" ]; then set -- --failed; fi'] if stage.restore else []
    options = ['"$@"'] if stage.restore else ["--failed"]
    text = "\n".join([STRICT, *lines, _add("restore", options)])
    variables = ledger_variables(setting, environment)
    title = f"Enter the way back in {environment} into the ledger"
    yield _entry(setting, stage, "ledger-restore", title, text, variables, When.UNDO)
    if stage.restore:
        yield from registering.restored(setting, stage, environment, variables)


def archived(setting: Setting) -> Iterator[Run]:
    if setting.ledger is None:
        return
    options = [
        *_owner(setting),
        '--branch-name "$PIPEGEN_BRANCH"',
        "--tree \"$(git rev-parse 'HEAD^{tree}')\"",
        "--record .pipegen/record.tar",
    ]
    text = f"{STRICT}\n{_add('archive', options)}"
    yield Run("ledger", "Enter the record into the ledger", text, ledger_variables(setting, ARCHIVE), MINUTES)


def _owner(setting: Setting, *, made: bool = False) -> list[str]:
    """Whose model it is, and the spec that it was made by."""
    spec = [f"--spec {sh_quote(setting.spec_path)}"] if made else []
    return [f"--owner {sh_quote(setting.spec.model.owner)}", *spec]


def _asked(setting: Setting, environment: str) -> Iterator[str]:
    """Of whom how many had to approve: the people themselves, where the CI system names them, come as a variable."""
    approvals = environment_of(setting.spec, environment).approvals
    if approvals is not None:
        people = f"{approvals.count} of {', '.join(approvals.approvers)}"
        yield f"--asked {sh_quote(people)}"


def _people(setting: Setting, environment: str, *, rollback: bool = False) -> Iterator[StepVariable]:
    if environment_of(setting.spec, environment).approvals is not None:
        approval = f"{environment}-rollback" if rollback else environment
        yield StepVariable("PIPEGEN_APPROVERS", ApprovedBy(approval))


def _add(kind: str, options: Iterable[str]) -> str:
    return " \\\n  ".join([f"{PYTHON} pipegen.ledger add {kind}", *options]) + "\n"


def _entry(
    setting: Setting,
    stage: Stage,
    id_: str,
    title: str,
    text: str,
    variables: tuple[StepVariable, ...],
    when: When = When.SUCCESS,
) -> Run:
    return Run(id_, title, text, variables, MINUTES, when=when, origin=origin_of(setting.spec, stage))


def installed(setting: Setting) -> Iterator[Run]:
    """The pipegen that writes entries, where nothing else needs it."""
    if setting.ledger is not None and setting.config.pin is not None:
        yield gates.install(setting.config.pin)
