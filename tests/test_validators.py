"""Each validator is silent on a good file, and finds the one thing that is wrong with a bad one.

A bad sample is the good one with one text replaced; `also` names rules that the same mistake breaks besides.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

import runners
from validators import azure, github, gitlab, hardening, jenkins, jenkins_file, jenkins_structure
from validators.explained import EXPLAINED, Explained, unexplained, unused
from validators.report import Report
from validators.tools import run_json

HERE = Path(__file__).parent / "validators"
SAMPLES = HERE / "samples"
Validator = Callable[[Sequence[Path]], list[Report]]
VALIDATORS: Mapping[str, Mapping[str, Validator]] = {
    "github": {
        "actionlint": lambda files: github.actionlint(files, labels=["gpu"]),
        "github-parser": github.parser,
        "github-schema": github.schema,
        "hardening": hardening.github,
        "zizmor": github.zizmor,
    },
    "azure": {
        "azure-graph": azure.graph,
        "azure-language-service": azure.language_service,
        "azure-schema": azure.schema,
        "hardening": hardening.azure,
    },
    "gitlab": {
        "gitlab-schema": gitlab.schema,
        "hardening": hardening.gitlab,
    },
    "jenkins": {
        "groovy": jenkins.groovy,
        "hardening": hardening.jenkins,
        "jenkins-structure": jenkins.structure,
    },
}
PAIRS = [(target, tool) for target, tools in VALIDATORS.items() for tool in tools]


@dataclass(frozen=True, slots=True)
class Mistake:
    target: str
    tool: str
    number: int
    rule: str
    replace: str
    by: str
    also: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.target}-{self.tool}-{self.rule}-{self.number}"


def mistakes() -> Iterator[Mistake]:
    for target, tool in PAIRS:
        told = yaml.safe_load((SAMPLES / target / "bad" / f"{tool}.yaml").read_text(encoding="utf-8"))
        for number, one in enumerate(told):
            also = tuple(one.get("also", ()))
            yield Mistake(target, tool, number, one["rule"], one["replace"], one["by"], also)


MISTAKES = tuple(mistakes())
Found = Mapping[Mistake, Sequence[Report]]


def good(target: str) -> list[Path]:
    return sorted((SAMPLES / target / "good").iterdir())


def bad_file(mistake: Mistake, folder: Path) -> Path:
    (sample,) = good(mistake.target)
    text = sample.read_text(encoding="utf-8")
    assert text.count(mistake.replace) == 1, f"{mistake}: the replaced text stands {text.count(mistake.replace)} times"
    file = folder / str(mistake).replace("$", "_") / sample.name
    file.parent.mkdir()
    file.write_text(text.replace(mistake.replace, mistake.by), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Found]:
    """What a validator finds in all of its bad samples: one run for all of them."""
    cache: dict[tuple[str, str], Found] = {}

    def run(target: str, tool: str) -> Found:
        if (target, tool) not in cache:
            folder = tmp_path_factory.mktemp(f"{target}-{tool}")
            files = {bad_file(one, folder): one for one in MISTAKES if (one.target, one.tool) == (target, tool)}
            reports = defaultdict(list)
            for report in unexplained(VALIDATORS[target][tool](list(files))):
                reports[files[report.file]].append(report)
            cache[target, tool] = reports
        return cache[target, tool]

    return run


@pytest.mark.parametrize(("target", "tool"), PAIRS)
def test_a_good_file_has_no_unexplained_findings(target: str, tool: str) -> None:
    assert [str(report) for report in unexplained(VALIDATORS[target][tool](good(target)))] == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_a_bad_file_breaks_its_rule_and_no_other(mistake: Mistake, found: Callable[[str, str], Found]) -> None:
    reports = found(mistake.target, mistake.tool).get(mistake, ())
    assert {report.rule for report in reports} == {mistake.rule, *mistake.also}, [str(report) for report in reports]


@pytest.mark.parametrize(
    ("module", "target", "tool"),
    [
        ("azure_conditions", "azure", "azure-graph"),
        ("azure_graph", "azure", "azure-graph"),
        ("foreign", "azure", "hardening"),
        ("hardening_azure", "azure", "hardening"),
        ("hardening_github", "github", "hardening"),
        ("hardening_gitlab", "gitlab", "hardening"),
        ("hardening_jenkins", "jenkins", "hardening"),
        ("jenkins_structure", "jenkins", "jenkins-structure"),
    ],
)
def test_every_rule_of_our_own_has_a_sample_that_breaks_it(module: str, target: str, tool: str) -> None:
    shown = {rule for one in MISTAKES if (one.target, one.tool) == (target, tool) for rule in (one.rule, *one.also)}
    # Rules about size are shown below, with texts too long for a sample.
    assert rules_of(HERE / f"{module}.py") - {"method-size", "text-size"} <= shown


def rules_of(module: Path) -> set[str]:
    """The second part of what a check yields, where it is written out."""
    yields = [
        node.value for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))) if isinstance(node, ast.Yield)
    ]
    rules = [value.elts[1] for value in yields if isinstance(value, ast.Tuple)]
    return {str(rule.value) for rule in rules if isinstance(rule, ast.Constant)}


def test_every_explanation_is_of_something_that_happens() -> None:
    reports = [report for target, tool in PAIRS for report in VALIDATORS[target][tool](good(target))]
    assert unused(reports) == []


def test_an_explanation_covers_one_rule_of_one_tool_and_only_the_messages_it_matches() -> None:
    one = Explained("zizmor", "template-injection", r"`'\$\{\{'`\Z", "a constant")
    covered = Report(Path("a.yml"), 1, "zizmor", "template-injection", "may expand: `'${{'`")
    others = [
        Report(Path("a.yml"), 1, "zizmor", "template-injection", "may expand: `github.head_ref`"),
        Report(Path("a.yml"), 1, "zizmor", "artipacked", "`'${{'`"),
        Report(Path("a.yml"), 1, "actionlint", "template-injection", "`'${{'`"),
    ]
    assert unexplained([covered, *others], [one]) == others
    assert unused([covered], [one]) == []
    assert unused(others, [one]) == [one]
    assert all(explained.reason for explained in EXPLAINED)


def stages(count: int, tmp_path: Path) -> Path:
    """Stages as small as those that the Declarative plugin's own tests compile in one method."""
    lines = [
        'def someVar = "Hi there"',
        'def someFunc() { return "This comes from a function" }',
        "pipeline {",
        "  agent none",
        "  stages {",
        *(f'    stage("{number}") {{ steps {{ echo "${{someVar}} - ${{someFunc()}}" }} }}' for number in range(count)),
        "  }",
        "}",
    ]
    file = tmp_path / "Jenkinsfile"
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def test_a_hundred_small_stages_fit_one_method_as_they_do_in_jenkins(tmp_path: Path) -> None:
    (read,) = jenkins_file.read([stages(100, tmp_path)])
    assert read.size["pipeline"] <= jenkins_structure.LARGEST_KNOWN_TO_COMPILE


