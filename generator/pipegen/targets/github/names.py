"""What things are called on GitHub: files, jobs of pipegen's own, environments, locks."""

from __future__ import annotations

import re

from pipegen.config import Config
from pipegen.delivery import Approval, Delivery, Lock, Phase, Pipeline

FOLDER = ".github/workflows"
TARGET = "github"
"""What pipegen.toml calls this target."""

# Jobs of the delivery have no underscore in their ids, so these cannot meet them.
CHECK_REF = "check_ref"
RELAY = "relay"
SUMMARY = "pipegen_summary"

APPROVED_BY = "approved-by"
"""The output that says who approved; no parameter's name has a hyphen."""


def file_name(delivery: Delivery, pipeline: Pipeline) -> str:
    return f"{delivery.model}.{pipeline.id}.yml"


def workflow_path(delivery: Delivery, pipeline: Pipeline) -> str:
    return f"{FOLDER}/{file_name(delivery, pipeline)}"


def unit_path(delivery: Delivery, pipeline: Pipeline, phase: Phase) -> str:
    """The workflow of a deployment in several jobs; ids hold no dots, so no two files meet."""
    return f"{FOLDER}/{delivery.model}.{pipeline.id}.{phase.id}.yml"


def unit_id(phase: Phase) -> str:
    return f"deployment_{phase.id}"


def ask_id(approval: Approval) -> str:
    return f"ask_{approval.id}"


def approve_id(approval: Approval, number: int) -> str:
    return f"approve_{approval.id}_{number}"


def approved_id(approval: str) -> str:
    return f"approved_{approval}"


def approval_environment(approval: Approval, number: int) -> str:
    """An environment that exists to be approved: it has reviewers and no secrets."""
    return f"{approval.id}-approval-{number}"


def approvers(approval: Approval, config: Config) -> tuple[str, ...]:
    """What GitHub calls the approvers; two that it calls the same are one."""
    return tuple(dict.fromkeys(config.team(TARGET, each) for each in approval.approvers))


def reviewers(approval: Approval, number: int, config: Config) -> tuple[str, ...]:
    """Who may give approval `number`: no approver is asked for two of them."""
    return approvers(approval, config)[number - 1 :: approval.count]


def lock_group(lock: Lock) -> str:
    return f"pipegen-{lock.name}"


def branch_filter(pattern: str) -> str:
    """A pattern of branches or tags, whose `*` stands for any characters: on GitHub `*` stops at a slash."""
    return re.sub(r"\*+", "**", pattern)


def path_filter(glob: str) -> str:
    """A glob of paths; GitHub gives more characters a meaning than the delivery does."""
    return re.sub(r"[?+\[\]!\\]", r"\\\g<0>", glob)
