"""What GitLab makes of approvals, locks, secrets, identities and the way back, and what must be set there."""

from __future__ import annotations

from collections.abc import Iterator

from pipegen.config import Config
from pipegen.delivery import (
    Approval,
    Capability,
    Delivery,
    Deployment,
    EnvironmentSettings,
    Fidelity,
    Lock,
    Run,
    SecretValue,
    TokenValue,
    When,
)
from pipegen.diagnostics import KeyPath
from pipegen.targets.gitlab.names import approval_environment, approvers, resource_group
from pipegen.targets.gitlab.values import secret_names


def control_capabilities(delivery: Delivery, config: Config) -> Iterator[Capability]:
    deployments = [phase.deployment for pipeline in delivery.pipelines for phase in pipeline.phases if phase.deployment]
    inside = {each.approval.id for unit in deployments for each in unit.jobs if each.approval}
    for environment in delivery.environments:
        yield _environment(environment)
        for approval in environment.approvals:
            yield from _approval(approval, environment, config, inside=approval.id in inside)
            if approval.id in delivery.people_wanted:
                how = "GitLab tells scripts nobody's name: the record says who was asked, the run's page who answered"
                yield Capability(f"people of approval {approval.id}", Fidelity.APPROXIMATED, how, approval.origin)
        yield from (_secret(secret, environment) for secret in environment.secrets)
        yield from (_token(token, environment) for token in environment.tokens)
    yield from (_secret(secret, None) for secret in delivery.shared_secrets)
    yield from _locks(deployments)
    yield from _ways_back(deployments)


def _environment(environment: EnvironmentSettings) -> Capability:
    refs = [*environment.branches, *environment.tags]
    subject, name = f"environment {environment.name}", environment.name
    if not refs:
        how = f"environment {name}, open to every branch: nothing that its variables hold may change anything"
    else:
        how = (
            f"protected environment {name} (Premium) without approval rules, which would hold up the way back too; "
            f"allowed to deploy are those who may merge into or push {', '.join(refs)}, all of which are protected"
        )
    return Capability(subject, Fidelity.WITH_SETTINGS, how, environment.origin)


# ---------------------------------------------------------------- approvals


def _approval(
    approval: Approval, environment: EnvironmentSettings, config: Config, *, inside: bool
) -> Iterator[Capability]:
    yield _count(approval, environment, config)
    where = f"environment {approval_environment(approval)}"
    how = f"{where}: 'Allow pipeline triggerer to approve deployment' off; that is who pushed, merged or started"
    yield Capability(f"initiator of approval {approval.id}", Fidelity.WITH_SETTINGS, how, approval.origin)
    yield _expiry(approval, inside=inside)


def _count(approval: Approval, environment: EnvironmentSettings, config: Config) -> Capability:
    subject, people = f"approval {approval.id}", approvers(approval, config)
    if all(each.startswith("@") for each in people) and len(people) < approval.count:
        reason = f"{approval.count} approvals, but only {len(people)} people to give them: {', '.join(people)}"
        return Capability(subject, Fidelity.UNSUPPORTED, reason, approval.origin)
    refs = ", ".join((*environment.branches, *environment.tags)) or "every branch"
    how = (
        f"protected environment {approval_environment(approval)} (Premium, made before the first run) with "
        f"{_rules(approval, people)}; allowed to deploy are these alone; it has no variables; runs on {refs}. After "
        "the approvals one of them must start the job by hand: GitLab starts none by itself. Where it has no protected "
        "environments (Free) the job fails; without the rules whoever may start it releases it alone, and a job that "
        "is run again asks nobody again"
    )
    return Capability(subject, Fidelity.APPROXIMATED, how, approval.origin)


def _rules(approval: Approval, people: tuple[str, ...]) -> str:
    """A person counts once, whichever rule counts them."""
    if len(people) == approval.count:
        return "approval rules: " + ", ".join(f"1 out of {each}" for each in people)
    return f"an approval rule: {approval.count} out of one group that holds {', '.join(people)}"


