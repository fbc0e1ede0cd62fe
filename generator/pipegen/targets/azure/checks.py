"""What Azure keeps of the checks of changes and pull requests, and of the verdict that a merge needs."""

from __future__ import annotations

from collections.abc import Iterator

from pipegen.config import CHECK_RUNNER, Config, Host
from pipegen.delivery import VERDICT, Capability, Change, Delivery, Review
from pipegen.diagnostics import KeyPath
from pipegen.targets.azure.fidelity import approximated, exact, unsupported, with_settings
from pipegen.targets.azure.names import REVIEWS, REVIEWS_FILE, TARGET, VERDICT_FILE, creation
from pipegen.targets.azure.texts import listed
from pipegen.targets.azure.triggers import PULL_REQUEST_HOSTS

YAML_HOSTS: tuple[Host, ...] = ("azure-repos", "github", "bitbucket")
"""Hosts that Azure Pipelines reads YAML from."""


def verdict(delivery: Delivery, config: Config) -> Iterator[Capability]:
    """One for a delivery that has a review."""
    for pipeline in delivery.pipelines:
        if isinstance(pipeline.event, Review):
            branches = listed(tuple(each.branch for each in pipeline.event.targets))
            yield _verdict(branches, config, pipeline.origin)


def _verdict(branches: str, config: Config, origin: KeyPath) -> Capability:
    if config.host not in YAML_HOSTS:
        detail = "Azure Pipelines starts nothing for the pull requests of this host"
        return unsupported("verdict", detail=detail, origin=origin)
    if config.pin is None or config.pin.requirements is None:
        detail = "no check of the repository, and so no review: pipegen.toml does not say how pipelines install pipegen"
        return approximated("verdict", detail=detail, origin=origin)
    settings = "; ".join((*_once(), _required(branches, config.host), *_limits(config)))
    if config.host == "bitbucket":
        detail = (
            f"reviews take the source branch as it is, as Bitbucket has no name for what would be merged; {settings}"
        )
        return approximated("verdict", detail=detail, origin=origin)
    return with_settings("verdict", detail=settings, origin=origin)


def _once() -> tuple[str, ...]:
    """What is set once for the repository and all its models."""
    return (
        f"once for the repository: {creation(VERDICT, VERDICT_FILE)}; {creation(REVIEWS, REVIEWS_FILE)}",
        f"permissions of the project's build service on {REVIEWS}: View build pipeline, View, Queue and Stop builds",
    )


def _required(branches: str, host: Host) -> str:
    if host == "azure-repos":
        policy = "as build validation (automatic, required, expiring at once when the branch moves)"
        return f"{VERDICT} in the policies of branches {branches} {policy}; {REVIEWS} in none"
    return f"on the host, require the status {VERDICT} of Azure Pipelines before a merge into {branches}"


def _limits(config: Config) -> tuple[str, ...]:
    mapped = config.runner(TARGET, CHECK_RUNNER)
    agents = "a pool of its own for the runner check, if checks that wait are not to take the agents that reviews need"
    if mapped is not None and mapped.labels:
        agents = f"agent pool {mapped.labels[0]} of Linux agents that have bash, git and Python 3.11 or newer"
    queue = "a merge queue gets no result, as nothing starts for gh-readonly-queue"
    return (
        "two parallel jobs or more, as the check keeps an agent while the reviews run",
        agents,
        "a pull request from a fork that concerns a model fails, as reviews run with secrets",
        *((queue,) if config.host == "github" else ()),
    )


def superseded(delivery: Delivery, config: Config) -> Iterator[Capability]:
    """A newer push ends older checks only where the `pr` of a file starts them; its `autoCancel` is on by itself."""
    checks = [each for each in delivery.pipelines if isinstance(each.event, Change | Review)]
    left = [each for each in checks if isinstance(each.event, Change) or config.host not in PULL_REQUEST_HOSTS]
    if left:
        events = listed(tuple(each.id for each in left))
        detail = f"{events}: older checks run to their end, as Azure cancels none for a newer push"
        detail += "; those of pull requests are cancelled" if len(left) < len(checks) else ""
        yield approximated("superseded checks", detail=detail, origin=left[0].origin)
    elif checks:
        detail = "those of a pull request are cancelled by a newer push to it"
        yield exact("superseded checks", detail=detail, origin=checks[0].origin)
