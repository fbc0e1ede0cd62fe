"""pipegen.toml says what it means, or everything that is wrong with it stands where it is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config_samples import COMPLETE, PINNED
from pipegen.config import (
    CompanyStep,
    Config,
    Names,
    Pin,
    Runner,
    read,
    read_file,
)
from pipegen.diagnostics import Diagnostic, KeyPath, Refused, Severity
from pipegen.spec.model import ModelSpec
from pipegen.targets.azure.required_template import Extends, TemplateRepository
from pipegen.targets.github.pins import PinnedAction

SPEC = "pipegen: 1\nmodel: {name: churn, owner: retention}\nstages: [{id: test, run: pytest}]\n"
SHARED = ("flow", "environments", "defaults")


def refused(text: str) -> tuple[Diagnostic, ...]:
    with pytest.raises(Refused) as caught:
        read(text, "pipegen.toml")
    return caught.value.diagnostics


def marked(diagnostic: Diagnostic) -> str:
    assert diagnostic.span is not None
    return diagnostic.excerpt[diagnostic.span.start.column - 1 : diagnostic.span.end.column - 1]


# ---------------------------------------------------------------- what it says


def test_a_file_that_says_everything_means_all_of_it() -> None:
    assert read(COMPLETE, "pipegen.toml") == Config(
        host="azure-repos",
        default_branch="trunk",
        targets=("azure", "jenkins"),
        pin=Pin(
            "0.1.0", "0" * 64, "https://nexus.example.com/simple", "tools/mlops_pipegen-0.1.0.whl", "ci/pipegen.txt"
        ),
        names={
            "azure": Names(
                {
                    "default": Runner(image="ubuntu-24.04"),
                    "gpu": Runner(("gpu-pool",)),
                    "big": Runner(("big-pool",), demands=("cuda", "Agent.OS -equals Linux")),
                },
                {"ml-release": "[ML Platform]\\ML Release"},
            ),
            "github": Names(
                {"default": Runner(("ubuntu-24.04",)), "gpu": Runner(("self-hosted", "gpu"))},
                {"ml-release": "acme/ml-release", "@alice": "alice-acme"},
            ),
            "jenkins": Names(
                {"default": Runner(("linux",)), "gpu": Runner(("linux && gpu",))}, {"ml-release": "ml-release"}
            ),
        },
        own={
            "azure": Extends(
                "governed.yml",
                TemplateRepository("templates", "github", "acme/pipeline-templates", "refs/tags/v3", "github-acme"),
                "body",
                (("costCenter", "ml"), ("strict", True), ("level", 3)),
            ),
            "github": {
                "actions/checkout": PinnedAction("v7.0.1", "3d3c42e5aac5ba805825da76410c181273ba90b1"),
            },
            "jenkins": ("company-ci@3.2.1",),
        },
        steps_before=(CompanyStep("Register the run", "./ci/register.sh", 5), CompanyStep("Log in", "./ci/login.sh")),
        steps_after=(CompanyStep("Report costs", "./ci/costs.sh\n./ci/close.sh\n"),),
    )


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "[repository]\n", "[github]\n[azure]\n[jenkins]\n", "format = 1\n"]
)
def test_what_is_left_out_is_as_without_the_file(text: str) -> None:
    assert read(text, "pipegen.toml") == Config()


def test_a_pin_without_more_comes_from_pypi() -> None:
    assert read(PINNED, "pipegen.toml").pin == Pin("0.1.0", "0" * 64)


def test_what_all_specs_share_stays_plain_data_that_a_spec_could_hold() -> None:
    data = read_file(COMPLETE, "pipegen.toml").source.data
    assert {table: data[table] for table in SHARED} == {table: tomllib.loads(COMPLETE)[table] for table in SHARED}
    ModelSpec.model_validate(
        {
            "pipegen": 1,
            "model": {"name": "churn", "owner": "retention"},
            "stages": [{"id": "test", "run": "pytest"}],
            "flow": data["flow"],
            "environments": data["environments"],
            **data["defaults"],
        }
    )


def test_a_file_at_which_nothing_is_wrong_has_no_warnings() -> None:
    assert read_file(COMPLETE, "pipegen.toml").warnings == ()


def test_the_template_is_named_without_its_repository() -> None:
    text = COMPLETE.replace('"governed.yml"', '"governed.yml@templates"')
    assert read(text, "pipegen.toml") == read(COMPLETE, "pipegen.toml")


@pytest.mark.parametrize(
    ("target", "name", "runner"),
    [
        ("github", None, Runner(("ubuntu-24.04",))),
        ("github", "gpu", Runner(("self-hosted", "gpu"))),
        ("github", "tpu", None),
        ("azure", None, Runner(image="ubuntu-24.04")),
        ("gitlab", None, None),
    ],
)
def test_a_runner_has_a_name_of_its_own_on_each_target(target: str, name: str | None, runner: Runner | None) -> None:
    assert read(COMPLETE, "pipegen.toml").runner(target, name) == runner


@pytest.mark.parametrize(
    ("target", "approver", "team"),
    [
        ("github", "ml-release", "acme/ml-release"),
        ("github", "@alice", "alice-acme"),
        ("github", "risk", "risk"),
        ("azure", "ml-release", "[ML Platform]\\ML Release"),
        ("gitlab", "ml-release", "ml-release"),
    ],
)
def test_a_team_has_a_name_of_its_own_on_each_target(target: str, approver: str, team: str) -> None:
    assert read(COMPLETE, "pipegen.toml").team(target, approver) == team


# ---------------------------------------------------------------- what is wrong


@pytest.mark.parametrize(
    ("text", "code", "where", "message"),
    [
        ("[repositry]\n", "PG021", "repositry", "key 'repositry' is not known"),
        ("[github]\nrunner = {}\n", "PG021", "runner", "key 'runner' in 'github' is not known"),
        ('azure.extends = {template = "a.yml", tag = 1}\n', "PG021", "tag", "key 'tag' in 'extends'"),
        ('[[flow]]\nbranch = "dev"\nenvironment = ["dev"]\n', "PG021", "environment", "in item 1 of 'flow'"),
        ("[defaults]\nstages = []\n", "PG021", "stages", "key 'stages' in 'defaults'"),
        ("repository = 1\n", "PG022", "1", "'repository' must be a table, but this is the number 1"),
        ("format = '1'\n", "PG022", "'1'", "'1' is not a value of 'format'"),
        ("format = true\n", "PG022", "true", "true is not a value of 'format'"),
        ("required-version = '~=0.1'\n", "PG022", "'~=0.1'", "'~=0.1' has not the form of 'required-version'"),
        ("[repository]\ntargets = []\n", "PG022", "[]", "'targets' is empty"),
        ("[repository]\ntargets = 'azure'\n", "PG022", "'azure'", "'targets' must be a list"),
        ("[repository]\ntargets = [\n'azure',\n'travis']\n", "PG022", "'travis'", "is not a value of item 2"),
        ("[repository]\ntargets = ['azure', 'azure']\n", "PG022", "['azure', 'azure']", "it names 'azure' twice"),
        ("[repository]\ndefault_branch = 2024-01-01\n", "PG022", "2024-01-01", "is a date or a time"),
        (PINNED + "wheel = '../x.whl'\n", "PG022", "'../x.whl'", "it leaves the repository"),
        (PINNED + "requirements = 'a/../b'\n", "PG022", "'a/../b'", "it leaves the repository"),
        (PINNED + "index = 'http://nexus'\n", "PG022", "'http://nexus'", "has not the form of 'index'"),
        ("[pipegen]\nversion = '0.1.0'\n", "PG023", "[pipegen]", "it has no key 'sha256'"),
        ("[github.runners]\ngpu = ['a', '${{ b }}']\n", "PG022", "'${{ b }}'", "'$' cannot stand in it"),
        ("[github.runners]\n'a b' = 'x'\n", "PG022", "'a b'", "name 'a b' of a key has not the form"),
        ("[github.teams]\na = 'acme/x, acme/y'\n", "PG022", "'acme/x, acme/y'", "has not the form of 'a'"),
        (
            f"[github.actions]\ncheckout = {{version='v1', commit='{'c' * 40}'}}\n",
            "PG022",
            "checkout",
            "name 'checkout'",
        ),
        ("[github.actions]\n'a/b' = {version='v1', commit='v1'}\n", "PG022", "'v1'", "has not the form of 'commit'"),
        ("[github.actions]\n'a/b' = {version='v1'}\n", "PG022", "{version='v1'}", "'a/b' has no key 'commit'"),
        ("[azure.runners]\na = {}\n", "PG022", "{}", "it has `pool` or `image`, one of them"),
        ("[azure.runners]\na = {image='x', demands=['y']}\n", "PG022", "{image='x', demands=['y']}", "`demands`"),
        ("[azure.runners]\na = 1\n", "PG022", "1", "write the name of a pool"),
        ("[azure.teams]\na = 'x;y'\n", "PG022", "'x;y'", "';' cannot stand in it"),
        ("azure.extends = {template = 'a.txt'}\n", "PG022", "'a.txt'", "has not the form of 'template'"),
        (
            "azure.extends.template = 'a.yml@b'\n",
            "PG027",
            "'a.yml@b'",
            "in the repository 'b', which nothing describes",
        ),
        ("[jenkins]\nlibraries = ['company-ci']\n", "PG022", "'company-ci'", "has not the form of item 1"),
        ("[jenkins.runners]\na = 'x\"y'\n", "PG022", "'x\"y'", "has not the form of 'a'"),
        ("[[steps.before]]\ntitle = 'a'\n", "PG022", "[[steps.before]]", "item 1 of 'before' has no key 'run'"),
        ("steps.after = [{title='a', run='b', timeout=5}]\n", "PG022", "5", "a duration is a number and a unit"),
        ("steps.after = [{title='a', run='b\\u0000'}]\n".replace("'", '"'), "PG004", '"b\\u0000"', "U+0000"),
        ("flow = []\n", "PG022", "[]", "'flow' is empty"),
        ("[environments.Prod]\n", "PG022", "Prod", "'P' cannot stand in it"),
        ("[defaults.runtime]\npython = 3.10\n", "PG022", "3.10", "write the version in quotes"),
        ("[defaults.variables]\nRATE = inf\n", "PG014", "inf", "is not finite"),
    ],
)
def test_a_mistake_is_marked_where_it_is_made(text: str, code: str, where: str, message: str) -> None:
    [found] = refused(text)
    assert (found.code, marked(found)) == (code, where)
    assert message in found.message


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("[gihtub]\n", "did you mean 'github'?"),
        ("requires-version = '1'\n", "did you mean 'required-version'?"),
        ("[repository]\nhost = 'gitlub'\n", "did you mean 'gitlab'?"),
        ("[repository]\ntargets = 'azure'\n", 'write it as a list: ["azure"]'),
        ("[github.actions]\n'a/b' = {version='v1', commit='c'}\n", 'for example "3d3c42e5aac5ba805825da76410c'),
        ("[environments.prod]\nvariables = 1\n", 'for example {SNOWFLAKE_DATABASE = "ML_PROD"}'),
    ],
)
def test_the_hint_says_in_toml_what_to_write_instead(text: str, hint: str) -> None:
    [found] = refused(text)
    assert hint in found.hint


def test_everything_that_is_wrong_is_said_at_once_in_the_order_of_the_file() -> None:
    found = refused("[jenkins]\nlibraries = ['x']\n[repository]\nhost = 'x'\nhots = inf\n[environments.A]\nb = 1\n")
    assert [(each.span.start.line, each.code) for each in found if each.span] == [
        (2, "PG022"),
        (4, "PG022"),
        (5, "PG021"),
        (5, "PG014"),
        (6, "PG022"),
        (7, "PG021"),
    ]


def test_a_warning_stops_nothing_and_stands_at_its_place() -> None:
    file = read_file("[jenkins]\nlibraries = ['a@1.0', 'b@main']\n", "pipegen.toml")
    assert file.config.own == {"jenkins": ("a@1.0", "b@main")}
    assert [(each.code, each.severity, marked(each)) for each in file.warnings] == [
        ("PG028", Severity.WARNING, "'b@main'")
    ]


@pytest.mark.parametrize(
    ("run", "code", "severity"),
    [
        ("echo $(Build.BuildId)", "PG241", Severity.ERROR),
        ("echo '##vso[task.complete]'", "PG242", Severity.WARNING),
        ("echo $GITHUB_SHA", "PG243", Severity.WARNING),
    ],
)
def test_a_step_for_all_jobs_is_for_all_systems(run: str, code: str, severity: Severity) -> None:
    [found] = _findings(f'[[steps.before]]\ntitle = "a"\nrun = "{run}"\n')
    assert (found.code, found.severity, marked(found)) == (code, severity, f'"{run}"')


def test_where_no_pipeline_is_for_azure_its_macros_are_texts() -> None:
    text = '[repository]\ntargets = ["jenkins"]\n[[steps.before]]\ntitle = "a"\nrun = "$(Build.BuildId)"\n'
    assert _findings(text) == ()


# ---------------------------------------------------------------- any file at all


def _paths(data: object, path: KeyPath = ()) -> Iterator[KeyPath]:
    parts = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in parts:
        yield (*path, key)
        yield from _paths(value, (*path, key))


def _written(data: object) -> str:
    """Plain data in TOML's inline forms."""
    if isinstance(data, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {_written(value)}" for key, value in data.items()) + "}"
    if isinstance(data, list):
        return f"[{', '.join(map(_written, data))}]"
    return json.dumps(data)


