"""Checking tells stale, missing, surplus and edited files apart and names the command that mends each."""

import subprocess
from pathlib import Path

import pytest

from disk import CHURN, FRAUD, by_newer, generated, put, selection, tree
from pipegen.diagnostics import Refused
from pipegen.workspace.checking import check
from pipegen.workspace.differences import diff
from pipegen.workspace.writing import write

PATH = "azure-pipelines/churn.yml"
NOW = generated("name: now\n")
EDITED = NOW.replace("now", "mine")
OLDER = generated("name: older\n", inputs="0")
RENDER = f"run: pipegen render {CHURN}"


@pytest.mark.parametrize(
    ("standing", "code", "message", "hint"),
    [
        pytest.param(None, "PG411", f"is missing: {CHURN} makes it for azure", RENDER, id="missing"),
        pytest.param(
            OLDER,
            "PG410",
            f"is stale: {CHURN} or another of its inputs has changed since it was written",
            RENDER,
            id="stale",
        ),
        pytest.param(
            generated("name: before\n"),
            "PG410",
            "is stale: pipegen.toml has changed since it was written, or this pipegen writes it differently",
            RENDER,
            id="stale, of the same inputs",
        ),
        pytest.param(
            NOW.replace("Do not edit", "Edit"),
            "PG410",
            "is stale: pipegen.toml has changed since it was written, or this pipegen writes it differently",
            RENDER,
            id="another sentence in the header",
        ),
        pytest.param(
            EDITED,
            "PG413",
            "was edited by hand after it was generated",
            f"move the change into {CHURN}, then run: pipegen render --overwrite-edited {CHURN}",
            id="edited",
        ),
        pytest.param(
            OLDER + "# mine\n",
            "PG413",
            "was edited by hand after it was generated",
            f"move the change into {CHURN}, then run: pipegen render --overwrite-edited {CHURN}",
            id="stale and edited",
        ),
        pytest.param(
            "name: now\n",
            "PG401",
            "does not open with pipegen's header, so it is left alone",
            "move it away or delete it, then render again",
            id="not generated",
        ),
        pytest.param(
            NOW.replace("# pipegen-header", "<<<<<<< HEAD\n# pipegen-header"),
            "PG401",
            "does not open with pipegen's header, so it is left alone",
            "settle the merge conflict in the spec, delete this file and render again",
            id="merge conflict",
        ),
        pytest.param(
            by_newer(NOW),
            "PG407",
            "has a header that only a newer pipegen can read, so it is left alone",
            "use the pipegen that this repository requires",
            id="newer format",
        ),
    ],
)
def test_what_differs_is_named_with_its_cause_and_its_cure(
    tmp_path: Path, standing: str | None, code: str, message: str, hint: str
) -> None:
    put(tmp_path, {PATH: standing} if standing else {})
    before = tree(tmp_path)
    (found,) = check(tmp_path, {PATH: NOW}, selection(tmp_path, CHURN))
    assert (found.file, found.code, found.message, found.hint) == (PATH, code, message, hint)
    assert tree(tmp_path) == before


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_what_was_written_is_clean(tmp_path: Path, line_end: str) -> None:
    put(tmp_path, {PATH: NOW.replace("\n", line_end)})
    assert check(tmp_path, {PATH: NOW}, selection(tmp_path, CHURN)) == ()


def test_bytes_that_are_no_text_are_an_edit_or_foreign_and_never_an_error(tmp_path: Path) -> None:
    put(tmp_path, {"azure-pipelines/b.yml": ""})
    (tmp_path / "azure-pipelines/a.yml").write_bytes(NOW.encode() + b"\xff\xfe")
    (tmp_path / "azure-pipelines/b.yml").write_bytes(b"\x00\xff")
    expected = {"azure-pipelines/a.yml": NOW, "azure-pipelines/b.yml": NOW}
    found = check(tmp_path, expected, selection(tmp_path, CHURN))
    assert [diagnostic.code for diagnostic in found] == ["PG413", "PG401"]
    assert "\ufffd" in diff(tmp_path, expected)


def test_all_kinds_of_difference_are_reported_together_in_the_order_of_their_files(tmp_path: Path) -> None:
    put(tmp_path, {"azure-pipelines/b.yml": OLDER, "azure-pipelines/c.yml": EDITED, "azure-pipelines/d.yml": NOW})
    (tmp_path / "azure-pipelines/e.yml").symlink_to("d.yml")
    expected = dict.fromkeys([f"azure-pipelines/{name}.yml" for name in "abce"], NOW)
    found = check(tmp_path, expected, selection(tmp_path, CHURN))
    assert [(diagnostic.file[-5], diagnostic.code) for diagnostic in found] == [
        ("a", "PG411"),
        ("b", "PG410"),
        ("c", "PG413"),
        ("d", "PG412"),
        ("e", "PG403"),
    ]


def test_commands_repeat_the_options_of_the_run_and_quote_what_a_shell_would_split(tmp_path: Path) -> None:
    spec = "model-specs/my churn.yaml"
    chosen = selection(tmp_path, spec, options=("--target", "azure", "--out", "my out"))
    (found,) = check(tmp_path, {PATH: generated(spec=spec)}, chosen)
    assert found.hint == "run: pipegen render --target azure --out 'my out' 'model-specs/my churn.yaml'"


def test_a_surplus_file_is_mended_by_pruning_unless_it_was_edited(tmp_path: Path) -> None:
    put(
        tmp_path,
        {FRAUD: "", "jenkins/a.yml": NOW, "jenkins/b.yml": EDITED, "jenkins/c.yml": generated(spec="gone.yaml")},
    )
    found = check(tmp_path, {}, selection(tmp_path, CHURN, FRAUD, all_specs=True))
    assert [(diagnostic.code, diagnostic.message, diagnostic.hint) for diagnostic in found] == [
        ("PG412", f"is surplus: {CHURN} no longer makes it for azure", f"run: pipegen render --prune {CHURN}"),
        (
            "PG412",
            f"is surplus: {CHURN} no longer makes it for azure",
            "it was edited by hand, so --prune leaves it: move the change elsewhere and delete it",
        ),
        ("PG412", "is surplus: gone.yaml no longer makes it for azure", "run: pipegen render --prune"),
    ]


def test_the_difference_is_a_patch_that_turns_one_tree_into_the_other(tmp_path: Path) -> None:
    standing = {"a.yml": OLDER, "b/mine.yml": EDITED.removesuffix("\n"), "c.yml": NOW, "d.yml": OLDER}
    expected = {"a.yml": NOW, "b/mine.yml": NOW, "b/new.yml": generated("line\x0c\u2028 one\n"), "c.yml": NOW}
    put(tmp_path, standing)
    patch = diff(tmp_path, expected, removed=["d.yml"])
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=patch.encode(), check=True)
    assert {place.relative_to(tmp_path).as_posix(): place.read_text() for place in tmp_path.rglob("*.yml")} == expected


def test_the_difference_names_both_sides_and_is_empty_when_there_is_none(tmp_path: Path) -> None:
    assert diff(tmp_path, {"a.yml": NOW}).splitlines()[:3] == ["--- /dev/null", "+++ b/a.yml", "@@ -0,0 +1,5 @@"]
    write(tmp_path, {"a.yml": NOW})
    assert diff(tmp_path, {"a.yml": NOW}) == ""


def test_there_is_no_difference_to_show_for_a_path_that_must_not_be_written(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="1 findings"):
        diff(tmp_path, {"../a.yml": NOW})
