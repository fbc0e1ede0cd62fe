"""The jobs at the end of a workflow: what came of a review, and what tells that a run failed."""

from __future__ import annotations

from collections.abc import Iterable

from pipegen.config import Config
from pipegen.delivery import Delivery, Job
from pipegen.scripts import STRICT
from pipegen.targets.github.jobs import Role, job_node
from pipegen.targets.github.machines import runs_on
from pipegen.targets.github.variables import File, expression
from pipegen.yaml_text import Flow, Node, Section


def summary_node(delivery: Delivery, needs: tuple[str, ...], config: Config) -> Node:
    """The job without which a run whose jobs were skipped would count as one that succeeded."""
    lines = [
        STRICT,
        'echo "results: $RESULTS"',
        "for result in $RESULTS; do",
        '  if [ "$result" != success ]; then echo "::error::a job did not succeed" >&2; exit 1; fi',
        "done",
    ]
    step: Node = {
        "name": "Every job must have succeeded",
        "env": {"RESULTS": expression("join(needs.*.result, ' ')")},
        "run": "\n".join(lines) + "\n",
    }
    node: Node = {
        "name": f"pipegen: {delivery.model}",
        "if": "always()",
        "needs": Flow(needs),
        "runs-on": runs_on(None, config),
        "timeout-minutes": 10,
        "permissions": {},
        "steps": [step],
    }
    return Section(
        node,
        "What came of the review, for pipegen.yml: a job that was skipped must not pass for one that succeeded.",
    )


def failed_node(job: Job, before: Iterable[str], file: File) -> Node:
    """A job after all others of the workflow; a called workflow counts with the job that calls it."""
    node = job_node(job, file, Role(needs=tuple(before), condition="failure() && !cancelled()"))
    return Section(node, "Runs if a job of this run failed; what is cancelled or skipped has not failed.")
