"""What people see while they write a spec: the YAML language server of editors, asked over its own protocol."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pages import ROOT
from pipegen.config import Config, Pin
from pipegen.onboarding.adoption import SCHEMA_FILE, schema_text
from pipegen.onboarding.first_spec import Wanted, spec_text
from pipegen.targets import TARGETS
from runners import missing, require
from validators.tools import HERE, run_json

HEAD = "# yaml-language-server: $schema=model-spec.schema.json\npipegen: 1\n"
CURSOR = "▮"


@dataclass(frozen=True, slots=True)
class Seen:
    """What the editor shows: its complaints, and the completions and the explanation at the cursor."""

    complaints: tuple[str, ...]
    completions: tuple[str, ...]
    hover: str


def _seen(folder: Path, text: str) -> Seen:
    """The text's one cursor is not part of the file."""
    spec = folder / "model-specs" / "fraud.yaml"
    spec.parent.mkdir()
    (folder / SCHEMA_FILE).write_text(schema_text(), "utf-8")
    before = text.partition(CURSOR)[0]
    spec.write_text(text.replace(CURSOR, ""), "utf-8")
    place = [before.count("\n"), len(before.rpartition("\n")[2])]
    answer = _answer(spec, place)
    complaints = (
        f"{each['range']['start']['line'] + 1}:{each['range']['start']['character'] + 1} {each['message']}"
        for each in answer["diagnostics"]
    )
    [offered] = answer["offered"]
    return Seen(tuple(complaints), tuple(offered["completions"]), offered["hover"])


def _answer(spec: Path, *places: list[int]) -> Any:  # noqa: ANN401  (JSON)
    if not (HERE / "node_modules" / "yaml-language-server").is_dir():
        missing("the Node packages are not installed: npm ci --prefix tests/validators")
    asked = json.dumps({"file": str(spec), "places": places})
    return run_json([require("node"), "yaml_language_server.mjs"], stdin=asked)


@pytest.mark.parametrize("spec", sorted((ROOT / "model-specs").glob("*.yaml")), ids=lambda spec: str(spec.stem))
def test_a_shipped_spec_is_shown_without_complaints(spec: Path) -> None:
    assert _answer(spec)["diagnostics"] == []


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("pin", [None, Pin("0.1.0", "0" * 64)])
def test_a_new_spec_is_shown_without_complaints(tmp_path: Path, pin: Pin | None, *, full: bool) -> None:
    wanted = Wanted("fraud", "risk", "models/fraud", full=full)
    assert _seen(tmp_path, spec_text(wanted, Config(pin=pin))).complaints == ()


def test_a_wrong_key_is_marked_where_it_stands(tmp_path: Path) -> None:
    seen = _seen(
        tmp_path, f"{HEAD}model: {{name: fraud, owner: risk, ownr: risk}}\nstages: [{{id: test, run: pytest}}]\n"
    )
    assert seen.complaints == ("3:35 Property ownr is not allowed.",)


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("model:\n  name: fraud\n  ▮\n", {"owner", "path", "paths", "title"}),
        ("stages:\n  - id: test\n    ▮\n", {"run", "gates", "deploys", "restore", "produces"}),
        ("environments:\n  prod:\n    approvals:\n      ▮\n", {"count", "approvers", "before", "expires"}),
        ("targets:\n  - ▮\n", {*TARGETS}),
        ("▮\n", {"model", "stages", "flow", "environments", "schedules", "actions"}),
    ],
)
def test_what_may_stand_at_the_cursor_is_offered(tmp_path: Path, text: str, offered: set[str]) -> None:
    assert offered <= set(_seen(tmp_path, HEAD + text).completions)


def test_what_a_key_means_is_told_at_the_key(tmp_path: Path) -> None:
    assert "The team that answers for it." in _seen(tmp_path, f"{HEAD}model:\n  ow▮ner: risk\n").hover
