"""`pipegen ledger verify` finds whatever differs from what `pipegen ledger add` wrote."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger_runs import (
    BRANCH,
    CANNOT,
    DONE,
    FINDING,
    content_of,
    deploy,
    git,
    ledger,
    put_back,
    repository,
    where,
)
from pipegen.ledger.canonical import canonical, digest_of
from pipegen.ledger.cards import card, overview
from pipegen.ledger.entries import Entry, entry_in, line_of, sealed
from pipegen.ledger.files import Head, card_path, entries_path, heads_text
from pipegen.ledger.places import FolderPlace, GitPlace, Place
from pipegen.ledger.reading import Chain, chain_of, chains_in
from pipegen.ledger.verifying import verified

pytest_plugins = ("ledger_fixtures",)
pytestmark = pytest.mark.usefixtures("outside_of_any_pipeline")

Files = dict[str, bytes]


def filled(place: Place) -> Place:
    """A ledger of two models with three entries each."""
    for model in ("churn", "fraud"):
        for version in ("1.0.0", "1.1.0", "1.2.0"):
            assert deploy(place, version, "--approver", "ana", model=model).code == DONE
    return place


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[type[Place], Place]:
    folder = tmp_path_factory.mktemp("ledgers")
    return {GitPlace: filled(repository(folder / "ledger.git")), FolderPlace: filled(FolderPlace(folder / "ledger"))}


@pytest.fixture
def ledger_of_six(ledger_place: Place, originals: dict[type[Place], Place]) -> Place:
    """A copy of a ledger of two models with three entries each."""
    original = originals[type(ledger_place)]
    shutil.copytree(root_of(original), root_of(ledger_place), dirs_exist_ok=True)
    return ledger_place


def root_of(place: Place) -> Path:
    return place.folder if isinstance(place, FolderPlace) else Path(place.remote)


def lines(files: Files, model: str = "churn") -> list[bytes]:
    return files[entries_path(model)].splitlines(keepends=True)


def with_lines(files: Files, given: list[bytes], model: str = "churn") -> Files:
    return {**files, entries_path(model): b"".join(given)}


def without(files: Files, *paths: str) -> Files:
    return {path: content for path, content in files.items() if path not in paths}


def forged(files: Files, model: str = "churn") -> Files:
    """The ledger, replaced wholesale by one that is consistent: every approver was somebody else."""
    entries, previous = [], ""
    for line in lines(files, model):
        node = {**json.loads(line), "approvers": ["eve"], "previous": previous}
        bare = canonical({name: value for name, value in node.items() if name != "digest"})
        previous = digest_of(bare)
        entries.append(entry_in(canonical({**node, "digest": previous}).encode()))
    others = {name: chain for name, chain in chains_in(files).items() if name != model}
    chains = {**others, model: Chain(tuple(entries))}
    heads = {name: Head(len(chain.entries), chain.entries[-1].digest) for name, chain in chains.items()}
    return {
        **files,
        entries_path(model): b"".join(line_of(entry).encode() + b"\n" for entry in entries),
        "ledger/HEADS": heads_text(heads),
        card_path(model): card(model, entries).encode(),
        "MODELS.md": overview(chains).encode(),
    }


# ---------------------------------------------------------------- what is sound


def test_a_ledger_that_only_add_wrote_verifies(ledger_of_six: Place) -> None:
    run = ledger("verify", *where(ledger_of_six))
    assert (run.code, run.err) == (DONE, "")
    assert run.out.startswith("verified; models: 2, entries: 6\n")
    digests = re.findall(r"sha256:[0-9a-f]{64}", run.out)
    assert len(digests) == 2
    assert ledger("verify", "churn", "--expect", digests[0], *where(ledger_of_six)).code == DONE


@pytest.mark.parametrize("words", [["verify"], ["verify", "churn"], ["show"], ["at", "2026-01-01"], ["overview"]])
def test_where_no_ledger_is_nothing_can_be_said(ledger_place: Place, words: list[str]) -> None:
    run = ledger(*words, *where(ledger_place))
    assert (run.code, run.out) == (CANNOT, "")
    assert "there is no ledger here yet" in run.err


def test_a_model_that_the_ledger_does_not_know_cannot_be_verified(ledger_of_six: Place) -> None:
    assert ledger("verify", "chrun", *where(ledger_of_six)).code == CANNOT


# ---------------------------------------------------------------- what is not

TAMPERINGS: dict[str, tuple[Callable[[Files], Files], str]] = {
    "an entry changed": (
        lambda files: with_lines(files, [line.replace(b'"ana"', b'"eve"', 1) for line in lines(files)]),
        "entry 1 was changed",
    ),
    "an entry removed": (
        lambda files: with_lines(files, [lines(files)[0], lines(files)[2]]),
        "entry 2 .* has the number 3",
    ),
    "the last entry removed": (
        lambda files: with_lines(files, lines(files)[:2]),
        "holds 2 entries, and ledger/HEADS says 3",
    ),
    "entries reordered": (
        lambda files: with_lines(files, [lines(files)[index] for index in (0, 2, 1)]),
        "entry 2 .* has the number 3",
    ),
    "an entry copied from another model": (
        lambda files: with_lines(files, [*lines(files)[:2], lines(files, "fraud")[2]]),
        "entry 3 .* is an entry of the model fraud",
    ),
    "an entry twice": (
        lambda files: with_lines(files, [*lines(files), lines(files)[2]]),
        "entry 4 .* has the number 3",
    ),
    "an entry written with a space": (
        lambda files: with_lines(files, [lines(files)[0].replace(b",", b", ", 1), *lines(files)[1:]]),
        "entry 1 was changed",
    ),
    "an empty line": (lambda files: with_lines(files, [*lines(files), b"\n"]), "entry 4 is not JSON"),
    "a model's file removed": (
        lambda files: without(files, entries_path("churn")),
        "ledger/churn.jsonl is missing: ledger/HEADS says that it has 3 entries",
    ),
    "a model's file and head removed": (
        lambda files: {
            **without(files, entries_path("churn")),
            "ledger/HEADS": b"".join(files["ledger/HEADS"].splitlines(keepends=True)[1:]),
        },
        "cards/churn.md does not belong to the ledger",
    ),
    "a count edited in the heads": (
        lambda files: {**files, "ledger/HEADS": files["ledger/HEADS"].replace(b"3 ", b"2 ", 1)},
        "entry 2 .* is not the one that ledger/HEADS names",
    ),
    "the heads removed": (lambda files: without(files, "ledger/HEADS"), "holds 3 entries, and ledger/HEADS says 0"),
    "the heads reordered": (
        lambda files: {**files, "ledger/HEADS": b"".join(reversed(files["ledger/HEADS"].splitlines(keepends=True)))},
        "ledger/HEADS was changed",
    ),
    "a card edited": (
        lambda files: {**files, "cards/churn.md": files["cards/churn.md"].replace(b"ana", b"eve")},
        "cards/churn.md is not what the entries give",
    ),
    "the overview edited": (
        lambda files: {**files, "MODELS.md": files["MODELS.md"] + b"\n"},
        "MODELS.md is not what the entries give",
    ),
    "a file that does not belong there": (
        lambda files: {**files, "ledger/notes.txt": b"x"},
        "ledger/notes.txt does not belong to the ledger",
    ),
    "a line cut off": (
        lambda files: {**files, entries_path("churn"): files[entries_path("churn")][:-1]},
        "the last line is torn",
    ),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_what_was_changed_is_found_and_named(name: str, ledger_of_six: Place) -> None:
    change, words = TAMPERINGS[name]
    before = content_of(ledger_of_six)
    put_back(ledger_of_six, change(before))
    assert content_of(ledger_of_six) != before
    run = ledger("verify", *where(ledger_of_six))
    assert (run.code, run.err) == (FINDING, "")
    assert re.search(f"finding: .*{words}", run.out), run.out


def test_a_damaged_model_is_not_read_and_not_added_to(ledger_of_six: Place) -> None:
    put_back(ledger_of_six, TAMPERINGS["an entry changed"][0](content_of(ledger_of_six)))
    damaged = content_of(ledger_of_six)
    for run in (ledger("show", "churn", *where(ledger_of_six)), deploy(ledger_of_six, "1.3.0")):
        assert (run.code, run.out) == (FINDING, "")
        assert "entry 1 was changed" in run.err
    assert content_of(ledger_of_six) == damaged


def test_damage_to_one_model_neither_stops_the_others_nor_is_covered_up_by_them(ledger_of_six: Place) -> None:
    put_back(ledger_of_six, TAMPERINGS["the last entry removed"][0](content_of(ledger_of_six)))
    assert deploy(ledger_of_six, "1.3.0", model="fraud").code == DONE
    assert ledger("verify", "fraud", *where(ledger_of_six)).code == DONE
    assert ledger("verify", *where(ledger_of_six)).code == FINDING


@pytest.fixture(scope="module")
def written(originals: dict[type[Place], Place]) -> Files:
    return content_of(originals[FolderPlace])


@given(data=st.data())
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_byte_changed_anywhere_is_found(data: st.DataObject, written: Files) -> None:
    path = data.draw(st.sampled_from(sorted(written)))
    content = written[path]
    at = data.draw(st.integers(0, len(content) - 1))
    byte = data.draw(st.binary(min_size=1, max_size=1))
    kept = data.draw(st.sampled_from([content[at + 1 :], content[at:]]))  # replaced, or inserted before it
    deleted = content[:at] + content[at + 1 :]
    changed = data.draw(st.sampled_from([content[:at] + byte + kept, deleted]))
    report = verified({**written, path: changed})
    assert bool(report.findings) == (changed != content)


@given(data=st.data())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_changed_byte_is_found_at_its_entry(data: st.DataObject, written: Files) -> None:
    whole = lines(written)
    number = data.draw(st.integers(0, 2))
    at = data.draw(st.integers(0, len(whole[number]) - 2))
    byte = bytes([whole[number][at] ^ data.draw(st.integers(1, 255))])
    changed = [*whole[:number], whole[number][:at] + byte + whole[number][at + 1 :], *whole[number + 1 :]]
    if byte != b"\n":
        first = chain_of("churn", b"".join(changed)).faults[0]
        assert re.match(rf"entry {number + 1}\b", first), first


# ---------------------------------------------------------------- whole replacements


def test_a_ledger_replaced_by_a_consistent_one_is_found_by_a_digest_noted_elsewhere(ledger_of_six: Place) -> None:
    noted = re.findall(r"sha256:[0-9a-f]{64}", ledger("verify", *where(ledger_of_six)).out)
    put_back(ledger_of_six, forged(content_of(ledger_of_six)))
    assert ledger("verify", *where(ledger_of_six)).code == DONE
    run = ledger("verify", "--expect", noted[0], "--expect", noted[1], *where(ledger_of_six))
    assert run.code == FINDING
    assert f"no entry has the digest {noted[0]}" in run.out
    assert noted[1] not in run.out


@pytest.fixture
def branch(tmp_path: Path, originals: dict[type[Place], Place]) -> GitPlace:
    copied = shutil.copytree(root_of(originals[GitPlace]), tmp_path / "ledger.git")
    return GitPlace(str(copied))


def test_a_history_that_only_added_lines_verifies(branch: GitPlace) -> None:
    assert ledger("verify", "--history", *where(branch)).code == DONE


def test_the_history_tells_of_entries_that_were_rewritten(branch: GitPlace) -> None:
    put_back(branch, forged(content_of(branch)))
    culprit = git(Path(branch.remote), "rev-parse", "--short=12", BRANCH)
    assert ledger("verify", *where(branch)).code == DONE
    run = ledger("verify", "--history", *where(branch))
    assert run.code == FINDING
    assert f"ledger/churn.jsonl: commit {culprit} changed or removed lines that were there" in run.out


def test_the_history_tells_of_lines_that_were_taken_out_and_put_back(branch: GitPlace) -> None:
    whole = content_of(branch)
    put_back(branch, with_lines(whole, lines(whole)[:2]))
    culprit = git(Path(branch.remote), "rev-parse", "--short=12", BRANCH)
    put_back(branch, whole)
    run = ledger("verify", "--history", *where(branch))
    assert run.code == FINDING
    assert re.findall("finding: (.*)", run.out) == [f"ledger/churn.jsonl: commit {culprit} removed lines"]


def test_the_history_tells_of_a_model_that_was_forgotten(branch: GitPlace) -> None:
    alone = repository(Path(branch.remote).with_name("other.git"))
    deploy(alone, "1.0.0", model="fraud")
    put_back(branch, content_of(alone))
    assert ledger("verify", *where(branch)).code == DONE
    run = ledger("verify", "--history", *where(branch))
    assert run.code == FINDING
    assert re.search("ledger/churn.jsonl: commit [0-9a-f]{12} removed the file", run.out)


def test_the_history_tells_of_a_ledger_that_was_emptied(branch: GitPlace) -> None:
    put_back(branch, {"README.md": b"gone"})
    assert ledger("verify", *where(branch)).code == CANNOT
    assert ledger("verify", "--history", *where(branch)).code == FINDING


def test_the_history_tells_of_a_history_that_was_merged_in(branch: GitPlace) -> None:
    bare = Path(branch.remote)
    evil = git(bare, "commit-tree", f"{BRANCH}^{{tree}}", "-m", "another beginning")
    merge = git(bare, "commit-tree", f"{BRANCH}^{{tree}}", "-p", evil, "-p", BRANCH, "-m", "merge")
    git(bare, "update-ref", f"refs/heads/{BRANCH}", merge)
    run = ledger("verify", "--history", *where(branch))
    assert run.code == FINDING
    assert f"commit {merge[:12]} merges another history into the branch" in run.out


def test_a_folder_has_no_history(tmp_path: Path) -> None:
    place = FolderPlace(tmp_path / "ledger")
    run = ledger("verify", "--history", *where(place))
    assert (run.code, run.out) == (CANNOT, "")


def test_an_entry_is_sealed_by_what_it_says() -> None:
    entry = sealed(Entry(1, "archive", "m", "2026-01-01T00:00:00Z", "", "", {"branch": "main"}))
    line = line_of(entry).encode()
    assert entry_in(line) == entry == sealed(entry)
    assert chain_of("m", line + b"\n").entries == (entry,)
