"""What docs/spec.md shows is true: its examples are executed, its tables are those of the shapes."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from deliveries import CONFIG, ROOT
from pipegen.delivery import CONTEXT_VARIABLES, PATH_VARIABLES, Run
from pipegen.diagnostics import Severity
from pipegen.plan.variables import RESERVED
from pipegen.source import Source
from pipegen.spec.flow import Store
from pipegen.stage_kinds import StageKind
from pipegen.validation import Validated, load_kinds, validate

PAGE = (ROOT / "docs" / "spec.md").read_text("utf-8")
REFERENCE = runpy.run_path(str(ROOT / "docs" / "spec_reference.py"))
BY_HAND = PAGE.split(REFERENCE["BEGIN"])[0]
BLOCK = re.compile(r"(?:^<!-- (?P<mark>[^\n]*) -->\n)?^```yaml\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


WITHOUT_GATE = "PG259"


@dataclass(frozen=True, slots=True)
class Example:
    """A block of YAML on the page; `mark` is the comment right before it."""

    line: int
    mark: str
    text: str

    @property
    def expected(self) -> list[str]:
        """The codes of the errors that it shows."""
        return [self.mark.removeprefix("error: ")] if self.mark.startswith("error: ") else []


def examples() -> Iterator[Example]:
    for match in BLOCK.finditer(BY_HAND):
        yield Example(BY_HAND[: match.start("text")].count("\n") + 1, match["mark"] or "", match["text"])


LEAST = next(each for each in examples() if each.mark == "example: least")
KINDS = [each for each in examples() if each.mark == "kind"]
SPECS = [each for each in examples() if each.mark != "kind"]


def whole(example: Example) -> str:
    """The least spec with its keys replaced by those of the example."""
    data = yaml.safe_load(example.text)
    if "pipegen" in data:
        return example.text
    return str(yaml.safe_dump({**yaml.safe_load(LEAST.text), **data}, sort_keys=False))


def kinds() -> dict[str, StageKind]:
    shipped = [Source.read(file, file.name) for file in sorted((ROOT / "templates" / "stages").glob("*.yaml"))]
    shown = [Source.parse(f"{yaml.safe_load(each.text)['kind']}.yaml", each.text.encode()) for each in KINDS]
    found, problems = load_kinds((*shipped, *shown))
    assert problems == ()
    return found


def validated(example: Example) -> Validated:
    return validate(Source.parse("model-specs/example.yaml", whole(example).encode()), CONFIG, kinds())


def places(listed: list[Example]) -> list[Any]:
    return [pytest.param(each, id=f"line {each.line}") for each in listed]


@pytest.mark.parametrize("example", places(SPECS))
def test_an_example_is_right_or_has_the_error_that_it_shows(example: Example) -> None:
    found = validated(example).diagnostics
    assert [each.code for each in found if each.severity is Severity.ERROR] == example.expected, found


@pytest.mark.parametrize("example", places(SPECS))
def test_an_example_leaves_out_nothing_but_gates(example: Example) -> None:
    warned = {each.code for each in validated(example).diagnostics if each.severity is Severity.WARNING}
    assert warned <= {WITHOUT_GATE}


def test_the_page_shows_examples_that_are_right_and_wrong() -> None:
    assert len(SPECS) > 12
    assert any(each.expected for each in SPECS)
    assert len(KINDS) == 1


def test_the_least_spec_is_the_one_that_is_shipped() -> None:
    shipped = yaml.safe_load((ROOT / "model-specs" / "minimal.yaml").read_text("utf-8"))
    shown = yaml.safe_load(LEAST.text)
    assert {**shown, "model": shipped["model"]} == shipped


def test_the_users_own_stage_kind_becomes_the_command_that_the_page_promises() -> None:
    example = next(each for each in SPECS if each.mark == "example: kind")
    delivery = validated(example).delivery
    assert delivery is not None
    scripts = [step.script for job in delivery.pipelines[0].jobs for step in job.steps if isinstance(step, Run)]
    [promised] = re.findall(r"This stage runs `([^`]+)`", PAGE)
    assert any(promised in script for script in scripts)


def test_the_flow_that_holds_without_one_is_the_one_that_the_page_shows() -> None:
    shown = next(each for each in SPECS if "role: archive" in each.text)
    assert pipelines(validated(shown)) == pipelines(validated(LEAST))


def pipelines(result: Validated) -> list[tuple[str, list[str]]]:
    assert result.delivery is not None
    return [(each.id, [job.id for job in each.jobs]) for each in result.delivery.pipelines]


@pytest.mark.parametrize("name", [*CONTEXT_VARIABLES, *PATH_VARIABLES, *RESERVED, "PIPEGEN_VERSION"])
def test_every_variable_that_a_script_may_rely_on_has_a_line(name: str) -> None:
    assert re.search(rf"^\| `{name}` \| \S", BY_HAND, re.MULTILINE)


@pytest.mark.parametrize("command", ["put", "get"])
def test_every_variable_of_the_store_is_one_that_its_description_or_the_page_names(command: str) -> None:
    description = Store.model_fields[command].description or ""
    for name in re.findall(r"\$(PIPEGEN_\w+)", description):
        assert f"| `{name}` |" in BY_HAND


def test_the_tables_are_those_of_the_shapes() -> None:
    assert REFERENCE["updated"](PAGE, REFERENCE["reference"]()) == PAGE, "run: make schema"


def test_every_link_on_the_page_leads_to_a_heading_or_a_file() -> None:
    headings = {
        re.sub(r"[^a-z0-9 -]", "", each.lower()).replace(" ", "-")
        for each in re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)
    }
    for target in set(re.findall(r"\]\(([^)]+)\)", PAGE)):
        assert target.removeprefix("#") in headings or (ROOT / "docs" / target).is_file(), target
