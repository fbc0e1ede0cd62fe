"""Defects that were found in rendered output elsewhere, each as a claim that ours cannot have it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import GOLDEN
from deliveries import CONFIG, ROOT, SPECS, delivery_of, source_of
from pipegen.delivery import Change, Merged, PublishTests, SecretValue
from pipegen.plan import plan
from pipegen.spec.flow import FlowEntry
from pipegen.spec.model import ModelSpec
from pipegen.targets import TARGETS
from validators import foreign

TEXTS = {
    (path.stem, name): target.render(delivery_of(path), CONFIG) for path in SPECS for name, target in TARGETS.items()
}
EACH_SPEC = pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
EACH_TARGET = pytest.mark.parametrize("target", sorted(TARGETS))


def data(path: Path) -> dict[str, Any]:
    return dict(source_of(path).data)


def together(spec: str, target: str) -> str:
    return "\n".join(TEXTS[spec, target].values())


def file_of(spec: str, target: str, pipeline: str) -> str:
    """The text of a pipeline, with that of the files that it calls; one of GitLab's holds all pipelines of a model."""
    if target == "gitlab":
        parts = [part for text in TEXTS[spec, target].values() for part in text.split("\n\n")]
        return "\n\n".join(part for part in parts if f"{spec}:{pipeline}:" in part or f".{spec}:{pipeline}:\n" in part)
    return "\n".join(text for path, text in TEXTS[spec, target].items() if f"{pipeline}." in f"{Path(path).name}.")


@EACH_TARGET
def test_no_file_holds_the_macros_of_another_ci_system(target: str) -> None:
    files = [path for path in GOLDEN.glob(f"*/{target}/**/*") if path.is_file()]
    assert files
    assert [report for file in files for report in foreign.reports(target, file)] == []


@EACH_SPEC
def test_python_versions_are_text_and_the_same_on_all_targets(path: Path) -> None:
    asked = data(path)["runtime"].get("python")
    versions = {
        "github": set(re.findall(r"python-version: (.+)", together(path.stem, "github"))),
        "azure": set(re.findall(r"versionSpec: (.+)", together(path.stem, "azure"))),
        "gitlab": set(re.findall(r"python(3\.\d+) -I -m venv", together(path.stem, "gitlab"))),
        "jenkins": set(re.findall(r"python(3\.\d+) -I -m venv", together(path.stem, "jenkins"))),
    }
    found = {version.strip("\"'") for each in versions.values() for version in each}
    assert found <= {asked}
    assert all(version[0] == '"' for name in ("github", "azure") for version in versions[name])
    if asked and "image" not in data(path)["runtime"]:
        assert all(versions.values())


@EACH_TARGET
def test_no_branch_is_written_that_the_spec_does_not_name(target: str) -> None:
    flow = (FlowEntry(branch="topic/*"), FlowEntry(branch="integration", environments=("lab",)))
    spec = ModelSpec.model_validate(data(ROOT / "model-specs" / "minimal.yaml") | {"environments": {"lab": {}}})
    delivery = plan(spec.model_copy(update={"flow": flow}), replace(CONFIG, default_branch="integration"), "s.yaml")
    text = "\n".join(TARGETS[target].render(delivery, CONFIG).values())
    assert not re.search(r"\b(?:dev|prod|main|master)\b(?!el)", re.sub(r"/dev/null", "", text))


@EACH_SPEC
@EACH_TARGET
def test_path_filters_are_on_every_target_and_recursive(path: Path, target: str) -> None:
    delivery = delivery_of(path)
    folder = delivery.path
    wanted = {
        "github": f"- {folder}/**",
        "azure": f"- {folder}",
        "gitlab": f"- {folder}/**/*",
        "jenkins": f"{folder}/**",
    }[target]
    for pipeline in delivery.pipelines:
        if isinstance(pipeline.event, Change | Merged):
            lines = [line.strip() for line in file_of(path.stem, target, pipeline.id).splitlines()]
            assert any(line == wanted or (target == "jenkins" and wanted in line) for line in lines), pipeline.id


@EACH_SPEC
@EACH_TARGET
def test_every_deployment_holds_its_lock_on_every_target(path: Path, target: str) -> None:
    for pipeline in delivery_of(path).pipelines:
        text = file_of(path.stem, target, pipeline.id)
        for unit in (phase.deployment for phase in pipeline.phases if phase.deployment):
            lock = unit.lock.name
            held = {
                "github": f"group: pipegen-{lock}\n",
                "azure": f"environment: {lock}\n",
                "gitlab": f"resource_group: pipegen-{lock}\n",
                "jenkins": f"lock(resource: '{lock}'",
            }
            assert held[target] in text, (pipeline.id, lock)
            assert target != "azure" or "lockBehavior: " in text


def _only_behind_an_approval(path: Path) -> Iterator[SecretValue]:
    delivery = delivery_of(path)
    free = {secret.name for each in delivery.environments if not each.approvals for secret in each.secrets}
    for environment in delivery.environments:
        if environment.approvals:
            yield from (secret for secret in environment.secrets if secret.name not in free or secret.credential)


@EACH_SPEC
@EACH_TARGET
def test_no_secret_of_production_is_in_the_pipeline_of_a_change_or_a_review(path: Path, target: str) -> None:
    for pipeline in ("change", "review"):
        text = file_of(path.stem, target, pipeline)
        for secret in _only_behind_an_approval(path):
            assert f"'{secret.credential}'" not in text
            assert f"group: pipegen-{secret.environment}\n" not in text
            assert not re.search(rf"environment:\s+(?:name: )?{secret.environment}\b", text)


@EACH_SPEC
@EACH_TARGET
def test_test_results_that_are_written_are_published(path: Path, target: str) -> None:
    for pipeline in delivery_of(path).pipelines:
        text = file_of(path.stem, target, pipeline.id)
        for step in (step for job in pipeline.jobs for step in job.steps if isinstance(step, PublishTests)):
            after = text.partition("junit")[2] if target == "jenkins" else text
            assert step.file in after, (pipeline.id, step.file)


@EACH_SPEC
def test_azure_jobs_that_deploy_name_their_environment(path: Path) -> None:
    for file, text in TEXTS[path.stem, "azure"].items():
        for stage in yaml.safe_load(text)["stages"]:
            for job in stage["jobs"]:
                assert "deployment" not in job or job["environment"], file


@EACH_SPEC
@EACH_TARGET
def test_nothing_stands_between_a_gate_and_the_result_of_its_job(path: Path, target: str) -> None:
    text = together(path.stem, target)
    for gate in re.finditer(r"-m pipegen\.gates metrics(?:.*\\\n)*.*", text):
        assert "||" not in gate[0]
    for step in _gate_steps(path, target):
        assert "continue-on-error" not in step
        assert "continueOnError" not in step


def _gate_steps(path: Path, target: str) -> Iterator[dict[str, Any]]:
    def inside(node: object) -> Iterator[dict[str, Any]]:
        if isinstance(node, dict):
            script = node.get("run") or node.get("bash")
            if isinstance(script, str) and "pipegen.gates" in script:
                yield node
        parts = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
        for part in parts:
            yield from inside(part)

    for text in TEXTS[path.stem, target].values() if target != "jenkins" else ():
        yield from inside(yaml.safe_load(text))
