"""What pipegen.toml says for all specs: its flow, the environments that a spec uses, and defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipegen.compiler import Compiled, Repository, load_spec, open_repository
from pipegen.layers import Layered, layered
from pipegen.repository import check_repository, summary
from pipegen.source import Source
from pipegen.toml_source import TomlSource

SPEC, SHARED = "model-specs/churn.yaml", "pipegen.toml"
WHOLE = """\
pipegen: 1
model: {name: churn, owner: retention}
"""


def over(spec: str, shared: str) -> Layered:
    found = layered(Source.parse(SPEC, spec.encode()), None, TomlSource.parse(SHARED, shared))
    assert isinstance(found, Layered)
    return found


def data(spec: str, shared: str) -> Any:  # noqa: ANN401  (plain data)
    return over(spec, shared).data


def said(spec: str, shared: str) -> list[str]:
    found = over(spec, shared).disagreements
    return [f"{each.file}:{each.span.start.line if each.span else 0} {each.code} {each.message}" for each in found]


def repository(root: Path, shared: str) -> Repository:
    (root / "model-specs").mkdir(exist_ok=True)
    (root / SHARED).write_text(shared, "utf-8")
    return open_repository(root)


def loaded(opened: Repository, text: str, name: str = SPEC) -> Compiled:
    (opened.root / name).write_text(text, "utf-8")
    return load_spec(opened, name)


# ---------------------------------------------------------------- the flow

FLOW = """\
[[flow]]
branch = "feat/*"

[[flow]]
branch = "dev"
environments = ["dev"]

[[flow]]
branch = "prod"
environments = ["staging", "prod"]
from = ["dev", "hotfix/*"]
approvals = { merge = 2 }

[[flow]]
tags = "v*"
environments = ["store"]
"""

AGREEING = {
    "none": "",
    "one entry": "flow: [{branch: prod, approvals: {merge: 2}}]",
    "names alone": "flow: [{branch: dev}, {branch: prod}, {tags: 'v*'}]",
    "another order of sources": "flow: [{branch: prod, from: [hotfix/*, dev]}]",
    "all": """\
