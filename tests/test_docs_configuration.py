"""What docs/configuration.md shows is true: its tables are those of the shapes, its shared tables hold for specs."""

from __future__ import annotations

import re
import runpy
import tomllib
from pathlib import Path

from deliveries import ROOT
from pages import blocks, text_of
from pipegen.compiler import load_spec, open_repository
from pipegen.config.shape import pipegen_toml
from pipegen.diagnostics import Severity
from rule_runs import PINNED, lay_out

PAGE = "docs/configuration.md"
REFERENCE = runpy.run_path(str(ROOT / "docs" / "spec_reference.py"))
SHOWN = [block.text for block in blocks(PAGE) if block.language == "toml"]
SPEC = """\
pipegen: 1
model: {name: churn, owner: retention}
stages:
  - {id: test, run: pytest}
  - {id: deploy, deploys: true, run: ./deploy.sh, restore: ./restore.sh}
"""


def test_the_tables_are_those_of_the_shapes() -> None:
    page = text_of(PAGE)
    assert REFERENCE["updated"](page, REFERENCE["configuration"]()) == page, "run: make schema"


def test_every_table_of_the_file_is_shown_in_an_example() -> None:
    shown = {key for text in SHOWN for key in tomllib.loads(text)}
    assert shown == {field.alias or name for name, field in pipegen_toml().model_fields.items()}


def test_a_spec_delivers_by_what_the_page_shows_for_all_models(tmp_path: Path) -> None:
    [shared] = [text for text in SHOWN if "[[flow]]" in text]
    lay_out(tmp_path, {"pipegen.toml": PINNED + shared, "model-specs/churn.yaml": SPEC})
    loaded = load_spec(open_repository(tmp_path), "model-specs/churn.yaml")
    # What one target cannot keep of it, PG301 and PG302, is for that target to say.
    assert [each for each in loaded.diagnostics if each.severity is Severity.ERROR and each.code < "PG300"] == []
    assert loaded.spec is not None
    assert [entry.branch for entry in loaded.spec.flow or ()] == ["feat/*", "dev", "prod"]
    assert loaded.spec.variables == {"REGION": "eu-west-1"}


def test_the_first_line_for_editors_names_a_schema_that_exists() -> None:
    [path] = re.findall(r"^#:schema (\S+)$", SHOWN[0], re.MULTILINE)
    assert (ROOT / path).is_file()


def test_every_link_to_a_heading_leads_to_one() -> None:
    for page, heading in re.findall(r"\]\(([a-z.]*)#([^)]+)\)", text_of(PAGE)):
        headings = re.findall(r"^#+ (.+)$", text_of(f"docs/{page}" if page else PAGE), re.MULTILINE)
        assert heading in {re.sub(r"[^a-z0-9 -]", "", each.lower()).replace(" ", "-") for each in headings}
