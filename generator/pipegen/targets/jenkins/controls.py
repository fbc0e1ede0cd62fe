"""Controls on Jenkins: approvals, locks, secrets, and the way back."""

from __future__ import annotations

from collections.abc import Iterator

from pipegen.config import Config
from pipegen.delivery import (
    Approval,
    Capability,
    Change,
    Delivery,
    Deployment,
    EnvironmentSettings,
    Fidelity,
    Merged,
    Pipeline,
    Review,
    Run,
    SecretValue,
    Tagged,
    TokenValue,
    When,
)
from pipegen.diagnostics import KeyPath
from pipegen.targets.jenkins.names import approvers, job_name
from pipegen.targets.jenkins.stages import supersedes

_KINDS = {"string": "secret text", "file": "secret file", "username-password": "username with password"}


def control_capabilities(delivery: Delivery, config: Config) -> Iterator[Capability]:
    for environment in delivery.environments:
        for approval in environment.approvals:
            yield _count(approval, config)
            yield _expiry(approval)
            yield _initiator(delivery, approval)
            if approval.id in delivery.people_wanted:
                how = "the names that `input` gave"
                yield Capability(f"people of approval {approval.id}", Fidelity.EXACT, how, approval.origin)
        yield from _lock(delivery, environment)
        yield from _restore(delivery, environment)
        for secret in environment.secrets:
            yield _secret(delivery, secret, environment.origin)
        for token in environment.tokens:
            yield _token(delivery, token, environment.origin)
    for secret in delivery.shared_secrets:
        yield _secret(delivery, secret, ("secrets", secret.name))


# ---------------------------------------------------------------- approvals


def _count(approval: Approval, config: Config) -> Capability:
    asked = approvers(approval, config)
    names = ", ".join(asked)
    subject = f"approval {approval.id}"
    if approval.count > len(asked):
        detail = f"{', '.join(approval.approvers)} are one on Jenkins, {names}: give each its own name in pipegen.toml"
        return Capability(subject, Fidelity.UNSUPPORTED, detail, approval.origin, weakens=True)
    if 1 < approval.count < len(asked):
        detail = (
            f"{approval.count} different people out of {names}; Jenkins does not say whether they are of the same team"
        )
        return Capability(subject, Fidelity.APPROXIMATED, detail, approval.origin, weakens=True)
    whom = "one of each of" if approval.count > 1 else "one of"
    detail = (
        f"the run counts different people, {whom} {names}: names of users or of groups in Jenkins' security realm. "
        "Administrators can always answer"
    )
    return Capability(subject, Fidelity.WITH_SETTINGS, detail, approval.origin)


def _expiry(approval: Approval) -> Capability:
    detail = f"the prompt ends the run after {approval.expires_minutes} minutes"
    return Capability(f"expiry of approval {approval.id}", Fidelity.EXACT, detail, approval.origin)


def _initiator(delivery: Delivery, approval: Approval) -> Capability:
    subject = f"initiator of approval {approval.id}"
    pushed = [
        each.id for each in delivery.pipelines if _asks(each, approval) and isinstance(each.event, Merged | Tagged)
    ]
    if pushed:
        detail = (
            f"Jenkins does not know who pushed or merged, so that person may approve in {', '.join(pushed)}; whoever "
            "starts a run by hand may not"
        )
        return Capability(subject, Fidelity.APPROXIMATED, detail, approval.origin, weakens=True)
    detail = "the approval of whoever started the run does not count, and nobody starts a run of the timer"
    return Capability(subject, Fidelity.EXACT, detail, approval.origin)


def _asks(pipeline: Pipeline, approval: Approval) -> bool:
    for phase in pipeline.phases:
        units = phase.deployment.jobs if phase.deployment else ()
        if any(asked == approval for asked in (phase.approval, *(unit.approval for unit in units))):
            return True
    return False


# ---------------------------------------------------------------- locks and the way back


