"""The published schemas say what the shapes say, and say it so that an editor can help with it."""

from __future__ import annotations

import copy
import json
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from config_samples import COMPLETE
from deliveries import ROOT, SPECS
from pipegen.cli import main
from pipegen.config.shape import pipegen_toml
from pipegen.resources import SCHEMAS
from pipegen.schema import (
    config_schema,
    config_schema_text,
    model_spec_schema,
    schema_text,
    stage_kind_schema,
    stage_kind_schema_text,
)
from pipegen.spec.model import ModelSpec
from pipegen.stage_kinds import StageKind
from runners import require

SPEC_SCHEMA = model_spec_schema()
CONFIG_SCHEMA = config_schema()
SCHEMAS_BY_NAME = {"model-spec": SPEC_SCHEMA, "stage-kind": stage_kind_schema(), "pipegen-toml": CONFIG_SCHEMA}
WHOLE = {"model-spec": SPEC_SCHEMA, "pipegen-toml": CONFIG_SCHEMA}
"""Those whose every property has an example, a choice or a default."""
EDITOR_LINE = "# yaml-language-server: $schema=../schemas/model-spec.schema.json"
MISSING = "(the key left out)"

MINIMAL: dict[str, Any] = {
    "pipegen": 1,
    "model": {"name": "churn", "owner": "retention"},
    "runtime": {"python": "3.11", "install": "pip install ."},
    "flow": [{"branch": "dev", "environments": ["dev"]}, {"tags": "v*", "environments": ["prod"]}],
    "environments": {"dev": {}, "prod": {"approvals": {"count": 2, "approvers": ["risk"]}}},
    "stages": [
        {"id": "train", "run": "./train.sh", "produces": "model", "metrics": "metrics.json"},
        {"id": "check", "run": ["a", "b"], "gates": [{"metric": "auc", "min": 0.8}]},
        {"id": "deploy", "deploys": True, "rollout": [{"id": "full", "run": "x"}], "restore": "./restore.sh"},
    ],
    "schedules": {"nightly": {"cron": "0 3 * * *", "stages": ["train"]}},
    "actions": {"retrain": {"stages": ["train"], "parameters": {"window": {"type": "integer", "max": 36}}}},
}

ALLOWED = [
    ("runtime.install", ["a", "b"]),
    ("runtime.timeout", "90m"),
    ("runtime.python", "3.12.1"),
    ("runtime.indexes", [{"url": "https://nexus.example.com/simple", "secret": "NEXUS"}]),
    ("variables", {"RATE": 0.5, "DEBUG": True, "YEAR": 2024, "NAME": "x"}),
    ("secrets", ["NEXUS"]),
    ("secrets", {"NEXUS": {"type": "file", "stages": ["train"]}}),
    ("flow.0.from", ["hotfix/*"]),
    ("environments.dev.identity", {"TOKEN": {"audience": "api://acme"}}),
    ("stages.0.produces", ["model", {"name": "plots", "path": "out/plots"}]),
    ("stages.0.metrics", {"file": "m.json", "names": ["auc"]}),
    ("stages.0.with", {"paths": ["tests"], "fast": True, "depth": 3, "rate": 0.5}),
    ("stages.0.at", ["merged:prod", "scheduled:nightly", "tagged:v*"]),
    ("stages.0.publishes", "PIPEGEN_VERSION"),
    ("stages.1.gates.0.max", 1),
    ("stages.2.rollout.0.approvals", {"approvers": ["@alice"]}),
    ("stages.2.finally", ["a"]),
    ("targets", ["azure", "github"]),
]

