"""A registry that is down, slow or cut off in the middle leaves the old champion, and says how to go on."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlflow_server import Fault, Proxy, Server, database, free_port, proxy, python, variables
from pages import ROOT
from registries import LINEAGE, Desk, moves

PATIENCE = 20
"""Seconds within which a command says that a registry is down."""

SET_ALIAS = Fault("/registered-models/alias")
ALIAS_FAULTS = {
    "a 500": Fault("/registered-models/alias", status=500),
    "a 503": Fault("/registered-models/alias", status=503),
    "no answer": SET_ALIAS,
}


@pytest.fixture
def between(served: Desk) -> Iterator[Proxy]:
    """A proxy before the server of the desk `served`."""
    with proxy(served.uri) as made:
        yield made


# ---------------------------------------------------------------- in the middle of a promotion


@pytest.mark.parametrize("fault", ALIAS_FAULTS)
def test_a_promotion_that_fails_at_the_alias_leaves_the_old_champion_and_is_resumed(
    served: Desk, between: Proxy, fault: str
) -> None:
    for version in ("1.0.0", "1.1.0"):
        served.register(version)
        served.record("deployment", "prod", version)
        between.faults = [ALIAS_FAULTS[fault]] if version == "1.1.0" else []
        done = served.move("promote", "prod", version, between.uri)
    assert done.code == 2
    assert between.met
    assert "champion-prod still points at 1.0.0" in done.err
    command = done.err.splitlines()[-1]
    assert command.startswith("  pipegen registry promote --environment prod --version 1.1.0")
    assert served.aliases() == {"champion-prod": "1.0.0"}
    assert served.run("check", "--folder", str(served.ledger)).code == 1

    assert served.run(*command.split()[2:]).code == 0
    assert served.aliases() == {"champion-prod": "1.1.0"}
    assert moves(served, "prod") == [("1.0.0", "promoted"), ("1.1.0", "promoted")]


def test_a_promotion_whose_answer_was_lost_says_that_it_arrived_and_is_resumed(served: Desk, between: Proxy) -> None:
    served.register("1.0.0", "", "--environment", "prod")
    between.faults = [Fault("/registered-models/alias", arrives=True)]
    promote = ("promote", "--environment", "prod", "--version", "1.0.0", "--no-ledger")
    done = served.run(*promote, uri=between.uri)
    assert done.code == 2
    assert "champion-prod points at 1.0.0 all the same" in done.err
    between.faults = []
    assert served.run(*promote, uri=between.uri).code == 0
    assert served.aliases() == {"champion-prod": "1.0.0"}
    assert moves(served, "prod") == [("1.0.0", "promoted")]


def test_a_server_that_dies_in_the_middle_of_a_promotion_finds_the_old_champion_when_it_is_back(
    own_server: Server, embedded: Desk
) -> None:
    files = {"PIPEGEN_REGISTRY_ARTIFACTS": (embedded.folder / "shared").as_uri()}
    desk = Desk(embedded.worker, embedded.folder, own_server.uri, "churn", files)
    for version in ("1.0.0", "1.1.0"):
        desk.register(version)
    desk.record("deployment", "prod", "1.0.0")
    assert desk.move("promote", "prod", "1.0.0").code == 0
    desk.record("deployment", "prod", "1.1.0")
    with proxy(own_server.uri) as between:
        between.faults = [SET_ALIAS]
        between.on_fault = own_server.stop
        begun = time.monotonic()
        done = desk.move("promote", "prod", "1.1.0", between.uri)
    assert done.code == 2
    assert "champion-prod points at 1.0.0 unless the request arrived" in done.err
    assert time.monotonic() - begun < 2 * PATIENCE
    own_server.start()
    assert desk.aliases() == {"champion-prod": "1.0.0"}
    assert desk.move("promote", "prod", "1.1.0").code == 0
    assert desk.aliases() == {"champion-prod": "1.1.0"}


@pytest.fixture(scope="module")
def own_server(mlflow_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that a test may stop, and that hands no files on."""
    folder = tmp_path_factory.mktemp("own-server")
    server = Server(
        database(mlflow_template, folder / "server.db"), folder / "files", folder / "log", hands_files_on=False
    )
    server.start()
    yield server
    server.stop()


# ---------------------------------------------------------------- half a registration


