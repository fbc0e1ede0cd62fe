"""What the registry's commands make of names, versions, documents and files, without any registry."""

from __future__ import annotations

import hashlib
import re
import sys
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipegen.ledger.entries import LedgerError
from pipegen.registry.addresses import address
from pipegen.registry.documents import as_floats, flat, read_metrics
from pipegen.registry.errors import RefusedError, RegistryError
from pipegen.registry.files import combined, digest_of, packed
from pipegen.registry.mlflow_names import read, spelled
from pipegen.registry.moves import Move, moves_in, now, served, with_move
from pipegen.registry.names import VERSION, champion, digest_text, environment_name, model_name, version_name
from pipegen.registry.protocol import Column, Registered
from pipegen.registry.signatures import TYPES, signature_in
from pipegen.registry.snowflake_names import identifier, version
from test_architecture import FILES, imported, is_in, own

VERSIONS = ("0.0.0", "1.0.0", "10.20.30", "1.0.0-rc.1", "1.0.0-RC.1", "1.0.0--", "1.0.0-x-y.Z+001.a-B", "1.0.0+21AF")


@pytest.mark.parametrize("text", VERSIONS)
def test_a_semantic_version_is_taken_as_it_is(text: str) -> None:
    assert version_name(text) == text


@pytest.mark.parametrize(
    "text",
    ["1", "1.0", "v1.0.0", "1.0.0.0", "01.0.0", "1.0.0-01", "1.0.0-", "1.0.0+", "1.0.0 ", "\u0661.0.0", "1.0.0\n"],
)
def test_what_is_no_semantic_version_is_refused(text: str) -> None:
    with pytest.raises(RegistryError, match="not a semantic version"):
        version_name(text)


@pytest.mark.parametrize("text", ["prod", "eu-prod", "staging_2", "1"])
def test_an_environment_becomes_an_alias(text: str) -> None:
    assert champion(environment_name(text)) == f"champion-{text}"


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (environment_name, "prod.eu"),
        (environment_name, ""),
        (environment_name, "a b"),
        (model_name, "a'b"),
        (model_name, "a/b"),
    ],
)
def test_names_that_a_registry_would_read_otherwise_are_refused(check: object, text: str) -> None:
    assert callable(check)
    with pytest.raises(RegistryError, match="is not the name of"):
        check(text)


def test_a_digest_is_taken_with_and_without_its_prefix() -> None:
    digest = "0f" * 32
    assert digest_text(f"sha256:{digest}\n") == digest_text(digest) == digest
    with pytest.raises(RegistryError, match="64 hexadecimal digits"):
        digest_text(digest.upper())


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("1.0.0", "V1_0_0"),
        ("1.0.0-rc.1", "V1_0_0$$RC_1"),
        ("1.0.0-RC.1", "V1_0_0$$$R$C_1"),
        ("1.0.0+b-1", "V1_0_0__B$$1"),
    ],
)
def test_a_version_becomes_an_identifier_that_needs_no_quotes(text: str, name: str) -> None:
    assert identifier(text) == name


@given(
    st.from_regex(
        r"[0-9]{1,3}\.[0-9]\.[0-9](-[0-9A-Za-z-]{1,4}(\.[0-9A-Za-z-]{1,4})?)?(\+[0-9A-Za-z-]{1,4})?", fullmatch=True
    )
)
def test_every_version_can_be_read_back_from_its_identifier(text: str) -> None:
    assert version(identifier(text)) == text


@pytest.mark.parametrize("catalog", [False, True])
@pytest.mark.parametrize(
    "name", ["auc", "latency.p95_ms", "recall@0.5", "f1@k=5", "a/b", "a:2f:b", "gr\u00f6\u00dfe", "..", "/"]
)
def test_every_name_of_a_metric_is_spelled_as_mlflow_takes_it_and_read_back(name: str, *, catalog: bool) -> None:
    there = spelled(name, catalog=catalog)
    assert re.fullmatch(r"[A-Za-z0-9_:\- ]+" if catalog else r"[A-Za-z0-9_.:\- ]+", there)
    assert read(there, catalog=catalog) == name