REFUSED = [
    ("pipegen", 2),
    ("pipegen", MISSING),
    ("model", MISSING),
    ("model.name", "Churn Prediction"),
    ("model.name", "a" * 41),
    ("model.owner", ""),
    ("model.path", "/absolute"),
    ("model.nmae", "x"),
    ("runtime.python", "2.7"),
    ("runtime.python", 3.11),
    ("runtime.timeout", 60),
    ("runtime.timeout", "1w"),
    ("runtime.install", {"run": "x"}),
    ("runtime.image", "Registry.example.com/image"),
    ("runtime.checkout", {"depth": -1}),
    ("runtime.indexes", [{"url": "http://nexus.example.com"}]),
    ("flow", []),
    ("flow", {"dev": {}}),
    ("flow.0.role", "deploy"),
    ("flow.0.environments", "dev"),
    ("flow.0.approvals", {"merge": 7}),
    ("environments.Prod", {}),
    ("environments.dev", None),
    ("environments.dev.waiting", "some"),
    ("environments.prod.approvals.approvers", []),
    ("environments.prod.approvals.count", 0),
    ("environments.prod.approvals.count", "2"),
    ("environments.prod.approvals.before", "lunch"),
    ("variables", {"lower": "x"}),
    ("variables", {"LIST": ["x"]}),
    ("variables", {"EMPTY": None}),
    ("secrets", ["lower"]),
    ("secrets", {"NEXUS": {"type": "password"}}),
    ("stages", []),
    ("stages", {"train": {}}),
    ("stages.0.id", MISSING),
    ("stages.0.run", ""),
    ("stages.0.run", 5),
    ("stages.0.at", "merged"),
    ("stages.0.at", ["someday"]),
    ("stages.0.retries", 6),
    ("stages.0.advisory", "yes"),
    ("stages.0.produces", ["Model"]),
    ("stages.0.produces", [{"path": "x"}]),
    ("stages.0.metrics", {"names": ["auc"]}),
    ("stages.1.gates", [{"metric": "", "min": 1}]),
    ("stages.1.gates", [{"version": "1.0"}]),
    ("stages.1.gates", [{"dependencies": {"declared": "pyproject.toml"}}]),
    ("stages.1.gates.0.min", "0.8"),
    ("stages.1.gates.0.min", True),
    ("stages.1.gates.0.against", "yesterday"),
    ("stages.2.rollout.0.id", MISSING),
    ("schedules.nightly.cron", MISSING),
    ("schedules.nightly.stages", []),
    ("schedules.nightly.timezone", "Europe/Berlin"),
    ("actions.retrain.parameters.window.type", "date"),
    ("actions.retrain.parameters", {"windowMonths": {"type": "integer"}}),
    ("targets", ["travis"]),
    ("targets", []),
    ("allow_weaker", [{"target": "github", "control": "lock prod", "reason": "short"}]),
]


def changed(path: str, value: object, whole: dict[str, Any] = MINIMAL) -> dict[str, Any]:
    """The spec above with one value put in, or one key taken out."""
    spec = copy.deepcopy(whole)
    *way, last = [int(key) if key.isdigit() else key for key in path.split(".")]
    place: Any = spec
    for key in way:
        place = place[key]
    if value is MISSING:
        del place[last]
    else:
        place[last] = value
    return spec


def fits_schema(spec: object) -> bool:
    return Draft202012Validator(SPEC_SCHEMA).is_valid(spec)


def fits_shape(spec: object) -> bool:
    try:
        ModelSpec.model_validate(spec)
    except ValidationError:
        return False
    return True


