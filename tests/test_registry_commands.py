"""`pipegen registry` keeps versions, aliases and their history in a real MLflow, embedded or behind a server."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from registries import COMMIT, LINEAGE, Desk, moves, sha256

# ---------------------------------------------------------------- registering


def test_a_version_is_registered_with_all_that_is_known_of_it(desk: Desk) -> None:
    desk.file(
        "metrics.json", '{"auc": 0.830, "latency": {"p95_ms": 61}, "huge": 1e400, "note": "x", "recall@0.5": 0.7}'
    )
    desk.file("lineage.json", LINEAGE)
    more = ("--metrics", "metrics.json", "--lineage", "lineage.json", "--source", sha256("tree"))
    out = desk.register("1.0.0", "bytes", *more, "--digest", sha256("bytes"), "--environment", "dev")
    assert [line.split(" for ")[0] for line in out.splitlines()] == [
        "1.0.0 registered",
        "challenger-dev points at 1.0.0",
    ]
    (found,) = json.loads(desk.done("show", "--json"))["versions"]
    del found["registered"], found["number"]
    assert found == {
        "version": "1.0.0",
        "complete": True,
        "aliases": ["challenger-dev"],
        "commit": COMMIT,
        "source": sha256("tree"),
        "digest": sha256("bytes"),
        "data_version": "dvc:4f1c",
        "artifacts": {"model": sha256("bytes")},
        "metrics": {"auc": "0.830", "latency.p95_ms": "61", "huge": "1e400", "recall@0.5": "0.7"},
    }


_ASK_MLFLOW = """\
import json
from mlflow.models import get_model_info
(version,) = client.search_model_versions(f"name='{model}'")
run = client.get_run(version.run_id)
info = get_model_info(f"models:/{model}/{version.version}")
print(json.dumps({
    "parameters": run.data.params, "metrics": run.data.metrics, "status": run.info.status,
    "inputs": info.signature.inputs.to_dict(), "outputs": info.signature.outputs.to_dict(),
    "files": sorted(each.path for each in client.list_artifacts(version.run_id, "model")),
}))
"""


def test_mlflow_itself_reads_the_run_with_its_parameters_metrics_files_and_signature(desk: Desk) -> None:
    desk.file("metrics.json", '{"auc": 0.83, "latency": {"p95_ms": 61}, "huge": 1e400}')
    desk.file("lineage.json", LINEAGE)
    desk.register("1.0.0", "bytes", "--metrics", "metrics.json", "--lineage", "lineage.json")
    assert json.loads(desk.ask(_ASK_MLFLOW)) == {
        "parameters": {"max_depth": "6", "booster.eta": "0.1"},
        "metrics": {"auc": 0.83, "latency.p95_ms": 61.0},
        "status": "FINISHED",
        "inputs": [
            {"type": "double", "name": "age", "required": True},
            {"type": "array", "items": {"type": "long"}, "name": "clicks", "required": True},
        ],
        "outputs": [{"type": "double", "name": "score", "required": True}],
        "files": ["model/MLmodel", "model/model.tar"],
    }
    # Reading it that way leaves a file of MLflow's own beside an embedded model; what is downloaded is still right.
    assert sha256("bytes") in desk.done("download", "--version", "1.0.0", "--out", "out")


def test_hundreds_of_metrics_and_parameters_are_registered(desk: Desk) -> None:
    metrics = {f"class {number}/recall@{number}": number / 7 for number in range(250)}
    desk.file("metrics.json", metrics)
    desk.file("lineage.json", {**LINEAGE, "parameters": dict.fromkeys(map(str, range(250)), "x" * 300)})
    desk.register("1.0.0", "bytes", "--metrics", "metrics.json", "--lineage", "lineage.json")
    (found,) = json.loads(desk.done("show", "--json"))["versions"]
    assert found["metrics"] == {name: str(value) for name, value in metrics.items()}


def test_the_same_version_with_the_same_content_is_there_already_and_with_other_content_refused(desk: Desk) -> None:
    desk.register("1.0.0", "bytes")
    assert "1.0.0 is registered already" in desk.register("1.0.0", "bytes")
    desk.file("model.tar", "other bytes")
    done = desk.run("register", "--version", "1.0.0", "--file", "model.tar")
    assert done.code == 1
    assert f"with other content: its digest is {sha256('bytes')}, this one's is {sha256('other bytes')}" in done.err
    assert desk.versions() == ["1.0.0"]


@pytest.mark.parametrize("version", ["1.2", "v1.2.0", "01.2.0", "latest", "1.2.0 ", "1.2.0-", ""])
def test_a_version_that_is_not_semantic_is_wrong_usage(embedded: Desk, version: str) -> None:
    done = embedded.run("register", "--version", version, "--file", "model.tar")
    assert done.code == 2
    assert "not a semantic version" in done.err


def test_a_pre_release_is_registered_promoted_and_shown(desk: Desk) -> None:
    desk.register("2.0.0-rc.1+build.5", "", "--environment", "dev")
    desk.done("promote", "--environment", "dev", "--version", "2.0.0-rc.1+build.5", "--no-ledger")
    assert desk.aliases() == {"champion-dev": "2.0.0-rc.1+build.5"}


def test_a_folder_is_packed_by_its_content_alone_and_several_artifacts_have_one_digest(embedded: Desk) -> None:
    (embedded.folder / "out" / "deep").mkdir(parents=True)
    for name in ("out/b", "out/deep/a"):
        embedded.file(name, name)
    embedded.file("schema.json", "{}")
    given = ("register", "--version", "1.0.0", "--file", "schema.json", "--artifact", "model=out")
    embedded.done(*given)
    os.utime(embedded.folder / "out" / "b", (1, 1))
    assert "is registered already" in embedded.done(*given)
    listed = embedded.done("download", "--version", "1.0.0", "--out", "got")
    assert sorted(path.name for path in (embedded.folder / "got").iterdir()) == ["model.tar", "schema.tar"]
    sums = sorted(line.replace("got/", "") for line in listed.splitlines())
    assert sha256("".join(f"{line}\n" for line in sorted(sums, key=lambda line: line[66:]))) in embedded.done(*given)
    embedded.file("out/b", "changed")
    assert embedded.run(*given).code == 1


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--digest", sha256("other")), 1, "it is not what was packed"),
        (("--digest", f"model={sha256('other')}"), 1, "artifact 'model' has the digest"),
        (("--digest", f"schema={sha256('x')}"), 2, "there is no artifact 'schema'"),
        (("--digest", "abc"), 2, "is not a SHA-256"),
        (("--file", "nothing.tar"), 2, "nothing.tar: no such file or folder"),
        (("--artifact", "model=metrics.json"), 2, "two artifacts have the same name"),
        (("--artifact", "metrics.json"), 2, "write NAME=PATH"),
        (("--metrics", "nothing.json"), 2, "nothing.json: No such file or directory"),
        (("--metrics", "empty.json"), 2, "empty.json: not JSON"),
        (("--metrics", "nan.json"), 2, "nan.json: NaN is not a finite number"),
        (("--metrics", "lineage.json"), 2, "lineage.json: not JSON"),
        (
            ("--metrics", "metrics.json", "--metrics", "others.json"),
            2,
            "the metric 'auc' is 0.9, and 0.8 in a file before",
        ),
        (("--lineage", "metrics.json"), 2, "metrics.json: the lineage has to be an object with"),
        (("--lineage", "any.json"), 1, "column 'age' of the inputs is of type 'any'"),
    ],
)
def test_what_cannot_be_registered_is_refused_before_anything_is_written(
    embedded: Desk, arguments: tuple[str, ...], code: int, said: str
) -> None:
    for name, content in {
        "model.tar": "bytes",
        "metrics.json": '{"auc": 0.8}',
        "others.json": '{"auc": 0.9}',
        "empty.json": "",
        "nan.json": '{"auc": NaN}',
        "lineage.json": '{"format": ',
        "any.json": json.dumps({**LINEAGE, "signature": {"inputs": [{"name": "age", "type": "any"}]}}),
    }.items():
        embedded.file(name, content)
    done = embedded.run("register", "--version", "1.0.0", "--file", "model.tar", *arguments)
    assert (done.code, said in done.err) == (code, True), done
    assert embedded.versions() == []


# ---------------------------------------------------------------- the way through the environments


def test_versions_go_through_the_environments_and_back_as_the_ledger_says(desk: Desk) -> None:
    for version in ("1.0.0", "1.1.0"):
        desk.register(version, "", "--environment", "prod")
        for environment in ("dev", "prod"):
            desk.record("deployment", environment, version, run_id=f"run-{version}-{environment}")
            assert desk.move("promote", environment, version).code == 0
    assert desk.aliases() == {"champion-dev": "1.1.0", "champion-prod": "1.1.0"}

    desk.record("rollback", "prod", "1.0.0")
    assert desk.move("rollback", "prod", "1.0.0").code == 0
    assert desk.aliases()["champion-prod"] == "1.0.0"

    desk.register("1.2.0")
    desk.record("deployment", "prod", "1.2.0", run_id="run-7")
    assert desk.move("promote", "prod", "1.2.0").code == 0
    desk.record("restore", "prod", "1.0.0", undone="1.2.0", restored=True, run_id="run-7")
    assert desk.run("check", "--folder", str(desk.ledger)).code == 1
    desk.done("restore", "--environment", "prod", "--folder", str(desk.ledger))
    assert desk.aliases() == {"champion-dev": "1.1.0", "champion-prod": "1.0.0"}
    assert moves(desk, "prod") == [
        ("1.0.0", "promoted"),
        ("1.1.0", "promoted"),
        ("1.0.0", "rolled-back"),
        ("1.2.0", "promoted"),
        ("1.0.0", "restored"),
    ]
    assert "are what the ledger says" in desk.done("check", "--folder", str(desk.ledger))


def test_a_promotion_that_is_repeated_changes_nothing(desk: Desk) -> None:
    desk.register("1.0.0")
    desk.record("deployment", "prod", "1.0.0")
    for said in ("moved from nothing to 1.0.0", "points at 1.0.0 already"):
        done = desk.move("promote", "prod", "1.0.0")
        assert done.code == 0
        assert f"champion-prod {said}" in done.out
    assert moves(desk, "prod") == [("1.0.0", "promoted")]


def test_the_first_deployment_undone_leaves_no_champion(desk: Desk) -> None:
    desk.register("1.0.0")
    desk.record("deployment", "prod", "1.0.0", run_id="run-1")
    assert desk.move("promote", "prod", "1.0.0").code == 0
    desk.record("restore", "prod", "", undone="1.0.0", restored=True, run_id="run-1")
    restore = ("restore", "--environment", "prod", "--folder", str(desk.ledger))
    assert "champion-prod removed" in desk.done(*restore)
    assert "points at nothing already" in desk.done(*restore)
    assert desk.aliases() == {}
    assert moves(desk, "prod") == [("1.0.0", "promoted"), ("1.0.0", "removed")]


def test_nothing_is_promoted_that_the_ledger_does_not_say(embedded: Desk) -> None:
    for version in ("1.0.0", "1.1.0"):
        embedded.register(version)
    done = embedded.move("promote", "prod", "1.0.0")
    assert done.code == 1
    assert "nothing runs in prod, not 1.0.0; record it first: pipegen ledger add deployment" in done.err
    embedded.record("deployment", "prod", "1.0.0")
    embedded.record("deployment", "dev", "1.1.0")
    done = embedded.move("promote", "prod", "1.1.0")
    assert done.code == 1
    assert "1.0.0 runs in prod, not 1.1.0" in done.err
    assert embedded.aliases() == {}


def test_no_alias_moves_to_what_is_not_what_was_deployed(embedded: Desk) -> None:
    embedded.register("1.0.0", "bytes")
    embedded.record("deployment", "prod", "1.0.0", artifacts={"model": sha256("other bytes")}, run_id="run-1")
    moving = [embedded.move("promote", "prod", "1.0.0")]
    embedded.record("deployment", "prod", "1.1.0", run_id="run-2")
    embedded.record("rollback", "prod", "1.0.0")
    moving.append(embedded.move("rollback", "prod", "1.0.0"))
    moving.append(embedded.run("restore", "--environment", "prod", "--folder", str(embedded.ledger)))
    for done in moving:
        assert done.code == 1
        assert "what was deployed is not what is registered" in done.err
    assert embedded.aliases() == {}


def test_after_a_way_back_that_failed_nobody_is_champion_by_guess(embedded: Desk) -> None:
    embedded.register("1.0.0")
    embedded.record("deployment", "prod", "1.0.0", run_id="run-1")
    embedded.record("restore", "prod", "", undone="1.0.0", restored=False, run_id="run-1")
    for done in (
        embedded.move("promote", "prod", "1.0.0"),
        embedded.run("restore", "--environment", "prod", "--folder", str(embedded.ledger)),
    ):
        assert done.code == 2
        assert "what prod runs is not known" in done.err
    done = embedded.run("check", "--environment", "prod", "--folder", str(embedded.ledger))
    assert done.code == 1
    assert "prod: champion-prod points at nothing, and what prod runs is not known" in done.out


def test_a_rollback_goes_only_to_what_served_the_environment(embedded: Desk) -> None:
    for version in ("1.0.0", "1.1.0"):
        embedded.register(version)
    embedded.record("deployment", "prod", "1.1.0")
    done = embedded.move("rollback", "prod", "1.0.0")
    assert done.code == 1
    assert "the ledger knows no deployment of 1.0.0 to prod" in done.err
    laptop = ("rollback", "--environment", "prod", "--version", "1.0.0", "--no-ledger")
    done = embedded.run(*laptop)
    assert done.code == 1
    assert "1.0.0 has never been the champion of prod" in done.err
    for version in ("1.0.0", "1.1.0"):
        embedded.done("promote", "--environment", "prod", "--version", version, "--no-ledger")
    assert "champion-prod moved from 1.1.0 to 1.0.0" in embedded.done(*laptop)


def test_a_check_finds_what_stopped_between_the_ledger_and_the_alias_and_says_how_to_mend_it(desk: Desk) -> None:
    for version in ("1.0.0", "1.1.0"):
        desk.register(version)
    desk.record("deployment", "prod", "1.0.0")
    desk.record("deployment", "dev", "1.1.0")
    desk.record("deployment", "rc", "0.9.0")
    desk.move("promote", "dev", "1.1.0")
    desk.done("promote", "--environment", "play", "--version", "1.1.0", "--no-ledger")
    done = desk.run("check", "--folder", str(desk.ledger))
    assert done.code == 1
    assert done.out.splitlines() == [
        "play: champion-play points at 1.1.0, and the ledger says that nothing runs there",
        "  to mend it: pipegen registry restore --environment play",
        "prod: champion-prod points at nothing, and the ledger says that 1.0.0 runs there",
        "  to mend it: pipegen registry promote --environment prod --version 1.0.0",
        "rc: champion-rc points at nothing, and the ledger says that 0.9.0 runs there, which is not registered",
    ]
    assert desk.move("promote", "prod", "1.0.0").code == 0
    assert desk.run("check", "--environment", "prod", "--folder", str(desk.ledger)).code == 0


# ---------------------------------------------------------------- showing


def test_versions_are_shown_with_their_aliases(desk: Desk) -> None:
    desk.register("1.0.0")
    desk.register("1.1.0", "", "--environment", "prod")
    desk.done("promote", "--environment", "prod", "--version", "1.0.0", "--no-ledger")
    lines = [line.split() for line in desk.done("show").splitlines()]
    assert [line[:3] for line in lines] == [
        ["version", "number", "aliases"],
        ["1.0.0", "1", "champion-prod"],
        ["1.1.0", "2", "challenger-prod"],
    ]
    assert desk.run("show", "--environment", "dev").code == 1
    assert desk.done("show", "--version", "1.1.0").startswith("version")


def test_what_is_not_there_is_said_with_what_there_is(desk: Desk) -> None:
    for arguments in (("show",), ("history",), ("download", "--environment", "prod", "--out", "out")):
        assert desk.run(*arguments).code == 1
    desk.register("1.0.0")
    done = desk.run("show", "--version", "3.0.0")
    assert done.code == 1
    assert "3.0.0 is not registered" in done.err
    assert "there are 1.0.0" in done.err


def test_what_is_downloaded_is_what_was_registered_or_nothing(embedded: Desk) -> None:
    embedded.register("1.0.0", "bytes")
    embedded.done("promote", "--environment", "prod", "--version", "1.0.0", "--no-ledger")
    assert embedded.done("download", "--environment", "prod", "--out", "out") == f"{sha256('bytes')}  out/model.tar\n"
    assert (embedded.folder / "out" / "model.tar").read_text("utf-8") == "bytes"

    (stored,) = (embedded.folder / "registry").rglob("model.tar")
    (stored.parent / "extra.tar").write_text("surplus", "utf-8")
    done = embedded.run("download", "--version", "1.0.0", "--out", "more")
    assert (done.code, "files that were not registered with it: extra" in done.err) == (1, True)
    (stored.parent / "extra.tar").unlink()
    stored.write_text("changed", "utf-8")
    done = embedded.run("download", "--version", "1.0.0", "--out", "more")
    assert (done.code, f"{sha256('bytes')} was registered" in done.err) == (1, True)
    assert list((embedded.folder / "more").iterdir()) == []


def test_nothing_is_written_where_the_command_runs_nor_into_what_is_stored(embedded: Desk) -> None:
    embedded.register("1.0.0", "bytes")
    before = _files(embedded.folder / "registry")
    embedded.done("download", "--version", "1.0.0", "--out", "out")
    assert _files(embedded.folder / "registry") == before
    assert {path.name for path in embedded.folder.iterdir()} == {"registry", "model.tar", "out"}
    assert [path.name for path in (embedded.folder / "out").iterdir()] == ["model.tar"]


def test_an_embedded_registry_is_made_where_it_is_first_asked_for(embedded: Desk) -> None:
    uri = "sqlite:///new/place/models.db"
    assert embedded.run("show", uri=uri).code == 1
    embedded.file("model.tar", "bytes")
    assert embedded.run("register", "--version", "1.0.0", "--file", "model.tar", uri=uri).code == 0
    place = embedded.folder / "new" / "place"
    assert {path.name for path in place.iterdir()} == {"models.db", "models-artifacts"}


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.suffix != ".db"}
