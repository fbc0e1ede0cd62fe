"""A repository says which versions of pipegen may be used, and another one does nothing but say which to install."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

import pipegen
from pipegen.cli import main
from pipegen.config import read
from pipegen.config.versions import satisfies, specifier
from pipegen.diagnostics import Diagnostic, Refused

SPEC = "pipegen: 1\nmodel: {name: churn, owner: retention}\nstages: [{id: test, run: pytest}]\n"


def refused(text: str) -> tuple[Diagnostic, ...]:
    with pytest.raises(Refused) as caught:
        read(text, "pipegen.toml")
    return caught.value.diagnostics


@pytest.mark.parametrize(
    ("version", "requirement", "fits"),
    [
        ("0.1.0", "0.1.0", True),
        ("0.1.0", "==0.1", True),
        ("0.1.1", "0.1", False),
        ("0.1.0", ">=0.1,<0.2", True),
        ("0.2.0", ">= 0.1, < 0.2", False),
        ("0.10.0", ">=0.9", True),
        ("0.1.1", ">=0.1, !=0.1.1", False),
        ("1.0.0", ">0.9.9,<=1", True),
        ("0.2.0rc1", ">=0.2", True),
        ("0.1.0", ">=0.2,<0.1", False),
    ],
)
def test_a_version_fits_if_every_part_holds(version: str, requirement: str, fits: bool) -> None:  # noqa: FBT001
    assert satisfies(version, requirement) is fits


_NUMBERS = st.lists(st.integers(0, 3), min_size=1, max_size=3).map(lambda parts: ".".join(map(str, parts)))
_PARTS = st.tuples(st.sampled_from(["", "==", "!=", ">=", "<=", ">", "<"]), st.sampled_from(["", " "]), _NUMBERS)


@given(_NUMBERS, st.lists(_PARTS.map("".join), min_size=1, max_size=3).map(", ".join))
def test_the_specifier_means_to_pip_what_the_requirement_means_here(version: str, requirement: str) -> None:
    assert satisfies(version, requirement) == (Version(version) in SpecifierSet(specifier(requirement)))


@pytest.mark.parametrize(
    ("requirement", "pin", "command"),
    [
        (">=99", "", "pip install 'mlops-pipegen>=99'"),
        ("99.1.0", "", "pip install 'mlops-pipegen==99.1.0'"),
        ("> 99, < 100", "", "pip install 'mlops-pipegen>99,<100'"),
        (">=99", 'version = "99.2.0"', "pip install mlops-pipegen==99.2.0"),
        (
            ">=99",
            'version = "99.2.0"\nindex = "https://nexus.example.com/simple"',
            "pip install --index-url https://nexus.example.com/simple mlops-pipegen==99.2.0",
        ),
        (">=99", 'version = "0.1.0"', "pip install 'mlops-pipegen>=99'"),
        (">=99", "version = 99\nindex = 1", "pip install 'mlops-pipegen>=99'"),
        (">=99", 'version = "99; rm"\nindex = "https://a; rm"', "pip install 'mlops-pipegen>=99'"),
    ],
)
def test_another_version_is_one_error_that_says_what_to_install(requirement: str, pin: str, command: str) -> None:
    [found] = refused(f'required-version = "{requirement}"\nunknown = inf\n[pipegen]\n{pin}\n')
    assert found.code == "PG025"
    assert found.message == f"this is pipegen {pipegen.__version__}, and the repository requires {requirement}"
    assert found.hint == f"install it: {command}"
    assert found.excerpt == f'required-version = "{requirement}"'


@pytest.mark.parametrize("written", ["[pipegen]\nversion = 1", "pipegen = 1", "pipegen = []"])
def test_a_table_that_cannot_be_read_hides_no_other_version(written: str) -> None:
    assert [each.code for each in refused(f'required-version = ">=99"\n{written}\n')] == ["PG025"]


@pytest.mark.parametrize("command", ["render", "render --check", "validate", "explain model-specs/churn.yaml"])
def test_no_command_works_under_another_version(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model-specs").mkdir()
    (tmp_path / "model-specs" / "churn.yaml").write_text(SPEC, "utf-8")
    (tmp_path / "pipegen.toml").write_text('required-version = ">=99"\n', "utf-8")
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    result = CliRunner().invoke(main, command.split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("pipegen.toml:1:20: PG025 this is pipegen")
    assert sorted(tmp_path.rglob("*")) == before


def test_the_repository_s_own_version_changes_nothing() -> None:
    text = '[repository]\nhost = "github"\n'
    required = f'required-version = "{pipegen.__version__}"\n{text}'
    assert read(required, "pipegen.toml") == read(text, "pipegen.toml")


def test_a_newer_format_is_said_before_anything_else() -> None:
    [found] = refused('format = 3\nrequired-version = ">=99"\nhost = inf\n')
    assert (found.code, found.excerpt) == ("PG024", "format = 3")
    assert "3, and pipegen" in found.message


def test_a_pin_that_does_not_fit_is_marked_at_its_version() -> None:
    [found] = refused(f'required-version = "<9"\n[pipegen]\nversion = "9.0.0"\nsha256 = "{"0" * 64}"\n')
    assert (found.code, found.excerpt) == ("PG026", 'version = "9.0.0"')
