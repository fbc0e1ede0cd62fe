"""Script texts really run under bash, with what people and programs may throw at them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipegen.plan.commands import command_line, with_retries
from pipegen.scripts import STRICT, collect, limited, with_secret_files
from shell import Done, bash

HAND_OVER = 'printf \'%s=%s\\n\' "$name" "$value"'


# ---------------------------------------------------------------- published values


def collected(folder: Path, content: bytes) -> Done:
    (folder / "outputs").write_bytes(content)
    return bash(collect(("A", "B"), HAND_OVER), folder, {"PIPEGEN_OUTPUTS": str(folder / "outputs")})


HANDED_ON = [
    (b"A=1\nB=2\n", "A=1\nB=2\n"),
    (b"B=2\n\n\nA=1", "A=1\nB=2\n"),
    (b"A=1\nA=2\nB=\n", "A=2\nB=\n"),
    (b"A=c2hh=\nB=c2hhMQ==\n", "A=c2hh=\nB=c2hhMQ==\n"),
    (b"A==\nB= a b \n", "A==\nB= a b \n"),
    (b"A=s3://bucket/x@1:2+3?q=(1*2)&%23#~,\nB=-n\n", "A=s3://bucket/x@1:2+3?q=(1*2)&%23#~,\nB=-n\n"),
    (b"A=" + b"x" * 1000 + b"\nB=1\n", "A=" + "x" * 1000 + "\nB=1\n"),
]


@pytest.mark.parametrize(("content", "out"), HANDED_ON)
def test_published_values_arrive_as_they_were_written(content: bytes, out: str, tmp_path: Path) -> None:
    assert collected(tmp_path, content) == Done(0, out, "")


REFUSED = [
    (b"", "A was not written"),
    (b"A=1\n", "B was not written"),
    (b"A\nB=1\n", "is not NAME=value"),
    (b"=1\nA=1\nB=1\n", "is in PIPEGEN_OUTPUTS, but"),
    (b"A=1\nB=1\nC=1\n", "C is in PIPEGEN_OUTPUTS, but"),
    (b"A=1\nB=1\na=1\n", "a is in PIPEGEN_OUTPUTS, but"),
    (b"A=1\nB=1\nA[$(touch pwned)]=1\n", "is in PIPEGEN_OUTPUTS, but"),
    (b"A=1\nB=1\n*=1\n", "* is in PIPEGEN_OUTPUTS, but"),
    (b"A=" + b"x" * 1001 + b"\nB=1\n", "the value of A is too long"),
    (b"A=1\r\nB=1\n", "the value of A is too long or has a character"),
    (b"A=$(touch pwned)\nB=1\n", "the value of A"),
    (b"A=`touch pwned`\nB=1\n", "the value of A"),
    (b'A=1\nB="; touch pwned; "\n', "the value of B"),
    (b"A=1\nB='; touch pwned; '\n", "the value of B"),
    (b"A=1\nB=${{ secrets.X }}\n", "the value of B"),
    (b"A=1\nB=a\\b\n", "the value of B"),
    (b"A=1\nB=a\tb\n", "the value of B"),
    (b"A=1\nB=]##vso[task.complete]\n", "the value of B"),
    ("A=1\nB=é\n".encode(), "the value of B"),
    (b"A=1\nB=\xff\n", "the value of B"),
]


@pytest.mark.parametrize(("content", "message"), REFUSED)
def test_what_cannot_be_handed_on_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    done = collected(tmp_path, content)
    assert (done.code, done.out) == (1, "")
    assert message in done.err
    assert not list(tmp_path.glob("pwned"))


# ---------------------------------------------------------------- secret files


def test_a_secret_file_holds_the_secret_for_its_owner_alone(tmp_path: Path) -> None:
    text = f'{STRICT}\nstat -c %a "$CA"\ncat "$CA"\necho "; ${{CA_CONTENT-the variable is gone}}"\n'
    done = bash(with_secret_files(text, ("CA",)), tmp_path, {"CA_CONTENT": "two\n$(lines) \"'"})
    assert done == Done(0, "600\ntwo\n$(lines) \"'; the variable is gone\n", "")


def test_programs_find_secret_files_and_nothing_is_left_of_them(tmp_path: Path) -> None:
    text = f'{STRICT}\nbash -c \'cat "$A" "$B"; echo; echo "$A"; echo "$B"\'\n'
    done = bash(with_secret_files(text, ("A", "B")), tmp_path, {"A_CONTENT": "-n", "B_CONTENT": "%s"})
    said, *files = done.out.splitlines()
    assert said == "-n%s"
    assert len(files) == 2
    assert not any(Path(file).exists() for file in files)


def test_a_secret_file_vanishes_when_the_script_fails_with_its_own_exit_code(tmp_path: Path) -> None:
    done = bash(with_secret_files(f'{STRICT}\necho "$CA"\nexit 7', ("CA",)), tmp_path, {"CA_CONTENT": "x"})
    assert done.code == 7
    assert not Path(done.out.strip()).exists()


def test_a_script_without_secret_files_stays_as_it_is() -> None:
    assert with_secret_files(f"{STRICT}\ntrue\n", ()) == f"{STRICT}\ntrue\n"


def test_secret_files_leave_the_permissions_of_other_files_alone(tmp_path: Path) -> None:
    script = with_secret_files(f"{STRICT}\numask\n", ("CA",))
    assert bash(script, tmp_path, {"CA_CONTENT": "x"}).out == bash("umask", tmp_path).out


# ---------------------------------------------------------------- commands of a spec

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0$"), max_size=30)


@settings(max_examples=50, deadline=None)
@given(arguments=st.lists(WORDS | st.sampled_from(["$A", "--x=$A", "$A/$B", "a b$A'c", "$B$", "$1", "$(touch pwned)"])))
def test_every_argument_arrives_as_one_word_with_declared_names_filled_in(arguments: list[str]) -> None:
    values = {"A": "1 *\n'\"", "B": ""}
    line = command_line(["printf", "%s\\0", *arguments])
    done = bash(f"{STRICT}\n{line}", Path("/"), values)
    expected = [each.replace("$A", values["A"]).replace("$B", values["B"]) for each in arguments]
    assert done == Done(0, "".join(f"{each}\0" for each in expected) or "\0", "")


@pytest.mark.parametrize(
    "text", ["cat <<'PIPEGEN_END'\nx\nPIPEGEN_END", "echo '$x' \"\\\\\"", "if true\nthen echo 1\nfi"]
)
def test_a_script_that_is_tried_again_says_the_same(text: str, tmp_path: Path) -> None:
    whole = f"{STRICT}\n{text}\n"
    home = {"PIPEGEN_HOME": str(tmp_path)}
    assert bash(with_retries(whole, 2), tmp_path, home) == bash(whole, tmp_path, home)


def test_a_script_that_takes_too_long_ends_itself_with_a_failure_of_its_own(tmp_path: Path) -> None:
    home = {"PIPEGEN_HOME": str(tmp_path)}
    whole = f"{STRICT}\necho begun\nsleep 600\n"
    (short,) = [limited(whole, 1).replace("1m bash", "0.2s bash")]
    assert bash(short, tmp_path, home) == Done(124, "begun\n", "")
    assert bash(limited(f"{STRICT}\nexit 3\n", 1), tmp_path, home).code == 3


def test_an_undeclared_variable_and_a_broken_pipe_fail_a_script_that_is_tried_again(tmp_path: Path) -> None:
    for text in ("echo $MISSING", "false | true", "false\ntrue"):
        done = bash(with_retries(f"{STRICT}\n{text}\n", 1), tmp_path, {"PIPEGEN_HOME": str(tmp_path)})
        assert done.code == 1
        assert done.err.count("attempt 1 failed\n") == done.err.count("attempt 2 failed\n") == 1