@pytest.mark.parametrize(
    "fault",
    [
        Fault("/mlflow-artifacts/artifacts", "PUT", status=500),
        Fault("/model-versions/create"),
        Fault("/model-versions/set-tag"),
        Fault("/runs/log-batch", status=500),
    ],
    ids=lambda fault: fault.path,
)
def test_a_registration_that_is_cut_off_counts_as_none_and_is_done_anew(
    served: Desk, between: Proxy, fault: Fault
) -> None:
    served.file("metrics.json", '{"auc": 0.8}')
    register = ("register", "--version", "1.0.0", "--file", "model.tar", "--metrics", "metrics.json")
    served.file("model.tar", "bytes")
    between.faults = [fault]
    done = served.run(*register, uri=between.uri)
    assert done.code == 2
    assert between.met
    assert "to go on, run it again" in done.err
    for looking in (
        ("show", "--version", "1.0.0"),
        ("download", "--version", "1.0.0", "--out", "out"),
        ("promote", "--environment", "prod", "--version", "1.0.0", "--no-ledger"),
    ):
        done = served.run(*looking)
        assert done.code == 1
        assert "1.0.0 is not registered" in done.err
    between.faults = []
    assert "1.0.0 registered" in served.run(*register, uri=between.uri).out
    assert served.versions() == ["1.0.0"]
    assert served.run("show", "--version", "1.0.0").code == 0


@pytest.mark.parametrize("contents", [("bytes", "bytes"), ("bytes", "other")], ids=["same", "other"])
def test_a_version_that_two_register_at_once_is_registered_once(served: Desk, contents: tuple[str, str]) -> None:
    command = [str(python()), "-m", "pipegen.registry", "register", "--version", "1.0.0", "--uri", served.uri]
    command += ["--name", served.model]
    begun = []
    for number, content in enumerate(contents):
        file = served.file(f"model{number}", content)
        given = [*command, "--artifact", f"model={file}"]
        begun.append(subprocess.Popen(given, env=variables(), cwd=served.folder, stderr=subprocess.PIPE))
    said = [(process.communicate()[1].decode(), process.returncode) for process in begun]
    assert 0 in {code for _, code in said}
    assert not [text for text, _ in said if "Traceback" in text]
    assert served.versions() == ["1.0.0"]
    codes = [
        served.run("register", "--version", "1.0.0", "--artifact", f"model=model{number}").code for number in (0, 1)
    ]
    assert sorted(codes) == ([0, 0] if contents[0] == contents[1] else [0, 1])


def test_what_is_half_registered_is_shown_as_such(served: Desk, between: Proxy) -> None:
    served.file("model.tar", "bytes")
    between.faults = [Fault("/model-versions/set-tag")]
    served.run("register", "--version", "1.0.0", "--file", "model.tar", uri=between.uri)
    assert "(incomplete)" in served.done("show")


def test_a_version_that_is_registered_twice_is_judged_by_nobody(embedded: Desk) -> None:
    embedded.register("1.0.0")
    embedded.register("1.1.0")
    embedded.ask("client.set_model_version_tag(model, '2', 'pipegen.version', '1.0.0')")
    done = embedded.run("promote", "--environment", "prod", "--version", "1.0.0", "--no-ledger")
    assert done.code == 2
    assert "1.0.0 is registered 2 times, as 1 and 2" in done.err


def test_what_others_registered_is_shown_and_left_alone(embedded: Desk) -> None:
    embedded.register("1.0.0")
    embedded.ask("client.create_model_version(model, 's3://somewhere/else')")
    embedded.ask("client.set_registered_model_alias(model, 'champion-prod', '2')")
    assert "(not by pipegen)" in embedded.done("show")
    out = embedded.done("promote", "--environment", "prod", "--version", "1.0.0", "--no-ledger")
    assert "moved from version 2, which is not pipegen's to 1.0.0" in out


# ---------------------------------------------------------------- nothing there