def _lock(delivery: Delivery, environment: EnvironmentSettings) -> Iterator[Capability]:
    deployments = tuple(_deployments(delivery, environment.name))
    if not deployments:
        return
    subject = f"lock {environment.name}"
    names = ", ".join(dict.fromkeys(deployment.lock.name for _, deployment in deployments))
    detail = f"resources {names} of Lockable Resources, made at first use, for all jobs of one controller"
    if environment.waiting == "all":
        yield Capability(
            subject, Fidelity.WITH_SETTINGS, f"{detail}; runs wait in the order of asking", environment.origin
        )
        return
    newest = {pipeline.id for pipeline, deployment in deployments if supersedes(pipeline, deployment)}
    orderly = sorted({pipeline.id for pipeline, _ in deployments} - newest)
    if newest:
        detail += (
            f"; a newer run of {', '.join(sorted(newest))} goes first, and an older one that waits ends as soon as its "
            "turn comes, runs of other jobs stay"
        )
    if orderly:
        detail += f"; runs of {', '.join(orderly)} wait in the order of asking"
    yield Capability(subject, Fidelity.APPROXIMATED, detail, environment.origin)


def _restore(delivery: Delivery, environment: EnvironmentSettings) -> Iterator[Capability]:
    undone = [each for _, each in _deployments(delivery, environment.name) if any(map(_undoes, _closing_runs(each)))]
    if not undone:
        return
    alone = any(each.closing is None for each in undone)
    lost = "; nor does it run if the agent of the deployment is lost" if alone else ""
    if any(each.closing and all(map(_undoes, _closing_last(each))) for each in undone):
        lost += "; the job that closes a rollout takes an agent only if there is something to undo"
    detail = (
        "after a failure, a refusal, an expiry, a time-out and an abort of the run; ending the run by force, which "
        f"Jenkins offers after an abort, also ends the restore{lost}"
    )
    yield Capability(f"restore {environment.name}", Fidelity.APPROXIMATED, detail, undone[0].origin)


def _deployments(delivery: Delivery, environment: str) -> Iterator[tuple[Pipeline, Deployment]]:
    for pipeline in delivery.pipelines:
        for phase in pipeline.phases:
            if phase.deployment is not None and phase.deployment.environment == environment:
                yield pipeline, phase.deployment


def _closing_runs(deployment: Deployment) -> Iterator[Run]:
    job = deployment.closing or deployment.jobs[0].job
    yield from (step for step in job.steps if isinstance(step, Run))


def _closing_last(deployment: Deployment) -> Iterator[Run]:
    """What is not there to prepare the others."""
    return (run for run in _closing_runs(deployment) if run.when is not When.SUCCESS)


def _undoes(run: Run) -> bool:
    return run.when is When.UNDO


# ---------------------------------------------------------------- secrets


def _secret(delivery: Delivery, secret: SecretValue, origin: KeyPath) -> Capability:
    subject = f"secret {secret.environment or 'shared'}/{secret.name}"
    detail = f"credential {secret.credential} ({_KINDS[secret.type]}), {_folder(delivery, secret)}"
    return Capability(subject, Fidelity.WITH_SETTINGS, detail, origin)


def _token(delivery: Delivery, token: TokenValue, origin: KeyPath) -> Capability:
    detail = (
        f"credential {token.credential} (OpenID Connect id token, of the plugin OpenID Connect Provider) for the "
        f"audience {token.audience}, {_folder(delivery, token)}; its subject, which the other side trusts, is the "
        "job's address"
    )
    return Capability(f"token {token.environment}/{token.name}", Fidelity.WITH_SETTINGS, detail, origin)


def _folder(delivery: Delivery, value: SecretValue | TokenValue) -> str:
    """Jenkins keeps credentials from jobs by folders alone."""
    having = [job_name(delivery, pipeline) for pipeline in delivery.pipelines if _uses(pipeline, value)]
    lacking = [
        job_name(delivery, pipeline)
        for pipeline in delivery.pipelines
        if isinstance(pipeline.event, Change | Review) and not _uses(pipeline, value)
    ]
    kept_from = f" and out of reach of {' and '.join(lacking)}" if lacking else ""
    return f"in a folder around {', '.join(having) or 'the jobs that will use it'}{kept_from}"


def _uses(pipeline: Pipeline, value: SecretValue | TokenValue) -> bool:
    runs = (step for job in pipeline.jobs for step in job.steps if isinstance(step, Run))
    return any(variable.value == value for run in runs for variable in run.variables)
