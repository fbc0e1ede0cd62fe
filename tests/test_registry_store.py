"""What is kept under a key is fetched unchanged, or not at all."""

from __future__ import annotations

from uuid import uuid4

import pytest

from mlflow_server import Fault, proxy
from registries import Desk, sha256


@pytest.fixture
def key() -> str:
    return f"churn/source-{uuid4().hex}/model"


def test_a_file_that_one_branch_kept_another_fetches_with_its_digest(desk: Desk, key: str) -> None:
    desk.file("model.tar", "bytes")
    put = {
        "PIPEGEN_ARTIFACT_KEY": key,
        "PIPEGEN_ARTIFACT_FILE": "model.tar",
        "PIPEGEN_ARTIFACT_DIGEST": sha256("bytes"),
    }
    assert desk.run("keep", **put).code == 0
    get = {"PIPEGEN_ARTIFACT_FILE": "in/got.tar", "PIPEGEN_ARTIFACT_DIGEST_FILE": "in/got.sha256"}
    assert desk.run("fetch", PIPEGEN_ARTIFACT_KEY=key, **get).code == 0
    assert (desk.folder / "in" / "got.tar").read_text("utf-8") == "bytes"
    assert (desk.folder / "in" / "got.sha256").read_text("utf-8").strip() == sha256("bytes")
    assert {path.name for path in (desk.folder / "in").iterdir()} == {"got.tar", "got.sha256"}


def test_the_same_file_again_changes_nothing_and_another_is_refused_unless_it_shall_count(desk: Desk, key: str) -> None:
    desk.file("model.tar", "bytes")
    keep = ("keep", "--key", key, "--file", "model.tar")
    assert "kept in" in desk.done(*keep)
    assert "is kept already" in desk.done(*keep)
    desk.file("model.tar", "other")
    done = desk.run(*keep)
    assert (done.code, "the same sources gave two results" in done.err) == (1, True)
    desk.done("fetch", "--key", key, "--out", "got.tar")
    assert (desk.folder / "got.tar").read_text("utf-8") == "bytes"
    desk.done(*keep, "--replace")
    desk.done("fetch", "--key", key, "--out", "got.tar")
    assert (desk.folder / "got.tar").read_text("utf-8") == "other"


def test_what_is_kept_under_a_version_never_changes(embedded: Desk) -> None:
    keep = ("keep", "--key", "churn/version-1.2.0/model", "--file", "model.tar")
    embedded.file("model.tar", "bytes")
    embedded.done(*keep)
    embedded.file("model.tar", "other")
    for more in ((), ("--replace",)):
        done = embedded.run(*keep, *more)
        assert (done.code, "a version never changes" in done.err) == (1, True)


def test_nothing_is_fetched_that_is_not_there(desk: Desk, key: str) -> None:
    done = desk.run("fetch", "--key", key, "--out", "got.tar", "--digest-out", "got.sha256")
    assert done.code == 1
    assert f"nothing is kept under {key}" in done.err
    assert not list(desk.folder.glob("got.*"))


def test_nothing_is_fetched_that_was_changed_where_it_is_kept(embedded: Desk, key: str) -> None:
    embedded.file("model.tar", "bytes")
    embedded.done("keep", "--key", key, "--file", "model.tar")
    (stored,) = (embedded.folder / "registry").rglob("artifact.tar")
    stored.write_text("changed", "utf-8")
    done = embedded.run("fetch", "--key", key, "--out", "got.tar", "--digest-out", "got.sha256")
    assert done.code == 1
    assert f"was changed: its digest is {sha256('changed')}, and {sha256('bytes')} was recorded" in done.err
    assert not list(embedded.folder.glob("got.*"))


def test_what_is_not_what_was_packed_is_not_kept(embedded: Desk, key: str) -> None:
    embedded.file("model.tar", "bytes")
    done = embedded.run("keep", "--key", key, "--file", "model.tar", "--digest", sha256("other"))
    assert (done.code, "it is not what was packed" in done.err) == (1, True)
    assert embedded.run("fetch", "--key", key, "--out", "got.tar").code == 1


@pytest.mark.parametrize(
    "fault",
    [Fault("/mlflow-artifacts/artifacts", "PUT"), Fault("/runs/set-tag"), Fault("/runs/update", status=500)],
    ids=lambda fault: fault.path,
)
def test_what_was_kept_by_half_is_not_there_and_is_kept_anew(served: Desk, key: str, fault: Fault) -> None:
    served.file("model.tar", "bytes")
    keep = ("keep", "--key", key, "--file", "model.tar")
    with proxy(served.uri) as between:
        between.faults = [fault]
        done = served.run(*keep, uri=between.uri)
    assert done.code == 2
    assert between.met
    assert "to go on, run it again" in done.err
    assert served.run("fetch", "--key", key, "--out", "got.tar").code == 1
    served.done(*keep)
    served.done("fetch", "--key", key, "--out", "got.tar")


@pytest.mark.parametrize("text", ["", "../secrets", "a b", "churn/'; drop", "/churn"])
def test_a_key_that_means_something_else_is_wrong_usage(embedded: Desk, text: str) -> None:
    embedded.file("model.tar", "bytes")
    done = embedded.run("keep", "--key", text, "--file", "model.tar")
    assert (done.code, "not a key" in done.err) == (2, True)
