"""`pipegen gate artifact` lets only what was meant pass: by digests, sums, and nothing beside them."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_runs import CANNOT_JUDGE, FAIL, PASS, Run, run_gate
from pipegen.gates.artifact import Sum, parse_sums
from pipegen.gates.reading import CannotJudgeError

NOTHING = hashlib.sha256(b"").hexdigest()


@pytest.fixture(autouse=True)
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with three files and the sums of them beside it, as sha256sum writes them; the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PIPEGEN_SUMMARY", raising=False)
    folder = tmp_path / "model"
    (folder / "data").mkdir(parents=True)
    (folder / "model.bin").write_bytes(b"weights" * 1000)
    (folder / "MLmodel").write_text("flavors: {}\n", "utf-8")
    (tmp_path / "model-of-others").write_text("flavors: {}\n", "utf-8")
    (folder / "data" / "odd\\na\nme.txt").write_text("x", "utf-8")
    write_sums()
    return folder


def write_sums() -> None:
    names = subprocess.run(["find", ".", "-type", "f", "-print0"], cwd="model", check=True, capture_output=True)
    done = subprocess.run(
        ["xargs", "-0", "sha256sum"], cwd="model", input=names.stdout, check=True, capture_output=True
    )
    Path("SUMS").write_bytes(done.stdout)


def judged(*arguments: str) -> Run:
    return run_gate("artifact", "--folder", "model", "--sums", "SUMS", *arguments)


def digest_of(file: str) -> str:
    return f"sha256:{hashlib.sha256(Path(file).read_bytes()).hexdigest()}"


# ---------------------------------------------------------------- a file


def test_the_file_that_was_meant_passes() -> None:
    assert run_gate("artifact", "--file", "model/model.bin", "--digest", digest_of("model/model.bin")).code == PASS


def test_a_file_with_one_other_bit_fails() -> None:
    digest = digest_of("model/model.bin")
    content = bytearray(Path("model/model.bin").read_bytes())
    content[-1] ^= 1
    Path("model/model.bin").write_bytes(content)
    run = run_gate("artifact", "--file", "model/model.bin", "--digest", digest.upper().replace("SHA", "sha"))
    assert run.code == FAIL
    assert "not the file that was meant" in run.out


@pytest.mark.parametrize("form", ["{digest}", "{digest}\n", "{hex}\n", "{hex}  model.bin\n", "{hex} *model.bin\n"])
def test_a_digest_may_come_from_a_file(form: str) -> None:
    digest = digest_of("model/model.bin")
    Path("digest").write_text(form.format(digest=digest, hex=digest.removeprefix("sha256:")), "utf-8")
    assert run_gate("artifact", "--file", "model/model.bin", "--digest-file", "digest").code == PASS
    assert run_gate("artifact", "--file", "model/MLmodel", "--digest-file", "digest").code == FAIL


@pytest.mark.parametrize("content", ["", " \n", "sha256:12", "md5:" + "0" * 32, "0" * 63, f"{NOTHING}\n{NOTHING}\n"])
def test_a_file_that_holds_no_digest_allows_no_judgement(content: str) -> None:
    Path("digest").write_text(content, "utf-8")
    run = run_gate("artifact", "--file", "model/model.bin", "--digest-file", "digest")
    assert (run.code, "digest: " in run.out) == (CANNOT_JUDGE, True)


@pytest.mark.parametrize("file", ["absent", "model", "pipe", "/dev/null"])
def test_what_is_not_a_file_allows_no_judgement(file: str) -> None:
    os.mkfifo("pipe")
    run = run_gate("artifact", "--file", file, "--digest", f"sha256:{NOTHING}")
    assert (run.code, "cannot-judge" in run.out) == (CANNOT_JUDGE, True)


def test_a_large_file_is_read_in_pieces() -> None:
    with Path("large").open("wb") as stream:
        stream.truncate(300_000_000)
    limit = "import resource; resource.setrlimit(resource.RLIMIT_AS, (200_000_000,) * 2)"
    call = f"main(['artifact', '--file', 'large', '--digest', 'sha256:{NOTHING}'])"
    command = f"{limit}; import sys; from pipegen.gates.__main__ import main; sys.exit({call})"
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (FAIL, "")


# ---------------------------------------------------------------- a folder


def test_a_folder_with_exactly_the_named_files_passes() -> None:
    run = judged()
    assert (run.code, "3 files" in run.out) == (PASS, True)


def test_sums_may_lie_in_the_folder_themselves() -> None:
    Path("SUMS").rename("model/SHA256SUMS")
    assert run_gate("artifact", "--folder", "model", "--sums", "model/SHA256SUMS").code == PASS


def test_sums_in_binary_mode_mean_the_same() -> None:
    Path("SUMS").write_bytes(Path("SUMS").read_bytes().replace(b"  ./", b" *"))
    assert judged().code == PASS


def _grow(folder: Path) -> None:
    with (folder / "MLmodel").open("a", encoding="utf-8") as stream:
        stream.write("#")


def _link(name: str, to: str) -> Callable[[Path], None]:
    def link(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(to)

    return link


def _replace_by_pipe(folder: Path) -> None:
    (folder / "MLmodel").unlink()
    os.mkfifo(folder / "MLmodel")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_grow, "changed: the sums say sha256:"),
        (lambda folder: (folder / "MLmodel").write_bytes(b""), "changed"),
        (lambda folder: (folder / "MLmodel").unlink(), "missing"),
        (lambda folder: (folder / "data" / "new").write_text(""), "the sums do not name it"),
        (lambda folder: (folder / ".hidden").write_text(""), "the sums do not name it"),
        (_link("MLmodel", "/etc/hostname"), "a link that leaves the folder"),
        (_link("MLmodel", "../SUMS"), "a link that leaves the folder"),
        (_link("MLmodel", "../model-of-others"), "a link that leaves the folder"),
        (_link("MLmodel", "MLmodel"), "a link that leads nowhere"),
        (_link("surplus", "data"), "a link to a folder, which the sums do not name"),
        (_link("surplus", "absent"), "a link that leads nowhere, which the sums do not name"),
        (_link("surplus", "MLmodel"), "the sums do not name it"),
        (_replace_by_pipe, "neither a file nor a folder"),
        (lambda folder: os.mkfifo(folder / "pipe"), "neither a file nor a folder, which the sums do not name"),
    ],
)
def test_a_folder_that_is_not_what_the_sums_say_fails(
    change: Callable[[Path], object], reason: str, model: Path
) -> None:
    change(model)
    run = judged()
    assert (run.code, reason in run.out) == (FAIL, True), run.out


def test_a_link_to_a_file_of_the_folder_counts_as_the_file(model: Path) -> None:
    (model / "model.bin").rename(model / "data" / "weights")
    (model / "model.bin").symlink_to("data/weights")
    assert judged().code == FAIL
    (model / "data" / "weights").rename(model / "weights")
    _link("model.bin", "weights")(model)
    assert judged("--except", "weights").code == PASS


def test_a_file_that_a_tool_writes_on_loading_can_be_excepted_and_nothing_else(model: Path) -> None:
    (model / "registered_model_meta").write_text("{}", "utf-8")
    assert judged().code == FAIL
    assert judged("--except", "registered_model_meta").code == PASS
    (model / "data" / "registered_model_meta").write_text("{}", "utf-8")
    assert judged("--except", "registered_model_meta").code == FAIL
    _grow(model)
    (model / "data" / "registered_model_meta").unlink()
    assert judged("--except", "registered_model_meta", "--except", "MLmodel").code == FAIL


@pytest.mark.parametrize("name", ["../SUMS", "/etc/hostname", "data/../../SUMS", "..", "."])
def test_sums_that_name_a_path_outside_fail_without_reading_it(name: str) -> None:
    Path("SUMS").write_bytes(Path("SUMS").read_bytes() + f"{NOTHING}  {name}\n".encode())
    run = judged()
    assert (run.code, "a path outside of the folder" in run.out, "4 names" in run.out) == (FAIL, True, False)


def test_sums_that_name_a_file_twice_fail() -> None:
    line = Path("SUMS").read_bytes().splitlines(keepends=True)
    Path("SUMS").write_bytes(b"".join(line) + next(each for each in line if b"MLmodel" in each).replace(b"./", b""))
    run = judged()
    assert (run.code, "the sums name it 2 times" in run.out) == (FAIL, True)


def test_sums_that_were_exchanged_fail_by_their_own_digest(model: Path) -> None:
    digest = digest_of("SUMS")
    assert judged("--sums-digest", digest).code == PASS
    _grow(model)
    write_sums()
    assert judged().code == PASS
    assert judged("--sums-digest", digest).code == FAIL


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\n", "line 1 is not a line of sha256sum"),
        (f"{NOTHING}  a".encode(), "may be cut off"),
        (f"{NOTHING}  \n".encode(), "line 1"),
        (f"{NOTHING[1:]}  a\n".encode(), "line 1"),
        (f"SHA256 (a) = {NOTHING}\n".encode(), "line 1"),
        (f"{NOTHING}  a\n# remark\n".encode(), "line 2"),
        (f"\\{NOTHING}  a\\t\n".encode(), "an escape that sha256sum does not write"),
        (f"{NOTHING}  a\0b\n".encode(), "line 1"),
        (b"\xff" * 100 + b"\n", "line 1"),
    ],
)
def test_sums_that_cannot_be_read_allow_no_judgement(content: bytes, reason: str) -> None:
    Path("SUMS").write_bytes(content)
    run = judged()
    assert (run.code, reason in run.out) == (CANNOT_JUDGE, True), run.out


@pytest.mark.parametrize(
    ("folder", "sums"), [("absent", "SUMS"), ("SUMS", "SUMS"), ("model", "absent"), ("model", ".")]
)
def test_a_missing_folder_or_file_of_sums_allows_no_judgement(folder: str, sums: str) -> None:
    run = run_gate("artifact", "--folder", folder, "--sums", f"./../{Path.cwd().name}/{sums}")
    assert (run.code, "Traceback" in run.err) == (CANNOT_JUDGE, False)


def test_many_wrong_files_are_counted_and_the_first_shown(model: Path) -> None:
    for number in range(150):
        (model / f"extra-{number:03}").touch()
    run = judged()
    assert (run.code, "150 wrong" in run.out, "extra-099" in run.out, "extra-100" in run.out) == (
        FAIL,
        True,
        True,
        False,
    )


# ---------------------------------------------------------------- usage


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--file", "model/MLmodel"),
        ("--digest", f"sha256:{NOTHING}"),
        ("--file", "model/MLmodel", "--digest", NOTHING),
        ("--file", "model/MLmodel", "--digest", f"sha256:{NOTHING}", "--digest-file", "SUMS"),
        ("--folder", "model"),
        ("--sums", "SUMS"),
        ("--file", "model/MLmodel", "--digest", f"sha256:{NOTHING}", "--except", "x"),
    ],
)
def test_wrong_usage_is_said(arguments: tuple[str, ...]) -> None:
    run = run_gate("artifact", *arguments)
    assert (run.code, run.out, "pipegen gate artifact: " in run.err) == (CANNOT_JUDGE, "", True)


# ---------------------------------------------------------------- properties


@given(st.binary(max_size=200))
def test_no_content_of_sums_makes_a_traceback(content: bytes) -> None:
    try:
        parse_sums(content)
    except CannotJudgeError as error:
        assert str(error)  # noqa: PT017  (either outcome is right; what is wrong is any other exception)


@given(name=st.binary(min_size=1, max_size=30).filter(lambda name: b"\0" not in name), binary=st.booleans())
def test_every_name_is_read_as_sha256sum_escapes_it(name: bytes, *, binary: bool) -> None:
    escaped = name.replace(b"\\", b"\\\\").replace(b"\n", b"\\n").replace(b"\r", b"\\r")
    mark = b"\\" if escaped != name else b""
    line = mark + NOTHING.encode() + (b" *" if binary else b"  ") + escaped + b"\n"
    assert parse_sums(line) == (Sum(os.fsdecode(name), NOTHING),)
