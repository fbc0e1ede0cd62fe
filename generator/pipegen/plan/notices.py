"""Messages to people at the moments that the spec names, each a step that can fail without changing a result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pipegen.delivery import (
    Action,
    Approval,
    Change,
    Complete,
    Deployment,
    DeploymentJob,
    Job,
    JobVariable,
    ParameterValue,
    Phase,
    Pipeline,
    PublishSummary,
    Review,
    Run,
    Step,
    StepVariable,
    Text,
    When,
)
from pipegen.plan.guards import GUARD
from pipegen.plan.jobs import job_minutes
from pipegen.plan.variables import secret_value
from pipegen.quoting import sh_quote
from pipegen.scripts import STRICT
from pipegen.spec.model import ModelSpec

ROLLBACK_PIPELINE = "action-rollback"
_MINUTES = 5

# The text is sent as it is read from variables: nothing of it is ever part of the program. Whatever a branch or a
# person is called, it stays plain text in the chat.
_PROGRAM = """
import json, os, re, sys, urllib.request
secret, form, *text = sys.argv[1:]
plain = lambda value: re.sub(r"[^\\w .,:/@#+=~-]", "_", value)
facts = [("version", "PIPEGEN_VERSION"), ("version", "PIPEGEN_PARAM_VERSION"), ("branch", "PIPEGEN_BRANCH"),
         ("environment", "PIPEGEN_PARAM_ENVIRONMENT"), ("commit", "PIPEGEN_COMMIT"), ("started by", "PIPEGEN_ACTOR")]
lines = [" ".join(text)] + [f"{name}: {plain(os.environ[key])}" for name, key in facts if os.environ.get(key)]
lines.append(os.environ.get("PIPEGEN_RUN_URL", ""))
body = {"text": "\\n".join(lines)}
if form == "adaptive-card":
    blocks = [{"type": "TextBlock", "text": line, "wrap": True} for line in lines]
    card = {"type": "AdaptiveCard", "version": "1.4", "body": blocks}
    content = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    body = {"type": "message", "attachments": [content]}
try:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(os.environ[secret], json.dumps(body).encode(), headers)
    urllib.request.urlopen(request, timeout=60).close()
except (OSError, ValueError) as error:
    code = getattr(error, "code", "")
    sys.exit(f"error: the message was not delivered: {type(error).__name__} {code}")