@pytest.mark.parametrize(
    ("content", "metrics"),
    [
        ('{"auc": 0.830}', {"auc": "0.830"}),
        ('{"a": {"b": 1, "c": {"d": -0.5}}, "e": "x", "f": null, "g": true}', {"a.b": "1", "a.c.d": "-0.5"}),
        ('{"rows": 123456789012345678901234567890}', {"rows": "123456789012345678901234567890"}),
    ],
)
def test_metrics_keep_every_digit(tmp_path: Path, content: str, metrics: dict[str, str]) -> None:
    file = tmp_path / "metrics.json"
    file.write_text(content, "utf-8")
    assert read_metrics([file]) == metrics


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "not JSON"),
        ("[1]", "its root is not an object"),
        ('{"a": 1, "a": 2}', "the key 'a' stands more than once"),
        ('{"a": Infinity}', "Infinity is not a finite number"),
        ('{"a": "x"}', "holds no number"),
        ("[" * 100000, "nested too deeply"),
        ('{"a": 1e999999999999999999999}', "is out of range"),
    ],
)
def test_metrics_that_cannot_be_read_are_said(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "metrics.json"
    file.write_text(content, "utf-8")
    with pytest.raises((LedgerError, RegistryError), match=said):
        read_metrics([file])


def test_a_metric_that_no_float_can_hold_is_kept_as_text_alone() -> None:
    assert as_floats({"auc": "0.83", "huge": "1e400"}) == {"auc": 0.83}


def test_parameters_are_flat_text() -> None:
    node = {"depth": 6, "booster": {"eta": 0.1, "name": "dart"}, "seeds": [1, 2], "none": None}
    assert flat(node) == {"depth": "6", "booster.eta": "0.1", "booster.name": "dart", "seeds": "[1,2]", "none": "null"}


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        *(({"type": kind}, {"type": kind}) for kind in TYPES),
        ({"type": "float32"}, {"type": "float"}),
        ({"type": "Int64", "required": False}, {"type": "long", "required": False}),
        ({"type": "array", "items": {"type": "str"}}, {"type": "array", "items": {"type": "string"}}),
        ({"type": "map", "values": {"type": "double"}}, {"type": "map", "values": {"type": "double"}}),
        (
            {"type": "object", "properties": {"a": {"type": "bool", "required": True}}},
            {"type": "object", "properties": {"a": {"type": "boolean", "required": True}}},
        ),
        ({"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 3]}}, None),
    ],
    ids=str,
)
def test_a_signature_holds_columns_in_the_words_of_mlflow(
    said: dict[str, object], meant: dict[str, object] | None
) -> None:
    signature = signature_in({"signature": {"inputs": [{"name": "age", **said}], "outputs": []}})
    assert signature is not None
    assert signature.inputs == (Column("age", meant or said),)


@pytest.mark.parametrize(
    "said",
    [
        *({"type": kind} for kind in ("any", "", "unknown", "object", "array", "map", "tensor")),
        {"type": "array", "items": {"type": "any"}},
        {"type": "array", "items": {"type": "array", "items": {"type": "any"}}},
        {"type": "object", "properties": {"a": {"type": "any"}}},
        {"type": "tensor", "tensor-spec": {"dtype": "object", "shape": [-1]}},
    ],
    ids=str,
)
def test_a_column_whose_type_hides_what_changes_is_refused(said: dict[str, object]) -> None:
    with pytest.raises(RefusedError, match="which the registry cannot compare"):
        signature_in({"signature": {"inputs": [{"name": "age", **said}]}})


def test_a_lineage_without_a_signature_has_none() -> None:
    assert signature_in({"format": "pipegen-lineage/1"}) is None


def test_one_artifact_has_its_own_digest_and_several_that_of_their_sums(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    one = digest_of(tmp_path / "a")
    assert combined({"model": one}) == one == hashlib.sha256(b"a").hexdigest()
    listed = f"{one}  a.tar\n{one}  b.tar\n"
    assert combined({"b": one, "a": one}) == hashlib.sha256(listed.encode()).hexdigest()


def test_a_folder_is_packed_with_links_and_modes_and_without_people(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "run.sh").write_text("exit 0", "utf-8")
    (folder / "deep" / "run.sh").chmod(0o755)
    (folder / "link").symlink_to("deep/run.sh")
    with tarfile.open(packed("model", folder, tmp_path)) as archive:
        members = {each.name: each for each in archive}
    assert list(members) == ["model", "model/deep", "model/deep/run.sh", "model/link"]
    assert members["model/link"].linkname == "deep/run.sh"
    assert members["model/deep/run.sh"].mode & 0o111
    assert {(each.uid, each.uname, each.mtime) for each in members.values()} == {(0, "", 0)}


def test_moves_are_read_back_in_the_order_in_which_they_were_made() -> None:
    first, second = Registered("1", {VERSION: "1.0.0"}, ""), Registered("2", {VERSION: "1.1.0"}, "")
    first = Registered("1", {**first.tags, **with_move(first, "prod", "promoted")}, "")
    second = Registered("2", {**second.tags, **with_move(second, "prod", "promoted")}, "")
    first = Registered("1", {**first.tags, **with_move(first, "prod", "rolled-back")}, "")
    found = [(move.version, move.kind) for move in moves_in([first, second])]
    assert found == [("1.0.0", "promoted"), ("1.1.0", "promoted"), ("1.0.0", "rolled-back")]
    assert served(first, "prod")
    assert not served(first, "dev")
    assert Move(now(), "prod", "1.0.0", "removed") > moves_in([first])[-1]


def test_many_moves_fit_into_what_a_tag_of_any_registry_holds() -> None:
    version_of = Registered("1", {}, "")
    for _ in range(50):
        version_of = Registered("1", {**version_of.tags, **with_move(version_of, "prod", "rolled-back")}, "")
    assert max(map(len, version_of.tags.values())) <= 1000


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("https://me:secret@mlflow.example.com/x", "https://***@mlflow.example.com/x"),
        ("postgresql://me@db/x", "postgresql://***@db/x"),
        ("sqlite:///registry.db", "sqlite:///registry.db"),
        ("for url: http://me:secret@host/a and http://host/b@c", "for url: http://***@host/a and http://host/b@c"),
    ],
)
def test_an_address_is_shown_without_its_password(uri: str, shown: str) -> None:
    assert address(uri) == shown


REGISTRY = [name for name in FILES if is_in(name, "pipegen.registry")]


@pytest.mark.parametrize("name", REGISTRY)
def test_adapters_alone_import_a_library_and_nothing_of_the_compiler_is_imported(name: str) -> None:
    outside = {each.split(".")[0] for each in imported(name)} - {"pipegen", *sys.stdlib_module_names}
    is_adapter = name.rpartition(".")[2].startswith(("mlflow_", "snowflake_"))
    assert outside <= ({"mlflow", "pandas", "snowflake", "sqlalchemy"} if is_adapter else set())
    assert not {each.split(".")[0] for each in imported(name, lazy=False)} & {"mlflow", "snowflake", "sqlalchemy"}
    known = ("pipegen.registry", "pipegen.ledger", "pipegen.printing")
    assert all(any(is_in(each, room) for room in known) for each in own(imported(name)))
