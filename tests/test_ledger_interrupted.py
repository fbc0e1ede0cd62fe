"""Whoever adds to a ledger may be stopped at any moment, and many may add at once: nothing acknowledged is lost."""

from __future__ import annotations

import random
import re
import subprocess
import time
from pathlib import Path

import pytest

from ledger_runs import (
    CANNOT,
    COMMIT,
    DONE,
    FINDING,
    command,
    content_of,
    deploy,
    ledger,
    repository,
    surroundings,
    where,
)
from pipegen.ledger.entries import DamagedError
from pipegen.ledger.files import HEADS, entries_path
from pipegen.ledger.places import FolderPlace, Place
from pipegen.ledger.reading import chain_of, read

pytest_plugins = ("ledger_fixtures",)
pytestmark = pytest.mark.usefixtures("outside_of_any_pipeline")

WRITERS = 20


def started(place: Place, version: str, model: str = "churn") -> subprocess.Popen[str]:
    about = ["--model", model, "--environment", "prod", "--version", version, "--commit", COMMIT]
    return subprocess.Popen(
        command("add", "deployment", *about, "--run-id", version, *where(place)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Whoever is killed leaves a temporary folder behind.
        env=surroundings(TMPDIR=str(Path.cwd())),
        text=True,
    )


def acknowledged(output: str) -> set[str]:
    return set(re.findall(r"^recorded: .* (sha256:[0-9a-f]{64})$", output, re.MULTILINE))


# ---------------------------------------------------------------- at once


def test_twenty_that_add_at_once_all_land(ledger_place: Place) -> None:
    models = ["churn", "churn", "churn", "fraud"]
    writers = [started(ledger_place, f"1.{number}.0", models[number % 4]) for number in range(WRITERS)]
    ends = [(*writer.communicate(timeout=120), writer.returncode) for writer in writers]
    assert [(code, err) for _, err, code in ends] == [(DONE, "")] * WRITERS
    entries = [entry for model in set(models) for entry in read(ledger_place, model)]
    assert {entry.version for entry in entries} == {f"1.{number}.0" for number in range(WRITERS)}
    assert {entry.digest for entry in entries} == {digest for out, _, _ in ends for digest in acknowledged(out)}
    history = ["--history"] if not isinstance(ledger_place, FolderPlace) else []
    assert ledger("verify", *history, *where(ledger_place)).code == DONE


def test_the_order_of_entries_never_changes_once_they_are_there(tmp_path: Path) -> None:
    place = repository(tmp_path / "ledger.git")
    seen: list[str] = []
    for turn in range(3):
        writers = [started(place, f"{turn}.{number}.0") for number in range(3)]
        for writer in writers:
            writer.communicate(timeout=60)
        digests = [entry.digest for entry in read(place, "churn")]
        assert digests[: len(seen)] == seen
        seen = digests
    assert len(seen) == 9


def test_whoever_loses_patience_says_so_and_adds_nothing(tmp_path: Path) -> None:
    place = repository(tmp_path / "ledger.git")
    deploy(place, "1.0.0")
    hook = Path(place.remote) / "hooks" / "update"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'cannot lock ref' >&2\nexit 1\n")
    hook.chmod(0o755)
    run = deploy(place, "1.1.0", "--patience", "0.3")
    assert (run.code, run.out) == (CANNOT, "")
    assert "nothing was added, try again" in run.err
    assert len(read(place, "churn")) == 1


# ---------------------------------------------------------------- killed


def test_nothing_acknowledged_is_lost_when_writers_are_killed_at_random_moments(ledger_place: Place) -> None:
    dice = random.Random(5)  # noqa: S311  (moments, not secrets)
    begun = time.monotonic()
    writer = started(ledger_place, "0.0.0")
    told = acknowledged(writer.communicate(timeout=60)[0])
    usual = time.monotonic() - begun
    for number in range(1, 31):
        writer = started(ledger_place, f"{number}.0.0")
        time.sleep(dice.uniform(0.3, 1.2) * usual)
        writer.kill()
        heard = acknowledged(writer.communicate(timeout=60)[0])
        told |= heard
        # However busy the machine is, the moments stay around the one at which an entry is acknowledged.
        usual *= 0.9 if heard else 1.1
    run = deploy(ledger_place, "99.0.0")
    assert run.code == DONE, run.err
    digests = {entry.digest for entry in read(ledger_place, "churn")}
    assert told | acknowledged(run.out) <= digests
    assert 1 < len(told) < 31, "the moments were not spread over the whole run"
    assert ledger("verify", *where(ledger_place)).code == DONE


def test_a_last_line_cut_anywhere_is_reported_and_put_aside_by_the_next_add(tmp_path: Path) -> None:
    place = FolderPlace(tmp_path / "ledger")
    deploy(place, "1.0.0")
    before = content_of(place)
    deploy(place, "1.1.0")
    path = entries_path("churn")
    whole = content_of(place)[path]
    for size in range(len(before[path]) + 1, len(whole)):
        for name, content in {**before, path: whole[:size]}.items():
            (place.folder / name).write_bytes(content)
        torn = whole[len(before[path]) : size]
        assert ledger("verify", *where(place)).code == FINDING
        with pytest.raises(DamagedError, match="the last line is torn"):
            read(place, "churn")
        run = deploy(place, "1.2.0")
        assert run.code == DONE
        assert f"the last line of {path} was torn; its {len(torn)} bytes are now in torn/churn-" in run.err
        assert [entry.version for entry in read(place, "churn")] == ["1.0.0", "1.2.0"]
        aside = place.folder / re.findall(r"torn/churn-[0-9a-f]{16}", run.err)[0]
        assert aside.read_bytes() == torn
        assert ledger("verify", *where(place)).code == DONE


def test_a_torn_first_line_leaves_no_model_behind(tmp_path: Path) -> None:
    place = FolderPlace(tmp_path / "ledger")
    (place.folder / "ledger").mkdir(parents=True)
    (place.folder / entries_path("churn")).write_bytes(b'{"actor":"an')
    assert ledger("verify", *where(place)).code == FINDING
    run = ledger("recover", *where(place))
    assert (run.code, run.err) == (DONE, "")
    assert "was torn; its 12 bytes are now in torn/churn-" in run.out
    assert not (place.folder / entries_path("churn")).exists()
    assert deploy(place, "1.0.0").code == DONE
    assert ledger("verify", *where(place)).code == DONE


@pytest.mark.parametrize("mend", ["the next add", "recover", "the same add again"])
@pytest.mark.parametrize("reached", ["the line", "the heads", "the card"])
def test_an_entry_that_was_written_whole_is_completed_not_thrown_away(reached: str, mend: str, tmp_path: Path) -> None:
    place = FolderPlace(tmp_path / "ledger")
    deploy(place, "1.0.0")
    before = content_of(place)
    deploy(place, "1.1.0", "--run-id", "7")
    after = content_of(place)
    written = {"the line": [], "the heads": [HEADS], "the card": [HEADS, "cards/churn.md"]}[reached]
    for path in {HEADS, "cards/churn.md", "MODELS.md"} - {*written}:
        (place.folder / path).write_bytes(before[path])
    assert ledger("verify", *where(place)).code == FINDING
    assert [entry.version for entry in read(place, "churn")] == ["1.0.0", "1.1.0"]
    if mend == "recover":
        assert ledger("recover", *where(place)).code == DONE
        assert content_of(place) == after
    elif mend == "the next add":
        assert deploy(place, "1.2.0").code == DONE
    else:
        assert deploy(place, "1.1.0", "--run-id", "7").out.startswith("already recorded")
        assert content_of(place) == after
    assert ledger("verify", *where(place)).code == DONE
    assert [entry.version for entry in read(place, "churn")][:2] == ["1.0.0", "1.1.0"]


def test_recovery_mends_traces_of_a_stopped_writer_alone(tmp_path: Path) -> None:
    place = FolderPlace(tmp_path / "ledger")
    deploy(place, "1.0.0")
    deploy(place, "1.1.0")
    path = place.folder / entries_path("churn")
    path.write_bytes(path.read_bytes()[:-20])
    damaged = content_of(place)
    for run in (ledger("recover", *where(place)), deploy(place, "1.2.0")):
        assert (run.code, run.out) == (FINDING, "")
        assert "holds 1 entries, and ledger/HEADS says 2" in run.err
    assert content_of(place) == damaged


def test_recovery_of_what_is_sound_or_not_there_changes_nothing(tmp_path: Path) -> None:
    place = FolderPlace(tmp_path / "ledger")
    assert ledger("recover", *where(place)).code == CANNOT
    assert not place.folder.exists()
    deploy(place, "1.0.0")
    before = content_of(place)
    assert ledger("recover", *where(place)).out == "nothing to recover\n"
    assert content_of(place) == before
    assert ledger("recover", *where(repository(tmp_path / "ledger.git"))).code == CANNOT


def test_a_full_disk_leaves_the_ledger_as_it_was(tmp_path: Path) -> None:
    place = FolderPlace(tmp_path / "ledger")
    deploy(place, "1.0.0")
    before = content_of(place)
    size = len(before[entries_path("churn")]) + 100
    about = ["--model", "churn", "--environment", "prod", "--version", "1.1.0", "--commit", COMMIT]
    words = " ".join(command("add", "deployment", *about, *where(place)))
    # A limit on the size of files is to a program what a full disk is: a write that goes through in part.
    limited = f"import resource, signal, os; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); \
resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size})); os.execvp('sh', ['sh', '-c', {words!r}])"
    done = subprocess.run(
        [command()[0], "-c", limited], env=surroundings(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (CANNOT, ""), done.stderr
    assert "cannot be written" in done.stderr
    assert content_of(place) == before
    assert chain_of("churn", before[entries_path("churn")]).torn == b""
