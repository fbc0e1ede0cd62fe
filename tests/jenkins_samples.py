"""Small deliveries by hand, written to files as Jenkinsfiles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from deliveries import CONFIG, SPECS, delivery_of
from pipegen.config import Config
from pipegen.delivery import (
    Approval,
    Begin,
    Checkout,
    Complete,
    Delivery,
    Deployment,
    DeploymentJob,
    Event,
    Job,
    Lock,
    Merged,
    Phase,
    Pipeline,
    Prepare,
    PublishSummary,
    Review,
    ReviewTarget,
    Run,
    Step,
    When,
)
from pipegen.targets import jenkins
from validators.jenkins_file import Node, read

WORLD = {"WORKSPACE": "/w", "BRANCH_NAME": "prod", "BUILD_TAG": "jenkins-m-prod-7", "BUILD_URL": "https://ci/7/"}
"""The environment of a run."""
REVIEW = Review((ReviewTarget("dev", ("*",)),))
APPROVAL = Approval("prod", "Deploy to prod", "prod", 2, ("release", "@risk"), 60, ())
PREPARE = Prepare("set -euo pipefail\nmkdir -p .pipegen/artifacts\n: > .pipegen/outputs\n: > .pipegen/summary.md\n")


def script(title: str, text: str = "set -euo pipefail\n", when: When = When.SUCCESS) -> Run:
    return Run(title.lower(), title, text, when=when)


def job(job_id: str, *steps: Step) -> Job:
    return Job(job_id, job_id.title(), steps or (Checkout(), script("Work")))


def phase(phase_id: str, *waves: Sequence[Job], approval: Approval | None = None, **more: object) -> Phase:
    values = {"environment": None, "deployment": None, "needs": (), "only": None, "origin": (), **more}
    return Phase(phase_id, phase_id.title(), waves=tuple(map(tuple, waves)), approval=approval, **values)  # type: ignore[arg-type]


def pipeline(*phases: Phase, event: Event = Merged("prod"), paths: tuple[str, ...] = ()) -> Pipeline:  # noqa: B008
    return Pipeline("deliver-prod", "deliver prod", event, paths, phases, (), origin=())


def delivery(*pipelines: Pipeline) -> Delivery:
    return Delivery("model-specs/m.yaml", "m", "m", "o", ".", pipelines, (), (), (), ())


def write(folder: Path, *pipelines: Pipeline, config: Config = Config()) -> Path:  # noqa: B008
    """The one file of one pipeline."""
    ((name, text),) = jenkins.render(delivery(*pipelines), config).items()
    path = folder / ("review.groovy" if name.endswith(".groovy") else "Jenkinsfile")
    path.write_text(text, "utf-8")
    return path


def rendered(folder: Path, spec: str) -> dict[str, Path]:
    """The files of a shipped spec by the names of their pipelines."""
    (source,) = (path for path in SPECS if path.stem == spec)
    files = jenkins.render(delivery_of(source), CONFIG)
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    return {Path(path).stem: folder / path for path in files}


def block(file: Path) -> Node:
    """The pipeline block of a file."""
    (read_file,) = read([file])
    assert read_file.errors == ()
    assert read_file.pipeline is not None
    return read_file.pipeline


def blocks(node: Node, name: str) -> Iterator[Node]:
    """Every block of that name, in order."""
    yield from (each for each in node.walk() if each.name == name and each.body is not None)


def section(node: Node, name: str) -> Node | None:
    return next((each for each in node.body or () if each.name == name), None)


# ---------------------------------------------------------------- deployments

RESTORE = script("Restore", when=When.UNDO)
CLEAN_UP = script("Clean up", when=When.ALWAYS)


def deployed(*ending: Run, waiting: Literal["all", "newest"] = "all", to: str = "prod") -> Deployment:
    """A deployment in one job."""
    steps = (Checkout(), PREPARE, script("Look"), Begin(), script("Roll out"), script("Verify"), Complete())
    unit = DeploymentJob(Job(f"deploy-{to}", f"Deploy to {to}", (*steps, *ending, PublishSummary())), None)
    return Deployment(to, (unit,), None, Lock(to, waiting), ())


def canary(*ending: Run) -> Deployment:
    """A deployment in two jobs with an approval in between."""
    asked = Approval("prod-full", "Go on", "prod", 1, ("release",), 30, ())
    first = Job("deploy-prod-tenth", "Tenth", (Checkout(), PREPARE, script("Look"), Begin(), script("One tenth")))
    last = Job("deploy-prod-full", "All", (Checkout(), PREPARE, script("Roll out"), script("Verify"), Complete()))
    closing = Job("deploy-prod-closing", "Close", (Checkout(), PREPARE, *ending, PublishSummary()))
    units = (DeploymentJob(first, None), DeploymentJob(last, asked))
    return Deployment("prod", units, closing if ending else None, Lock("prod", "all"), ())
