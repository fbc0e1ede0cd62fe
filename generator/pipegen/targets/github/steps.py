"""Steps of a job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import assert_never

from pipegen.delivery import (
    Begin,
    Cache,
    Checkout,
    CollectOutputs,
    Complete,
    Download,
    Prepare,
    PublishSummary,
    PublishTests,
    Run,
    Step,
    Upload,
    UsePython,
    When,
)
from pipegen.scripts import STRICT, collect
from pipegen.targets.github.embedded import script_text
from pipegen.targets.github.pins import pinned
from pipegen.targets.github.run_texts import script_of
from pipegen.targets.github.scene import Scene
from pipegen.targets.github.setup_steps import Setup, setup_node
from pipegen.targets.github.variables import expression, label, read_published, step_variables, tokens_of
from pipegen.yaml_text import Node, Section, present

OUTPUTS = "outputs"
BEGIN = "begin"
COMPLETE = "complete"
ATTEMPT = "attempt"

PYTHON = "python3 -I {0}"
"""The shell of an embedded program: none of the files around it stands in for a module of Python."""

UNFINISHED = f"steps.{BEGIN}.outcome == 'success' && steps.{COMPLETE}.outcome != 'success'"
"""Whether the deployment of this very job began and did not complete."""

SingleStep = Setup | Run | CollectOutputs | PublishSummary | Upload | Download | Begin | Complete

_UNLESS_CANCELLED = expression("!cancelled()")
_ATTEMPT = expression("github.run_attempt")


def step_nodes(steps: Sequence[Step], scene: Scene) -> Iterator[Node]:
    """The steps in order; all test results are shown and kept together, where the last of them stand."""
    tests = [step for step in steps if isinstance(step, PublishTests)]
    for step in steps:
        if not isinstance(step, PublishTests):
            yield _node(step, scene)
        elif step is tests[-1]:
            yield from _tests(tests, scene)


def _node(step: SingleStep, scene: Scene) -> Node:
    match step:
        case Checkout() | Prepare() | UsePython() | Cache():
            return setup_node(step, scene)
        case Run():
            return _run(step, scene)
        case CollectOutputs():
            return _collect(step)
        case PublishSummary():
            return _summary()
        case Upload() | Download():
            return _artifact(step, scene)
        case Begin() | Complete():
            return _mark(step)
        case _:
            assert_never(step)


# ---------------------------------------------------------------- scripts


def _run(step: Run, scene: Scene) -> Node:
    node: dict[str, Node] = {
        "name": label(step.title),
        "if": _condition(step.when, scene),
        "continue-on-error": True if step.advisory else None,
        "timeout-minutes": step.timeout_minutes,
        "env": step_variables(step, scene.file),
        "run": script_of(step, signed=bool(tokens_of(scene.job))),
    }
    return present(node)


def _condition(when: When, scene: Scene) -> str | None:
    match when:
        case When.SUCCESS:
            return None
        case When.ALWAYS:
            return f"always() && steps.{ATTEMPT}.outcome != 'failure'" if scene.may_refuse else "always()"
        case When.UNDO:
            return f"always() && {scene.undo}"
        case _:
            assert_never(when)


def _mark(step: Begin | Complete) -> Node:
    if isinstance(step, Complete):
        return {"name": "The deployment is complete", "id": COMPLETE, "run": "echo 'Nothing is left to undo.'"}
    node = {"name": "The deployment begins", "id": BEGIN, "run": "echo 'What began and does not complete is undone.'"}
    return Section(node, "From here on the environment changes.")


def require_attempt(attempt: str, refusal: str, condition: str | None = None) -> Node:
    """A first step that refuses to run part of a run again on the strength of what an earlier attempt did.

    GitHub runs failed jobs again without those that they need, and takes those as they were. What runs always does not
    run after a refusal: nobody let this attempt into the environment.
    """
    lines = [
        STRICT,
        'if [ "$EARLIER_ATTEMPT" != "$GITHUB_RUN_ATTEMPT" ]; then',
        '  echo "::error::$REFUSAL" >&2',
        "  exit 1",
        "fi",
    ]
    variables = {"EARLIER_ATTEMPT": attempt, "REFUSAL": label(refusal)}
    node: dict[str, Node] = {
        "name": "Refuse what belongs to an earlier attempt",
        "id": ATTEMPT,
        "if": condition,
        "env": variables,
        "run": "\n".join(lines) + "\n",
    }
    return present(node)


# ---------------------------------------------------------------- results


def _tests(tests: Sequence[PublishTests], scene: Scene) -> Iterator[Node]:
    """GitHub has no view of test results: a table on the run's page, and the files themselves to download."""
    table: dict[str, Node] = {
        "shell": PYTHON,
        "env": {"RESULTS": "\n".join(f"{each.file} = {label(each.title)}" for each in tests)},
        "run": script_text("show_results"),
    }
    files = [each.file for each in tests]
    kept: dict[str, Node] = {
        "uses": pinned("actions/upload-artifact", scene.file.config),
        "with": _upload_options(f"results-{scene.job.id}", files, {"if-no-files-found": "ignore"}),
    }
    for name, what in (("Show test results", table), ("Keep test results", kept)):
        yield {"name": name, "if": _UNLESS_CANCELLED, "continue-on-error": True, **what}


def _collect(step: CollectOutputs) -> Node:
    hand_over = 'printf \'%s=%s\\n\' "$name" "$value" >> "$GITHUB_OUTPUT"'
    return {"name": "Publish values", "id": OUTPUTS, "run": collect(step.names, hand_over)}


def _summary() -> Node:
    # GitHub refuses a summary of more than 1 MiB as a whole.
    text = 'if [ -s "${PIPEGEN_SUMMARY:-}" ]; then head -c 1000000 "$PIPEGEN_SUMMARY" >> "$GITHUB_STEP_SUMMARY"; fi'
    return {"name": "Publish the summary", "if": _UNLESS_CANCELLED, "run": f"{STRICT}\n{text}\n"}


# ---------------------------------------------------------------- artifacts


def _artifact(step: Upload | Download, scene: Scene) -> Node:
    if isinstance(step, Upload):
        more: dict[str, Node] = {"if-no-files-found": "error", "retention-days": step.retention_days}
        options = _upload_options(step.name, [step.file], more)
        action = pinned("actions/upload-artifact", scene.file.config)
        return {"name": f"Hand on {step.name}", "uses": action, "with": options}
    # The artifact holds the one file, which lands in the folder under its own name.
    place = str(PurePosixPath(step.file).parent)
    options = {"name": read_published(step.remote_name, scene.file.inputs), "path": place}
    action = pinned("actions/download-artifact", scene.file.config)
    return {"name": f"Fetch {step.name}", "uses": action, "with": options}


def _upload_options(name: str, files: Sequence[str], more: Mapping[str, Node]) -> Node:
    hidden = any(part.startswith(".") for file in files for part in PurePosixPath(file).parts)
    paths = "\n".join(files)
    return present(
        {"name": f"{name}-{_ATTEMPT}", "path": paths, "include-hidden-files": True if hidden else None, **more}
    )