def schemas_inside(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema in a schema, with where it stands."""
    places = [("", schema)]
    while places:
        where, node = places.pop()
        yield where, node
        for keyword in ("properties", "$defs"):
            places += [(f"{where}/{keyword}/{name}", child) for name, child in node.get(keyword, {}).items()]
        for keyword in ("items", "additionalProperties", "propertyNames"):
            places += [(f"{where}/{keyword}", node[keyword])] if isinstance(node.get(keyword), dict) else []
        places += [(f"{where}/anyOf/{number}", child) for number, child in enumerate(node.get("anyOf", []))]


PROPERTIES = [
    pytest.param(child, id=f"{name}{where}/{key}")
    for name, schema in SCHEMAS_BY_NAME.items()
    for where, node in schemas_inside(schema)
    for key, child in node.get("properties", {}).items()
]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("model-spec", schema_text()),
        ("stage-kind", stage_kind_schema_text()),
        ("pipegen-toml", config_schema_text()),
    ],
    ids=lambda each: each[:12],
)
def test_the_committed_schema_is_the_one_that_the_shapes_make(name: str, text: str) -> None:
    committed = SCHEMAS / f"{name}.schema.json"
    assert committed.read_text("utf-8") == text, "run: make schema"


@pytest.mark.parametrize(("options", "text"), [([], schema_text()), (["--config"], config_schema_text())])
def test_the_command_line_prints_a_schema_to_the_byte(options: list[str], text: str) -> None:
    assert CliRunner().invoke(main, ["schema", *options]).stdout == text


@pytest.mark.parametrize("name", SCHEMAS_BY_NAME)
def test_a_schema_is_valid_under_its_dialect(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS_BY_NAME[name])


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_shipped_specs_fit_the_schema(path: Path) -> None:
    errors = Draft202012Validator(SPEC_SCHEMA).iter_errors(yaml.safe_load(path.read_text("utf-8")))
    assert [f"{error.json_path}: {error.message}" for error in errors] == []


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_shipped_specs_name_the_schema_for_editors(path: Path) -> None:
    assert path.stem == "minimal" or path.read_text("utf-8").startswith(EDITOR_LINE)
    assert (path.parent / EDITOR_LINE.split("=")[1]).resolve() == (SCHEMAS / "model-spec.schema.json").resolve()


@pytest.mark.parametrize("path", sorted((ROOT / "templates" / "stages").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_shipped_stage_kinds_fit_their_schema(path: Path) -> None:
    kind = yaml.safe_load(path.read_text("utf-8"))
    StageKind.model_validate(kind)
    assert list(Draft202012Validator(SCHEMAS_BY_NAME["stage-kind"]).iter_errors(kind)) == []


def test_the_shipped_pipegen_toml_fits_its_schema() -> None:
    for text in ((ROOT / "pipegen.toml").read_text("utf-8"), COMPLETE):
        assert list(Draft202012Validator(CONFIG_SCHEMA).iter_errors(tomllib.loads(text))) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("format", 2),
        ("required-version", "~=0.1"),
        ("repository.host", "svn"),
        ("repository.hots", "github"),
        ("pipegen.sha256", MISSING),
        ("pipegen.version", 1),
        ("github.runners.gpu", 5),
        ("github.actions.x", {"version": "v1", "commit": "0" * 40}),
        ("azure.runners.gpu", {"pol": "x"}),
        ("azure.extends.template", MISSING),
        ("azure.extends.repository.ref", "v3"),
        ("jenkins.libraries", ["company-ci"]),
        ("steps.before.0.title", MISSING),
        ("defaults.stages", []),
        ("flow", []),
        ("environments.Prod", {}),
    ],
    ids=str,
)
def test_the_schema_of_pipegen_toml_refuses_what_its_reader_refuses(path: str, value: object) -> None:
    toml = changed(path, value, tomllib.loads(COMPLETE))
    assert not Draft202012Validator(CONFIG_SCHEMA).is_valid(toml)
    with pytest.raises(ValidationError):
        pipegen_toml().model_validate(toml)


def test_the_spec_that_the_tables_change_is_right_itself() -> None:
    assert fits_schema(MINIMAL)
    assert fits_shape(MINIMAL)


@pytest.mark.parametrize(("path", "value"), ALLOWED, ids=str)
def test_schema_and_shape_let_through(path: str, value: object) -> None:
    spec = changed(path, value)
    assert (fits_schema(spec), fits_shape(spec)) == (True, True)


@pytest.mark.parametrize(("path", "value"), REFUSED, ids=str)
def test_schema_and_shape_refuse(path: str, value: object) -> None:
    spec = changed(path, value)
    assert (fits_schema(spec), fits_shape(spec)) == (False, False)


@pytest.mark.parametrize("schema", PROPERTIES)
def test_every_property_is_described_in_a_sentence(schema: dict[str, Any]) -> None:
    assert schema["description"].endswith(".")
    assert schema["description"][0].isupper() or schema["description"].startswith("`")


NODES = [
    pytest.param(schema, node, id=f"{name}{where}")
    for name, schema in WHOLE.items()
    for where, node in schemas_inside(schema)
]


@pytest.mark.parametrize(("schema", "node"), NODES)
def test_examples_and_defaults_are_right_by_their_own_schema(schema: dict[str, Any], node: dict[str, Any]) -> None:
    validator = Draft202012Validator({**node, "$defs": schema["$defs"]})
    shown = [*node.get("examples", []), *([node["default"]] if "default" in node else [])]
    assert [value for value in shown if not validator.is_valid(value)] == []


@pytest.mark.parametrize(("schema", "node"), NODES)
def test_a_property_that_is_not_a_choice_shows_an_example_or_its_default(
    schema: dict[str, Any], node: dict[str, Any]
) -> None:
    del schema
    for name, child in node.get("properties", {}).items():
        chosen = {"examples", "default", "enum", "const"} & child.keys()
        assert chosen, name


@pytest.mark.parametrize("name", SCHEMAS_BY_NAME)
def test_no_mapping_takes_a_key_that_nobody_knows(name: str) -> None:
    for where, node in schemas_inside(SCHEMAS_BY_NAME[name]):
        if node.get("type") == "object":
            assert "additionalProperties" in node, where
            named = "pattern" in node.get("propertyNames", {})
            assert named or node["additionalProperties"] is False or where.endswith("/Stage/properties/with"), where


@pytest.mark.parametrize("name", WHOLE)
def test_nothing_is_left_open_or_named_by_the_library(name: str) -> None:
    for where, node in schemas_inside(WHOLE[name]):
        assert node, f"{where} says nothing"
        assert where == "" or "title" not in node, where
        assert "patternProperties" not in node, where


def test_every_pattern_is_one_that_editors_can_compile() -> None:
    patterns = {
        node["pattern"]
        for schema in SCHEMAS_BY_NAME.values()
        for _, node in schemas_inside(schema)
        if "pattern" in node
    }
    script = "for (const pattern of JSON.parse(process.argv[1])) new RegExp(pattern, 'u')"
    subprocess.run([require("node"), "-e", script, json.dumps(sorted(patterns))], check=True)
