"""What GitHub makes of approvals, locks, secrets, identities and the way back, and what must be set there."""

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
from pipegen.targets.github.approvals import duration
from pipegen.targets.github.names import approval_environment, approvers, lock_group, reviewers
from pipegen.targets.github.variables import secret_names

_MOST_REVIEWERS = 6
_LONGEST_WAIT = 30 * 24 * 60


def control_capabilities(delivery: Delivery, config: Config) -> Iterator[Capability]:
    for environment in delivery.environments:
        yield _environment(environment)
        for approval in environment.approvals:
            yield from _approval(approval, environment, config)
            if approval.id in delivery.people_wanted:
                how = "an output of the job that counts them"
                yield Capability(f"people of approval {approval.id}", Fidelity.EXACT, how, approval.origin)
        yield from (_secret(secret, environment.name, environment.origin) for secret in environment.secrets)
        yield from (_token(token, environment) for token in environment.tokens)
    yield from (_secret(secret, "shared", ("secrets",)) for secret in delivery.shared_secrets)
    deployments = [phase.deployment for pipeline in delivery.pipelines for phase in pipeline.phases if phase.deployment]
    yield from _locks(deployments)
    yield from _ways_back(deployments)


def _environment(environment: EnvironmentSettings) -> Capability:
    return Capability(
        f"environment {environment.name}",
        Fidelity.WITH_SETTINGS,
        f"environment {environment.name} without reviewers, wait timer or custom protection rules, which would hold up "
        f"or fail the way back too, {_reached_from(environment)}; private repositories need GitHub Pro, Team or "
        "Enterprise for it",
        environment.origin,
    )


def _reached_from(environment: EnvironmentSettings) -> str:
    refs = [f"branch {each}" for each in environment.branches] + [f"tag {each}" for each in environment.tags]
    return f"its deployment branches and tags limited to {', '.join(refs)}" if refs else "open to every branch"


# ---------------------------------------------------------------- approvals


def _approval(approval: Approval, environment: EnvironmentSettings, config: Config) -> Iterator[Capability]:
    yield _count(approval, environment, config)
    yield _initiator(approval)
    yield _expiry(approval)


def _count(approval: Approval, environment: EnvironmentSettings, config: Config) -> Capability:
    subject, asked = f"approval {approval.id}", approvers(approval, config)
    largest = max(len(reviewers(approval, number + 1, config)) for number in range(approval.count))
    if approval.count > len(asked):
        reason = f"{approval.count} approvals, but only {len(asked)} approvers to give one each: {', '.join(asked)}"
        return Capability(subject, Fidelity.UNSUPPORTED, reason, approval.origin)
    if largest > _MOST_REVIEWERS:
        reason = f"an environment has at most {_MOST_REVIEWERS} reviewers, and {largest} would share one"
        return Capability(subject, Fidelity.UNSUPPORTED, reason, approval.origin)
    settings = (
        f"{_approval_environments(approval, config)}; each with prevent self-review, no bypass by administrators, "
        f"no secrets, {_reached_from(environment)}. Required reviewers need GitHub Enterprise in private repositories. "
        "Whatever is not set up so is refused: a job counts the people who approved"
    )
    if 1 < approval.count < len(asked):
        stricter = f"stricter than asked, as approvers are divided among the {approval.count} approvals: {settings}"
        return Capability(subject, Fidelity.APPROXIMATED, stricter, approval.origin)
    return Capability(subject, Fidelity.WITH_SETTINGS, settings, approval.origin)


def _approval_environments(approval: Approval, config: Config) -> str:
    listed = (
        f"environment {approval_environment(approval, number)} with reviewers "
        f"{', '.join(reviewers(approval, number, config))}"
        for number in range(1, approval.count + 1)
    )
    return ", ".join(listed)


def _initiator(approval: Approval) -> Capability:
    how = (
        "a job refuses an approval by who started or merged; a timer's run counts as started by who last changed the "
        "timer, or by nobody if it takes place on another branch than the default one"
    )
    return Capability(f"initiator of approval {approval.id}", Fidelity.EXACT, how, approval.origin)


def _expiry(approval: Approval) -> Capability:
    """Half-way through a rollout people rely on the end of the wait; before a deployment only a late yes would harm."""
    subject, limit = f"expiry of approval {approval.id}", duration(min(approval.expires_minutes, _LONGEST_WAIT))
    if approval.id in (approval.environment, f"{approval.environment}-rollback"):
        how = f"an approval after {limit} is refused, but the run waits on until somebody answers or 30 days are over"
        return Capability(subject, Fidelity.APPROXIMATED, how, approval.origin)
    how = (
        f"an approval after {limit} is refused and the deployment undone, but GitHub ends no wait by itself: if nobody "
        "answers, what is deployed half-way stays, and keeps its lock, until somebody does or 30 days are over"
    )
    return Capability(subject, Fidelity.APPROXIMATED, how, approval.origin, weakens=True)


# ---------------------------------------------------------------- secrets and identity


def _secret(secret: SecretValue, place: str, origin: KeyPath) -> Capability:
    names = " and ".join(name for _, name in secret_names(secret.name, secret))
    where = f"of environment {secret.environment}" if secret.environment else "of the repository or organization"
    how = f"secret {names} {where}; pull requests from forks get none"
    return Capability(f"secret {place}/{secret.name}", Fidelity.WITH_SETTINGS, how, origin)


def _token(token: TokenValue, environment: EnvironmentSettings) -> Capability:
    how = (
        f"what checks tokens for {token.audience} trusts https://token.actions.githubusercontent.com and the subject "
        f"repo:<owner>/<repository>:environment:{environment.name}; it names no branch, those the environment limits"
    )
    return Capability(f"token {environment.name}/{token.name}", Fidelity.WITH_SETTINGS, how, environment.origin)


# ---------------------------------------------------------------- locks and the way back


def _locks(deployments: list[Deployment]) -> Iterator[Capability]:
    locks: dict[Lock, KeyPath] = {}
    for deployment in deployments:
        locks.setdefault(deployment.lock, deployment.origin)
    environments = {deployment.environment for deployment in deployments}
    for lock, origin in locks.items():
        waiting = (
            "100 may wait, in the order in which they came; a further one is cancelled"
            if lock.waiting == "all"
            else "one may wait, and one that comes later takes its place, also an older run"
        )
        how = f"concurrency group {lock_group(lock)}, for this repository alone: {waiting}"
        if lock.name not in environments:
            how += "; a rollback does not wait for a deployment under way"
        yield Capability(f"lock {lock.name}", Fidelity.EXACT, how, origin)


def _ways_back(deployments: list[Deployment]) -> Iterator[Capability]:
    seen: set[tuple[str, bool]] = set()
    for deployment in deployments:
        jobs = [each.job for each in deployment.jobs] + ([deployment.closing] if deployment.closing else [])
        undoes = any(isinstance(step, Run) and step.when is When.UNDO for job in jobs for step in job.steps)
        key = (deployment.environment, deployment.closing is not None)
        if undoes and key not in seen:
            seen.add(key)
            yield _way_back(deployment)


def _way_back(deployment: Deployment) -> Capability:
    how = (
        "a job of its own, which also runs when the run is cancelled or a runner is lost; that cancelling spares it in "
        "a called workflow is not documented"
        if deployment.closing
        else "steps of the same job: a cancellation leaves them five minutes, and a lost runner takes them along"
    )
    return Capability(f"restore {deployment.environment}", Fidelity.APPROXIMATED, how, deployment.origin)