flow:
  - {branch: feat/*}
  - {branch: dev, environments: [dev]}
  - {branch: prod, environments: [staging, prod], from: [dev, hotfix/*], approvals: {merge: 2}}
  - {tags: "v*", environments: [store]}
""",
}


@pytest.mark.parametrize("spec", AGREEING.values(), ids=AGREEING)
def test_a_spec_that_agrees_has_the_shared_flow(spec: str) -> None:
    assert said(WHOLE + spec, FLOW) == []
    assert [entry.get("branch") for entry in data(WHOLE + spec, FLOW)["flow"]] == ["feat/*", "dev", "prod", None]


UNLIKE_FLOW = {
    "another number of approvals": (
        "flow: [{branch: prod, approvals: {merge: 1}}]",
        "PG294 branch 'prod' has approvals.merge 1 here, but 2 in pipegen.toml:12",
    ),
    "other environments": (
        "flow: [{branch: prod, environments: [prod]}]",
        "PG294 branch 'prod' has environments ['prod'] here, but ['staging', 'prod'] in pipegen.toml:10",
    ),
    "another order of environments": (
        "flow: [{branch: prod, environments: [prod, staging]}]",
        "PG294 branch 'prod' has environments ['prod', 'staging'] here, but ['staging', 'prod'] in pipegen.toml:10",
    ),
    "a key that the shared entry has not": (
        "flow: [{branch: dev, approvals: {merge: 1}}]",
        "PG294 branch 'dev' has approvals a mapping here, but pipegen.toml:4 says nothing of it",
    ),
    "true for one": (
        "flow: [{tags: 'v*', environments: true}]",
        "PG294 tags 'v*' has environments true here, but ['store'] in pipegen.toml:16",
    ),
    "a branch of its own": (
        "flow: [{branch: main}]",
        "PG294 pipegen.toml has a flow for all specs, and no branch 'main' in it",
    ),
    "an entry without a name": (
        "flow: [{role: archive}]",
        "PG294 pipegen.toml has a flow for all specs, and no branch '' in it",
    ),
    "another order of promotion": (
        "flow: [{branch: prod}, {branch: dev}]",
        "PG294 branch 'dev' comes later here than in pipegen.toml:4",
    ),
}


@pytest.mark.parametrize(("spec", "expected"), UNLIKE_FLOW.values(), ids=UNLIKE_FLOW)
def test_a_spec_may_not_say_otherwise_about_the_flow(spec: str, expected: str) -> None:
    assert said(WHOLE + spec, FLOW) == [f"{SPEC}:3 {expected}"]


@pytest.mark.parametrize("flow", ["dev", "{dev: {}}", "[dev]", "", "5"])
def test_what_is_no_flow_is_left_for_the_shape_to_refuse(flow: str, tmp_path: Path) -> None:
    found = loaded(repository(tmp_path, FLOW), f"{WHOLE}stages: [{{id: test, run: pytest}}]\nflow: {flow}\n")
    assert [(each.code, each.file, each.span and each.span.start.line) for each in found.diagnostics] == [
        ("PG103", SPEC, 4)
    ]


# ---------------------------------------------------------------- environments

ENVIRONMENTS = """\
[environments.checks]
variables = { DATABASE = "ML_DEV" }

[environments.dev]
secrets = ["TOKEN", "OTHER"]

[environments.prod]
title = "Production"
variables = { DATABASE = "ML_PROD" }
secrets = { TOKEN = { stages = ["deploy"] } }
approvals = { count = 2, approvers = ["ml-release", "risk"] }

[environments.offline]
variables = { DATABASE = "ML_COPY" }
"""
MERGED_ENVIRONMENTS = {
    "those of the flow that holds without one": ("", {"checks", "dev", "prod"}),
    "those of its own flow": (
        "flow: [{branch: dev, environments: [dev], build_in: offline}]",
        {"checks", "dev", "offline"},
    ),
    "those of a schedule": ("flow: []\nschedules: {a: {environment: offline}}", {"checks", "offline"}),
    "those of an action": (
        "flow: []\nactions: {a: {build_in: offline, environment: dev}}",
        {"checks", "dev", "offline"},
    ),
    "those of a stage": ("flow: []\nstages: [{environments: [prod]}]", {"checks", "prod"}),
    "those of a rollout's approval": (
        "flow: []\nstages: [{rollout: [{approvals: {environments: [prod]}}]}]",
        {"checks", "prod"},
    ),
    "those that it declares": ("flow: []\nenvironments: {offline: {}, lab: {}}", {"checks", "offline", "lab"}),
    "none that only look like it": ("flow: []\nstages: [{environments: prod}, prod]\nactions: [prod]", {"checks"}),
}


@pytest.mark.parametrize(("spec", "expected"), MERGED_ENVIRONMENTS.values(), ids=MERGED_ENVIRONMENTS)
def test_a_spec_gets_the_shared_environments_that_it_uses(spec: str, expected: set[str]) -> None:
    assert data(WHOLE + spec, ENVIRONMENTS)["environments"].keys() == expected


def test_a_spec_may_add_variables_secrets_and_tokens_to_a_shared_environment() -> None:
    spec = "environments: {prod: {variables: {OWN: x}, secrets: [OWN_TOKEN, TOKEN], identity: {ID: {audience: a}}}}"
    spec = f"{WHOLE}stages: [{{id: deploy}}]\n{spec}"
    assert said(spec, ENVIRONMENTS) == []
    assert data(spec, ENVIRONMENTS)["environments"]["prod"] == {
        "title": "Production",
        "variables": {"DATABASE": "ML_PROD", "OWN": "x"},
        "secrets": {"TOKEN": {"stages": ["deploy"]}, "OWN_TOKEN": {}},
        "identity": {"ID": {"audience": "a"}},
        "approvals": {"count": 2, "approvers": ["ml-release", "risk"]},
    }


def test_a_spec_may_repeat_what_is_shared() -> None:
    spec = "environments: {prod: {title: Production, approvals: {approvers: [risk, ml-release]}, secrets: [TOKEN]}}"
    assert said(WHOLE + spec, ENVIRONMENTS) == []


UNLIKE_ENVIRONMENT = {
    "title: Live": "title 'Live' here, but 'Production' in pipegen.toml:8",
    "variables: {DATABASE: ML_DEV}": "variables.DATABASE 'ML_DEV' here, but 'ML_PROD' in pipegen.toml:9",
    "secrets: {TOKEN: {stages: [train]}}": "secrets.TOKEN.stages ['train'] here, but ['deploy'] in pipegen.toml:10",
    "approvals: {count: 1}": "approvals.count 1 here, but 2 in pipegen.toml:11",
    "approvals: {expires: 9d}": "approvals.expires '9d' here, but pipegen.toml:11 says nothing of it",
    "approvals: [risk]": "approvals ['risk'] here, but a mapping in pipegen.toml:11",
}


@pytest.mark.parametrize(("keys", "expected"), UNLIKE_ENVIRONMENT.items(), ids=UNLIKE_ENVIRONMENT)
def test_a_spec_may_not_say_otherwise_about_a_shared_environment(keys: str, expected: str) -> None:
    spec = f"{WHOLE}environments: {{prod: {{{keys}}}}}"
    assert said(spec, ENVIRONMENTS) == [f"{SPEC}:3 PG295 environment 'prod' has {expected}"]


def test_a_disagreement_of_the_base_stands_in_the_base() -> None:
    base = Source.parse("model-specs/bases/rest.yaml", b"environments:\n  prod:\n    title: Live\n")
    found = layered(Source.parse(SPEC, WHOLE.encode()), base, TomlSource.parse(SHARED, ENVIRONMENTS))
    assert isinstance(found, Layered)
    assert [(each.file, each.code, each.excerpt) for each in found.disagreements] == [
        ("model-specs/bases/rest.yaml", "PG295", "    title: Live")
    ]


def test_a_spec_that_disagrees_is_not_planned(tmp_path: Path) -> None:
    spec = f"{WHOLE}stages: [{{id: test, run: pytest}}]\n"
    opened = repository(tmp_path, ENVIRONMENTS)
    assert loaded(opened, spec).delivery is not None
    refused = loaded(opened, f"{spec}environments: {{prod: {{title: Live}}}}\n")
    assert refused.delivery is None
    assert "PG295" in {each.code for each in refused.diagnostics}


def test_what_is_offered_to_all_is_no_finding_about_one_that_does_not_use_it(tmp_path: Path) -> None:
    spec = f"{WHOLE}stages: [{{id: test, run: pytest}}]\n"
    flow = "flow: [{branch: main, environments: [staging, prod]}]\n"
    own = "environments: {staging: {secrets: {TOKEN: {stages: []}}}, prod: {}}\n"
    shared = """\
flow = [{ branch = "main", environments = ["staging", "prod"] }]
environments = { staging = { secrets = { TOKEN = { stages = [] } } }, prod = {} }
"""
    assert {each.code for each in loaded(repository(tmp_path, ""), spec + flow + own).diagnostics} == {"PG237", "PG274"}
    assert loaded(repository(tmp_path, shared), spec).diagnostics == ()


def test_a_shared_secret_is_for_the_stages_that_the_spec_has() -> None:
    shared = """\
environments.dev.secrets.TOKEN.stages = ["deploy", "publish", "store"]
environments.dev.identity.ID = { audience = "a", stages = ["publish"] }
defaults.secrets.INDEX.stages = ["train"]
"""
    found = data(f"{WHOLE}stages: [{{id: test, run: pytest}}, {{id: deploy, run: x}}]", shared)
    assert found["environments"]["dev"] == {
        "secrets": {"TOKEN": {"stages": ["deploy", "store"]}},
        "identity": {"ID": {"audience": "a", "stages": []}},
    }
    assert found["secrets"] == {"INDEX": {"stages": []}}


def test_an_error_in_what_is_shared_stands_in_pipegen_toml(tmp_path: Path) -> None:
    shared = '[defaults.runtime]\npython = "3.11"\ncache = "conda"\n'
    found = loaded(repository(tmp_path, shared), f"{WHOLE}stages: [{{id: test, run: pytest}}]\n").diagnostics
    assert [(each.code, each.file, each.excerpt) for each in found] == [("PG280", SHARED, 'cache = "conda"')]


def test_specs_still_may_not_disagree_about_what_is_not_shared(tmp_path: Path) -> None:
    opened = repository(tmp_path, '[environments.dev]\ntitle = "Development"\n')
    spec = f"{WHOLE}stages: [{{id: test, run: pytest}}]\n"
    first = loaded(opened, f"{spec}environments: {{dev: {{waiting: newest}}}}\n")
    second = loaded(opened, spec.replace("churn", "fraud"), "model-specs/fraud.yaml")
    summaries = [summary(each.source, each.spec) for each in (first, second) if each.source and each.spec]
    assert [(each.code, each.file) for each in check_repository(summaries)] == [("PG292", SHARED)]


def test_specs_agree_about_what_is_shared(tmp_path: Path) -> None:
    opened = repository(tmp_path, FLOW + ENVIRONMENTS + '[environments.store]\nwaiting = "newest"\n')
    spec = f"{WHOLE}stages: [{{id: test, run: pytest}}]\n"
    more = "environments: {prod: {variables: {OWN: x}}, staging: {}}\nflow: [{branch: prod, approvals: {merge: 2}}]\n"
    texts = {"churn": spec + "environments: {staging: {}}\n", "fraud": spec.replace("churn", "fraud") + more}
    found = [loaded(opened, text, f"model-specs/{name}.yaml") for name, text in texts.items()]
    assert all(each.delivery for each in found), found
    assert (
        list(check_repository([summary(each.source, each.spec) for each in found if each.source and each.spec])) == []
    )


# ---------------------------------------------------------------- defaults

DEFAULTS = """\
[defaults]
variables = { REGION = "eu-west-1", LEVEL = "info" }
secrets = ["NEXUS"]
store = { put = "./put.sh", get = "./get.sh" }
archive = { run = "./archive.sh" }
notify = { webhook = "NEXUS", moments = ["failed"] }

[defaults.runtime]
python = "3.11"
cache = "pip"
install = "pip install ."
"""
RUNTIME = {"python": "3.11", "cache": "pip", "install": "pip install ."}
WITH_DEFAULTS: dict[str, tuple[str, str, Any]] = {
    "a runtime": ("", "runtime", RUNTIME),
    "a runtime, key by key": ("runtime: {python: '3.12'}", "runtime", {**RUNTIME, "python": "3.12"}),
    "no Python beside conda": (
        "runtime: {conda: {file: e.yml}}",
        "runtime",
        {"conda": {"file": "e.yml"}, "install": "pip install ."},
    ),
    "variables": (
        "variables: {LEVEL: debug, OWN: x}",
        "variables",
        {"REGION": "eu-west-1", "LEVEL": "debug", "OWN": "x"},
    ),
    "secrets by name": ("secrets: [OWN]", "secrets", {"NEXUS": {}, "OWN": {}}),
    "a store": ("", "store", {"put": "./put.sh", "get": "./get.sh"}),
    "a store as a whole": ("store: {put: own}", "store", {"put": "own"}),
    "messages": ("", "notify", {"webhook": "NEXUS", "moments": ["failed"]}),
    "messages as a whole": ("notify: {webhook: OWN}", "notify", {"webhook": "OWN"}),
    "an archive, as the flow without one has it": ("", "archive", {"run": "./archive.sh"}),
    "an archive, where the flow has it": ("flow: [{branch: m, role: archive}]", "archive", {"run": "./archive.sh"}),
    "no archive where the flow has none": ("flow: [{branch: main}]", "archive", None),
}


@pytest.mark.parametrize(("spec", "key", "expected"), WITH_DEFAULTS.values(), ids=WITH_DEFAULTS)
def test_a_spec_gets_what_it_leaves_out_from_the_defaults(spec: str, key: str, expected: object) -> None:
    assert data(WHOLE + spec, DEFAULTS).get(key) == expected


def test_the_base_wins_over_the_defaults() -> None:
    base = Source.parse("model-specs/bases/rest.yaml", b"runtime: {python: '3.12'}\nvariables: {LEVEL: debug}\n")
    found: Any = layered(Source.parse(SPEC, WHOLE.encode()), base, TomlSource.parse(SHARED, DEFAULTS)).data
    assert (found["runtime"]["python"], found["variables"]) == ("3.12", {"REGION": "eu-west-1", "LEVEL": "debug"})