def _expiry(approval: Approval, *, inside: bool) -> Capability:
    subject = f"expiry of approval {approval.id}"
    how = f"a job that is started later than {approval.expires_minutes} minutes after it was asked for fails"
    if not inside:
        return Capability(subject, Fidelity.APPROXIMATED, f"{how}, but waits until then", approval.origin)
    how += (
        " and the deployment is undone, but GitLab ends no wait by itself: if nobody answers, what is deployed "
        "half-way stays, and keeps its lock, until somebody does"
    )
    return Capability(subject, Fidelity.APPROXIMATED, how, approval.origin, weakens=True)


# ---------------------------------------------------------------- secrets and identity


def _secret(secret: SecretValue, environment: EnvironmentSettings | None) -> Capability:
    names = " and ".join(secret_names(secret))
    place = environment.name if environment else "shared"
    scope = f"environment scope {environment.name}" if environment else "all environments"
    kind = "type File" if secret.type == "file" else "masked and hidden"
    is_guarded = environment is not None and (environment.branches or environment.tags)
    protected = "protected" if is_guarded else "not protected, as checks of unprotected branches read it"
    how = (
        f"variable {names} of the project: {scope}, {kind}, {protected}, not expanded. GitLab gives it to every job of "
        "the environment; the model's own jobs hide it from scripts that do not name it"
    )
    origin: KeyPath = (*(environment.origin if environment else ()), "secrets", secret.name)
    return Capability(f"secret {place}/{secret.name}", Fidelity.WITH_SETTINGS, how, origin)


def _token(token: TokenValue, environment: EnvironmentSettings) -> Capability:
    how = (
        f"what checks tokens for {token.audience} trusts the GitLab instance and requires the claims environment "
        f"{environment.name}, ref_protected true and the project; the subject names the branch, not the environment"
    )
    return Capability(f"token {environment.name}/{token.name}", Fidelity.WITH_SETTINGS, how, environment.origin)


# ---------------------------------------------------------------- locks and the way back


def _locks(deployments: list[Deployment]) -> Iterator[Capability]:
    locks: dict[Lock, KeyPath] = {}
    for deployment in deployments:
        locks.setdefault(deployment.lock, deployment.origin)
    environments = {deployment.environment for deployment in deployments}
    for lock, origin in locks.items():
        mode = "oldest_first" if lock.waiting == "all" else "newest_first"
        group = f"resource group {resource_group(lock)}, for this project alone"
        how = f"{group}: after its first use set process_mode {mode}"
        if lock.waiting == "newest":
            how += "; older ones wait on, and run after the newest, unless somebody cancels them"
        if lock.name not in environments:
            how += "; a rollback does not wait for a deployment under way"
        fidelity = Fidelity.WITH_SETTINGS if lock.waiting == "all" else Fidelity.APPROXIMATED
        yield Capability(f"lock {lock.name}", fidelity, how, origin)


def _ways_back(deployments: list[Deployment]) -> Iterator[Capability]:
    seen: set[tuple[str, bool]] = set()
    for deployment in deployments:
        jobs = [*(each.job for each in deployment.jobs), *([deployment.closing] if deployment.closing else [])]
        undoes = any(isinstance(step, Run) and step.when is When.UNDO for job in jobs for step in job.steps)
        key = (deployment.environment, deployment.closing is not None)
        if undoes and key not in seen:
            seen.add(key)
            yield _way_back(deployment)


def _way_back(deployment: Deployment) -> Capability:
    how = (
        "a job of its own, also after a rejection; a pipeline that is cancelled cancels it too, and a runner that is "
        "lost never says that the deployment had begun: roll back by hand then"
        if deployment.closing
        else "steps of the same job, in after_script where it is cancelled or runs out of time; a lost runner takes "
        "them along, and a forced cancellation too"
    )
    return Capability(f"restore {deployment.environment}", Fidelity.APPROXIMATED, how, deployment.origin)