def test_more_stages_than_are_known_to_compile_are_reported(tmp_path: Path) -> None:
    assert "method-size" in {report.rule for report in jenkins.structure([stages(102, tmp_path)])}


def test_stages_beyond_the_limit_of_the_jvm_are_reported_and_do_not_break_the_check(tmp_path: Path) -> None:
    assert "method-size" in {report.rule for report in jenkins.structure([stages(200, tmp_path)])}


def test_a_file_that_no_parser_reads_is_reported_or_raises(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yml"
    broken.write_text("jobs: [\n", encoding="utf-8")
    for validator in (github.parser, github.actionlint, github.schema, azure.language_service):
        assert validator([broken]), validator
    for validator in (github.zizmor, azure.schema, azure.graph, hardening.github, hardening.azure):
        with pytest.raises((RuntimeError, yaml.YAMLError)):
            validator([broken])


def test_a_tool_that_fails_raises_instead_of_finding_nothing() -> None:
    with pytest.raises(RuntimeError, match="exited with 3:\nbroken"):
        run_json(["bash", "-c", "echo broken >&2; exit 3"])


def test_a_missing_program_skips_on_a_users_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIPEGEN_REQUIRE_RUNNERS", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no-such-program is not installed"):
        runners.require("no-such-program")


def test_a_missing_program_fails_where_runners_are_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIPEGEN_REQUIRE_RUNNERS", "1")
    with pytest.raises(pytest.fail.Exception, match="no-such-program is not installed"):
        runners.require("no-such-program")
