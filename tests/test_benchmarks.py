from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from benchmarks.bounds import CHECK, GCIP, JENKINS_JOBS, NOTHING, SIMULATE, bounds
from benchmarks.jenkins_jobs import write_definitions
from benchmarks.measuring import Command, Cost, measured_in_turns, medians, run
from benchmarks.models import models
from benchmarks.report import report
from benchmarks.specs import SPECS, change, spec, write_repository
from pipegen.compiler import compile_spec, open_repository

COUNT = 4
ROOT = Path(__file__).resolve().parent.parent


def _costs(check: Cost, nothing: float = 0.01, peers: float = 8.0) -> dict[str, Cost]:
    peer = Cost(peers, peers, 50)
    return {NOTHING: Cost(nothing, nothing, 10), CHECK: check, SIMULATE: check, JENKINS_JOBS: peer, GCIP: peer}


def test_every_spec_of_the_benchmark_becomes_pipelines_of_three_targets_without_a_finding(tmp_path: Path) -> None:
    write_repository(tmp_path / "repository", models(COUNT))
    repository = open_repository(tmp_path / "repository")
    compiled = [compile_spec(repository, f"{SPECS}/{model.name}.yaml") for model in models(COUNT)]
    assert [each.diagnostics for each in compiled] == [()] * COUNT
    assert all(each.targets == ("azure", "github", "jenkins") for each in compiled)
    assert all(len(each.all_files) >= 5 * 3 for each in compiled)


def test_every_model_of_the_benchmark_is_another_and_the_same_at_every_run() -> None:
    made = [spec(model) for model in models(1000)]
    assert len(set(made)) == 1000
    assert made == [spec(model) for model in models(1000)]


def test_a_spec_that_is_changed_makes_the_same_pipelines_out_of_another_text(tmp_path: Path) -> None:
    write_repository(tmp_path, models(1))
    (model,) = models(1)
    texts = []
    for comment in ("one", "two"):
        change(tmp_path, model, comment)
        texts.append((tmp_path / SPECS / f"{model.name}.yaml").read_text("utf-8"))
    assert [yaml.safe_load(text) for text in texts] == [yaml.safe_load(spec(model))] * 2
    assert len({spec(model), *texts}) == 3


def test_jenkins_job_builder_gets_a_project_for_each_model(tmp_path: Path) -> None:
    write_definitions(tmp_path / "definitions", models(COUNT))
    files = sorted((tmp_path / "definitions").iterdir())
    read = [yaml.safe_load(file.read_text("utf-8")) for file in files]
    projects = [entry["project"]["name"] for entries in read for entry in entries if "project" in entry]
    assert projects == sorted(model.name for model in models(COUNT))


@pytest.mark.parametrize(
    ("one", "many", "verdicts"),
    [
        (Cost(0.2, 0.2, 40), Cost(1.9, 1.9, 80), ["met"] * 6),
        (
            Cost(0.1, 0.1, 40),
            Cost(1.0, 1.0, 80),
            ["met, and the stretch", "met", "met, and the stretch", "met", "met", "met"],
        ),
        (Cost(0.21, 0.2, 40), Cost(8.1, 2.1, 81), ["not met", "met", *["not met"] * 4]),
    ],
    ids=["at the bounds", "at the stretch", "beyond the bounds"],
)
def test_a_bound_is_met_when_what_was_measured_is_at_most_the_bound(one: Cost, many: Cost, verdicts: list[str]) -> None:
    found = list(bounds({1: _costs(one), 1000: _costs(many)}))
    assert [bound.verdict for bound in found] == verdicts


def test_without_the_other_programs_and_a_thousand_specs_only_the_start_is_judged() -> None:
    costs = {NOTHING: Cost(0.01, 0.01, 10), CHECK: Cost(0.15, 0.15, 40), SIMULATE: Cost(0.2, 0.2, 40)}
    assert [round(bound.measured) for bound in bounds({1: costs, 100: costs})] == [15, 20]
    assert [round(bound.measured, 2) for bound in bounds({1: costs, 1000: costs})] == [15, 20, 0.15, 1]


def test_the_report_shows_each_command_as_a_ratio_and_what_it_took_for_a_spec() -> None:
    shown = report({100: _costs(Cost(0.3, 0.25, 40))})
    assert "100 specs" in shown
    (line,) = [line for line in shown.splitlines() if line.startswith(CHECK)]
    assert line.split()[len(CHECK.split()) :] == ["300.0", "ms", "30.0", "250.0", "ms", "2.5", "ms", "40", "MiB"]


def test_each_figure_is_the_median_of_its_own() -> None:
    costs = [Cost(1, 9, 5), Cost(3, 7, 4), Cost(2, 8, 6)]
    assert medians({"a": costs}) == {"a": Cost(2, 8, 5)}


def test_the_cost_of_a_program_counts_its_processes_and_its_memory(tmp_path: Path) -> None:
    child = "import hashlib; hashlib.sha256(b'x' * (300 << 20))"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], check=True)"
    # From a process as small as the benchmarks are, for its memory counts too.
    measuring = f"""
import sys
from pathlib import Path
from benchmarks.measuring import Command, measured_in_turns
programs = {{"idle": "pass", "busy": {parent!r}}}
commands = [Command(name, (sys.executable, "-c", text), Path({str(tmp_path)!r})) for name, text in programs.items()]
for cost in measured_in_turns(commands, rounds=1).values():
    print(cost.cpu, cost.memory)
"""
    printed = subprocess.run([sys.executable, "-c", measuring], cwd=ROOT, check=True, capture_output=True, text=True)
    idle, busy = ([float(word) for word in line.split()] for line in printed.stdout.splitlines())
    assert busy[0] > idle[0]
    assert busy[1] > 300 > idle[1]


def test_what_comes_before_a_run_comes_before_each_and_does_not_count(tmp_path: Path) -> None:
    calls: list[int] = []

    def slow() -> None:
        time.sleep(0.5)
        calls.append(1)

    idle = Command("idle", (sys.executable, "-c", "pass"), tmp_path, slow)
    costs = measured_in_turns([idle], rounds=2)
    assert len(calls) == 3
    assert costs["idle"].wall < 0.5


def test_a_program_that_fails_ends_the_benchmark_with_its_last_words(tmp_path: Path) -> None:
    failing = Command("failing", (sys.executable, "-c", "raise SystemExit('no such model')"), tmp_path)
    with pytest.raises(SystemExit, match="no such model"):
        run(failing)
