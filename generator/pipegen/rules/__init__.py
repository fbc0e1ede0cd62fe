"""What a spec may not mean, as small generators that know key paths and not lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pipegen.config import Config
from pipegen.delivery import Delivery
from pipegen.diagnostics import Finding
from pipegen.rules import (
    approvals,
    collisions,
    cron,
    flow,
    gates,
    identity,
    moments,
    notices,
    operations,
    reach,
    records,
    references,
    runtime,
    scripts,
    stages,
    variables,
)
from pipegen.spec.model import ModelSpec

Rule = Callable[[ModelSpec, Config], Iterator[Finding]]
PlannedRule = Callable[[ModelSpec, Delivery, Config], Iterator[Finding]]

STRUCTURE: tuple[Rule, ...] = (
    identity.duplicate_ids,
    identity.taken_stage_ids,
    identity.artifact_names,
    identity.listed_twice,
    references.unknown_needs,
    references.unknown_environment,
    references.unknown_stage,
    references.unknown_artifact,
    references.checks_is_no_delivery,
    stages.one_thing_to_do,
    stages.cycles,
    stages.placement,
    stages.shared_jobs,
    stages.deployment_keys,
    stages.one_deployment,
    flow.branch_or_tags,
    flow.tags_have_a_branch,
    flow.carried_artifacts,
    flow.deployment_is_reached,
    flow.shadowed_branches,
    operations.places,
    notices.webhook,
    gates.one_thing_to_judge,
    gates.bounds,
    gates.champions,
    gates.compared_once,
    gates.measured,
    gates.what_is_there,
    gates.needs_the_ledger,
)
"""Rules whose errors leave nothing that could be planned."""

MEANING: tuple[Rule, ...] = (
    identity.branches_apart_from_case,
    identity.credentials_apart,
    references.unknown_moment,
    references.leave_for_other_targets,
    stages.advisory_stages,
    flow.keys_without_effect,
    flow.branch_names,
    flow.branches_of_the_flow,
    approvals.approvers,
    approvals.asked_before_the_build,
    approvals.guarded_secrets,
    approvals.scheduled_approvals,
    records.registered,
    records.ledger_is_apart,
    gates.judges_are_pinned,
    moments.ways_back,
    cron.schedules,
    operations.actions,
    runtime.runtime,
    runtime.timeouts,
    runtime.paths,
    variables.owned_names,
    variables.one_meaning,
    variables.arguments,
    variables.index_secrets,
    scripts.azure_macros,
    scripts.one_system,
)
"""Rules about what the spec says by itself."""

PLANNED: tuple[PlannedRule, ...] = (
    approvals.never_asked,
    collisions.pipeline_names,
    collisions.part_names,
    collisions.control_names,
    collisions.verdict_name,
    moments.idle_stages,
    moments.idle_environments,
    moments.idle_moments,
    moments.judgeable_gates,
    moments.comparable_gates,
    moments.gated_deployments,
    reach.readable_names,
    reach.published_once,
    reach.available_artifacts,
    reach.reachable_secrets,
)
"""Rules about what the plan makes of the spec."""