_ODD = [0, -1, 1.5, True, "", "x", "${{ x }}", [], {}, ["x"], [[]], {"x": 1}, {"x": {}}]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_is_changed_there_is_a_meaning_or_a_located_finding(data: st.DataObject) -> None:
    toml: Any = tomllib.loads(COMPLETE)
    for _ in range(data.draw(st.integers(1, 3))):
        path: tuple[Any, ...] = data.draw(st.sampled_from(sorted(_paths(toml), key=str)))
        parent = toml
        for part in path[:-1]:
            parent = parent[part]
        if data.draw(st.booleans()):
            parent[path[-1]] = data.draw(st.sampled_from(_ODD))
        else:
            del parent[path[-1]]
    text = "".join(f"{json.dumps(key)} = {_written(value)}\n" for key, value in toml.items())
    found = _findings(text)
    assert all(each.span and each.message for each in found)
    of_steps = {"PG241", "PG242", "PG243"}
    assert {each.code for each in found} <= {f"PG02{number}" for number in range(1, 10)} | of_steps


def _findings(text: str) -> tuple[Diagnostic, ...]:
    try:
        return read_file(text, "pipegen.toml").warnings
    except Refused as refusal:
        return refusal.diagnostics


# ---------------------------------------------------------------- on disk


def _validated(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipegen", "validate"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "model-specs").mkdir()
    (tmp_path / "model-specs" / "churn.yaml").write_text(SPEC, "utf-8")
    return tmp_path


def test_a_repository_without_the_file_is_one_with_nothing_in_it(repository: Path) -> None:
    without = _validated(repository)
    (repository / "pipegen.toml").write_text("", "utf-8")
    assert (without.returncode, without.stdout) == (0, _validated(repository).stdout)


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        (b"[repository\n", 1, "pipegen.toml:1:12: PG020 is not TOML"),
        (b"[repository]\nhots = 1\n", 1, "pipegen.toml:2:1: PG021 key 'hots'"),
        (b"\xff\xfe", 1, "pipegen.toml: PG001 the file cannot be read: it is not UTF-8 text"),
        (b"format = 2\nx = inf\n", 1, "pipegen.toml:1:10: PG024 the file is of a newer format"),
        (b"required-version = '>=99'\nx = inf\n", 2, "pipegen.toml:1:20: PG025 this is pipegen"),
        (b"\xef\xbb\xbf[repository]\r\nhost = 'github'\r\n", 0, ""),
    ],
)
def test_a_file_that_cannot_be_used_is_one_finding_and_an_exit_code(
    repository: Path, content: bytes, status: int, said: str
) -> None:
    (repository / "pipegen.toml").write_bytes(content)
    done = _validated(repository)
    assert done.returncode == status
    assert said in done.stderr
    assert done.stderr.count(": PG") == (1 if said else 0)


def test_a_folder_of_that_name_is_a_finding(repository: Path) -> None:
    (repository / "pipegen.toml").mkdir()
    done = _validated(repository)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("pipegen.toml: PG001 the file cannot be read")


def test_pydantic_and_the_search_for_places_wait_until_they_are_needed(tmp_path: Path) -> None:
    """A repository without the file does not pay for pydantic on its account, nor one without findings for places."""
    (tmp_path / "pipegen.toml").write_text(COMPLETE, "utf-8")
    code = (
        "import sys, pipegen.config as config\n"
        "print('pydantic' in sys.modules)\n"
        "config.read(open('pipegen.toml').read(), 'pipegen.toml')\n"
        "print('pydantic' in sys.modules, 'pipegen.toml_places' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True", "False"]