COMMANDS = {
    "register": ("register", "--version", "1.0.0", "--file", "model.tar"),
    "promote": ("promote", "--environment", "prod", "--version", "1.0.0", "--no-ledger"),
    "show": ("show",),
    "keep": ("keep", "--key", "churn/source-1/model", "--file", "model.tar"),
    "fetch": ("fetch", "--key", "churn/source-1/model", "--out", "out.tar"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_registry_that_is_down_is_said_in_time(embedded: Desk, command: str) -> None:
    embedded.file("model.tar", "bytes")
    begun = time.monotonic()
    done = embedded.run(*COMMANDS[command], uri=f"http://someone:secret@127.0.0.1:{free_port()}")
    assert time.monotonic() - begun < PATIENCE
    assert done.code == 2
    assert done.err.startswith(f"pipegen registry {command}: http://***@127.0.0.1")
    assert "secret" not in done.err
    assert "Traceback" not in done.err


def test_a_registry_that_never_answers_is_given_up_in_time(served: Desk, between: Proxy) -> None:
    between.faults = [Fault("/api/", method, seconds=PATIENCE) for method in ("GET", "POST")]
    begun = time.monotonic()
    done = served.run("show", uri=between.uri)
    assert time.monotonic() - begun < PATIENCE
    assert done.code == 2


@pytest.mark.parametrize("uri", ["mlruns", "file:///tmp/mlruns", "/tmp/registry.db", "ftp://somewhere"])  # noqa: S108
def test_what_is_no_registry_is_wrong_usage_and_makes_no_folder(embedded: Desk, uri: str) -> None:
    done = embedded.run("show", uri=uri)
    assert done.code == 2
    assert "is no registry: give http(s)://HOST, databricks, or sqlite:///FILE" in done.err
    assert [path.name for path in embedded.folder.iterdir()] == ["registry"]


def test_without_an_address_or_a_model_it_says_what_to_set(embedded: Desk) -> None:
    nowhere = embedded.run("show", MLFLOW_TRACKING_URI="")
    assert (nowhere.code, "set MLFLOW_TRACKING_URI" in nowhere.err) == (2, True)
    nameless = embedded.run("show", PIPEGEN_MODEL="")
    assert (nameless.code, "set PIPEGEN_REGISTRY_MODEL or PIPEGEN_MODEL" in nameless.err) == (2, True)


def test_a_file_that_is_no_database_is_said(embedded: Desk) -> None:
    embedded.file("broken.db", "this is no database, however often one looks at it" * 100)
    done = embedded.run("show", uri="sqlite:///broken.db")
    assert done.code == 2
    assert "sqlite:///broken.db" in done.err
    assert "Traceback" not in done.err


def test_a_server_that_sends_files_to_its_own_disk_is_refused(own_server: Server, embedded: Desk) -> None:
    embedded.file("model.tar", "bytes")
    done = embedded.run("register", "--version", "1.0.0", "--file", "model.tar", "--name", "fraud", uri=own_server.uri)
    assert done.code == 2
    assert "a place on its own disk; start it with --artifacts-destination" in done.err
    assert not (embedded.folder / "mlruns").exists()


# ---------------------------------------------------------------- without the library


def _alone(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command as a pipeline does, under the Python of these tests, which has no MLflow."""
    command = [sys.executable, "-I", "-m", "pipegen.registry", *arguments]
    return subprocess.run(command, cwd=folder, env={}, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("more", "extra"),
    [
        (("--uri", "sqlite:///r.db"), "registry"),
        (("--store", "snowflake", "--uri", "snowflake://default/DB/SCHEMA"), "snowflake"),
    ],
    ids=["mlflow", "snowflake"],
)
def test_without_the_library_it_says_which_extra_to_install(tmp_path: Path, more: tuple[str, ...], extra: str) -> None:
    done = _alone("show", "--name", "churn", *more, folder=tmp_path)
    assert done.returncode == 2
    assert f"pip install 'mlops-pipegen[{extra}]'" in done.stderr


_WITHOUT = """\
import sys
sys.modules.update(dict.fromkeys(("flask", "matplotlib", "numpy", "pandas", "pyarrow", "scipy", "sklearn")))
from pipegen.registry.__main__ import main
name = ("--version", "1.0.0")
print(
    main(["register", *name, "--file", "model.tar", "--metrics", "metrics.json", "--lineage", "lineage.json"]),
    main(["promote", *name, "--environment", "prod", "--no-ledger"]),
    main(["download", *name, "--out", "out"]),
    main(["keep", "--key", "churn/source-1/model", "--file", "model.tar"]),
)
"""


def test_what_the_extra_does_not_bring_is_not_needed(embedded: Desk) -> None:
    embedded.file("model.tar", "bytes")
    embedded.file("metrics.json", '{"auc": 0.8}')
    embedded.file("lineage.json", LINEAGE)
    environment = variables() | {"MLFLOW_TRACKING_URI": embedded.uri, "PIPEGEN_MODEL": embedded.model}
    command = [str(python()), "-c", _WITHOUT]
    done = subprocess.run(command, cwd=embedded.folder, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1:] == ["0 0 0 0"], done.stderr


def test_help_imports_no_library(tmp_path: Path) -> None:
    code = "import sys, pipegen.registry.__main__ as m; m.main(['promote', '--help']); print(*sys.modules)"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "generator")}
    command = [str(python()), "-c", code]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in done.stdout.splitlines()[-1].split()}
    assert "pipegen" in loaded
    assert not loaded & {"mlflow", "sqlalchemy", "snowflake", "numpy", "pandas", "pydantic", "click"}
