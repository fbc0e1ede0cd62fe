"""What the host of a repository must be told so that nobody merges without the approvals of the flow.

The host enforces them, whatever runs the pipelines, so every target says the same about them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from pipegen.config import Config, Host
from pipegen.delivery import VERDICT, Capability, Delivery, Fidelity, MergeRule


def merge_capabilities(delivery: Delivery, config: Config) -> Iterator[Capability]:
    """One capability for each branch that pull requests go into, and one for that of the ledger."""
    for rule in delivery.merge_rules:
        subject = f"merge approvals {rule.branch}"
        setting = _SETTINGS.get(config.host)
        if setting is not None:
            yield Capability(subject, Fidelity.WITH_SETTINGS, setting(rule), rule.origin)
        else:
            detail = (
                "pipegen.toml names no host of the repository ([repository] host) that is known to ask for "
                f"{_people(rule.approvals)} before a merge into {rule.branch}"
            )
            weakens = rule.approvals > 0
            yield Capability(subject, Fidelity.APPROXIMATED, detail, rule.origin, weakens=weakens)

    yield from _ledger(delivery, config)


def _ledger(delivery: Delivery, config: Config) -> Iterator[Capability]:
    """What keeps the record from being written by anybody else, or written anew."""
    if config.ledger is None or config.pin is None:
        return
    place = f" of {config.ledger.url}" if config.ledger.url else ""
    detail = (
        f"branch {config.ledger.branch}{place}: only the identity whose token is PIPEGEN_LEDGER_TOKEN may push to it, "
        "nobody with force, nobody may delete it"
    )
    yield from (Capability("ledger", Fidelity.WITH_SETTINGS, detail, each.origin) for each in delivery.pipelines[:1])


def _people(count: int) -> str:
    return {0: "no approval", 1: "1 approval"}.get(count, f"{count} approvals")


def _github(rule: MergeRule) -> str:
    return (
        f"ruleset on branch {rule.branch}: require a pull request with {_people(rule.approvals)}, dismiss stale "
        f"approvals, require approval of the most recent push, require the status check {VERDICT!r}, block force "
        "pushes and deletion, nobody on the bypass list"
    )


def _azure_repos(rule: MergeRule) -> str:
    return (
        f"branch policies on {rule.branch}: minimum number of reviewers {rule.approvals}, the requester's own vote "
        "does not count, no approval by the most recent pusher, reset votes at new pushes; a required build "
        "validation; nobody with the two permissions to bypass policies"
    )


def _gitlab(rule: MergeRule) -> str:
    return (
        f"protected branch {rule.branch} with nobody allowed to push; an approval rule for it that requires "
        f"{_people(rule.approvals)} (Premium), no approval by author or committers, approvals removed at new pushes, "
        f"no editing of rules in a merge request{_eligible(rule.approvals)}; pipelines must succeed, and a skipped one "
        "does not"
    )


def _eligible(count: int) -> str:
    """GitLab takes a rule for met that too few people could ever meet."""
    return f"; at least {count + 1} people who may approve, or GitLab takes the rule for met" if count else ""


def _bitbucket(rule: MergeRule) -> str:
    return (
        f"branch restrictions on {rule.branch}: no direct push, at least {_people(rule.approvals)}, approvals reset at "
        "changes, a minimum of successful builds, and unresolved merge checks prevent the merge (Premium on Cloud)"
    )


_SETTINGS: Mapping[Host, Callable[[MergeRule], str]] = {
    "azure-repos": _azure_repos,
    "bitbucket": _bitbucket,
    "github": _github,
    "gitlab": _gitlab,
}