"""


def with_notices(spec: ModelSpec, pipeline: Pipeline) -> Pipeline:
    """The pipeline with a message at each of its moments; a change and a review have none, as their authors watch."""
    if spec.notify is None or isinstance(pipeline.event, Change | Review):
        return pipeline
    phases = tuple(each for phase in pipeline.phases for each in _phases(spec, pipeline, phase))
    failed = _failed(spec, pipeline) if "failed" in spec.notify.moments else None
    return replace(pipeline, phases=phases, failed=failed)


def _notice(spec: ModelSpec, moment: str, words: str, when: When = When.SUCCESS) -> Run:
    return _run(spec, moment, f"set -- {sh_quote(words)}", when)


def _run(spec: ModelSpec, moment: str, words: str, when: When = When.SUCCESS) -> Run:
    """A step that sends what the lines `words` leave in "$@"."""
    if spec.notify is None:
        raise ValueError("a spec without `notify` has no notices")
    secret = spec.notify.webhook
    variable = StepVariable(secret, secret_value(None, secret, spec.secrets[secret]))
    text = f"{STRICT}\n{words}\npython3 -I - {secret} {spec.notify.form} \"$@\" <<'END'{_PROGRAM}END\n"
    title = f"Notify: {moment.replace('-', ' ')}"
    return Run(f"notify-{moment}", title, text, (variable,), _MINUTES, advisory=True, when=when, origin=("notify",))


def _job(spec: ModelSpec, id_: str, title: str, step: Run, variables: tuple[JobVariable, ...] = ()) -> Job:
    return Job(
        id=id_,
        title=title,
        steps=(step,),
        variables=(JobVariable("PIPEGEN_ENVIRONMENT", Text("")), *variables),
        runner=spec.runtime.runner,
        timeout_minutes=job_minutes((step,)),
        origin=("notify",),
    )


# ---------------------------------------------------------------- failed


def _failed(spec: ModelSpec, pipeline: Pipeline) -> Job:
    parameters = pipeline.event.parameters if isinstance(pipeline.event, Action) else ()
    given = tuple(JobVariable(each.variable, ParameterValue(each.name)) for each in parameters)
    step = _notice(spec, "failed", f"{spec.model.name}: {pipeline.title} failed")
    return _job(spec, "notify-failed", "Tell that the run failed", step, given)


# ---------------------------------------------------------------- approvals


def _phases(spec: ModelSpec, pipeline: Pipeline, phase: Phase) -> Iterator[Phase]:
    """The phase, and before it one that tells who waits for whom, as nothing of a phase runs before its approval."""
    told = spec.notify is not None and "approval-waiting" in spec.notify.moments
    phase = replace(phase, waves=tuple(tuple(_guard(spec, pipeline, job) for job in wave) for wave in phase.waves))
    if phase.deployment is not None:
        phase = replace(phase, deployment=_deployment(spec, pipeline, phase.deployment, told=told))
    if told and phase.approval is not None and phase.only is None:
        title = f"Tell that {phase.approval.environment} waits"
        job = _job(spec, f"notify-{phase.approval.id}", title, _waiting(spec, phase.approval))
        id_ = f"notify-{phase.id}"
        yield Phase(id_, title, None, None, ((job,),), None, phase.needs, None, ("notify",))
        phase = replace(phase, needs=(id_,))
    yield phase


def _waiting(spec: ModelSpec, approval: Approval) -> Run:
    people = f"{approval.count} of {', '.join(approval.approvers)}"
    return _notice(spec, "approval-waiting", f"Approval waiting: {approval.title} ({people})")


def _guard(spec: ModelSpec, pipeline: Pipeline, job: Job) -> Job:
    """Where a parameter decides which phase takes place, the job that checks the parameters tells."""
    asking = [(phase.only[1], phase.approval) for phase in pipeline.phases if phase.only and phase.approval]
    if job.id != GUARD or not asking or spec.notify is None or "approval-waiting" not in spec.notify.moments:
        return job
    lines = ['case "$PIPEGEN_PARAM_ENVIRONMENT" in']
    for environment, approval in asking:
        people = f"{approval.count} of {', '.join(approval.approvers)}"
        lines.append(f"  {environment}) set -- {sh_quote(f'Approval waiting: {approval.title} ({people})')} ;;")
    step = _run(spec, "approval-waiting", "\n".join([*lines, "  *) exit 0 ;;", "esac"]))
    return _with_step(job, len(job.steps), step)


# ---------------------------------------------------------------- deployments


def _deployment(spec: ModelSpec, pipeline: Pipeline, unit: Deployment, *, told: bool) -> Deployment:
    jobs = []
    for position, each in enumerate(unit.jobs):
        after = unit.jobs[position + 1].approval if position + 1 < len(unit.jobs) else None
        job = _done(spec, pipeline, unit, _restored(spec, unit, each.job))
        if told and after is not None:
            job = _with_step(job, _end(job), _waiting(spec, after))
        jobs.append(DeploymentJob(job, each.approval))
    closing = _restored(spec, unit, unit.closing) if unit.closing else None
    return replace(unit, jobs=tuple(jobs), closing=closing)


def _done(spec: ModelSpec, pipeline: Pipeline, unit: Deployment, job: Job) -> Job:
    back = pipeline.id == ROLLBACK_PIPELINE
    moment, words = ("rolled-back", "was rolled back in") if back else ("deployed", "was deployed to")
    ends = [position for position, step in enumerate(job.steps) if isinstance(step, Complete)]
    if not ends or spec.notify is None or moment not in spec.notify.moments:
        return job
    return _with_step(job, ends[0] + 1, _notice(spec, moment, f"{spec.model.name} {words} {unit.environment}"))


def _restored(spec: ModelSpec, unit: Deployment, job: Job) -> Job:
    undoing = [place for place, step in enumerate(job.steps) if isinstance(step, Run) and step.when is When.UNDO]
    if not undoing or spec.notify is None or "restored" not in spec.notify.moments:
        return job
    name = f"{spec.model.name} in {unit.environment}"
    done, failed = f"{name}: the deployment failed and was undone", f"{name}: the deployment failed and could NOT be"
    lines = [
        f"set -- {sh_quote(done)}",
        f'if [ ! -e "$PIPEGEN_HOME/restored" ]; then set -- {sh_quote(f"{failed} undone")}; fi',
    ]
    return _with_step(job, undoing[-1] + 1, _run(spec, "restored", "\n".join(lines), When.UNDO))


def _end(job: Job) -> int:
    """Before the summary, which stands last."""
    return len(job.steps) - isinstance(job.steps[-1], PublishSummary)


def _with_step(job: Job, place: int, step: Step) -> Job:
    steps = (*job.steps[:place], step, *job.steps[place:])
    return replace(job, steps=steps, timeout_minutes=job.timeout_minutes + _MINUTES)
