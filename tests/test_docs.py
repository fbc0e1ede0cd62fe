"""What the documentation shows is what happens: its commands are run, its examples read, its links followed."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from deliveries import SPECS, delivery_of
from pages import BIN, PACKAGE, PAGES, ROOT, Block, all_blocks, blocks, lay_out, text_of
from pipegen import __version__, config
from pipegen.compiler import SHARED_TABLES, open_repository
from pipegen.delivery import Fidelity
from pipegen.source import Source
from pipegen.targets import TARGETS
from pipegen.validation import validate

LANGUAGES = {"console", "groovy", "json", "python", "sh", "text", "toml", "yaml"}
QUOTING = "docs/mission.md"  # its blocks of YAML and Groovy are lines of files, which tests/test_mission.py compares


@pytest.mark.parametrize("page", PAGES)
def test_every_block_is_of_a_kind_that_is_checked(page: str) -> None:
    assert {block.language for block in blocks(page)} <= LANGUAGES
    assert text_of(page).count("\n```") == 2 * len(blocks(page))


# ---------------------------------------------------------------- commands and their output


@dataclass(frozen=True, slots=True)
class Command:
    """A command as a page shows it, and the lines it shows below."""

    place: str
    text: str
    shown: str


def commands(page: str) -> Iterator[Command]:
    for block in blocks(page):
        if block.language == "console":
            assert block.text.startswith("$ "), f"{block} does not begin with a command"
            for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
                first, _, rest = part.partition("\n")
                yield Command(str(block), first, rest)


@pytest.mark.parametrize("page", [page for page in PAGES if any(commands(page))])
def test_every_command_prints_what_the_page_shows(page: str, tmp_path: Path) -> None:
    shown = tuple(commands(page))
    for command, printed in zip(shown, _played(shown, tmp_path), strict=True):
        assert _fits(command.shown, printed), f"{command.place}: $ {command.text}\n{printed}"


def _played(shown: tuple[Command, ...], folder: Path) -> list[str]:
    """What each command prints, one after the other in one shell, in a repository with the specs that they name."""
    lay_out(folder, *(name for each in shown for name in re.findall(r"model-specs/([a-z-]+)[.]yaml", each.text)))
    lines = ["exec 2>&1"]
    for each in shown:
        lines += [each.text, "status=$?; printf '\\036'; (exit $status)"]
    environment = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}
    script = "\n".join(lines) + "\n"
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return done.stdout.split("\x1e")[:-1]


def _fits(shown: str, printed: str) -> bool:
    """Whether the output is the one shown, where a line `...` stands for any number of lines."""
    lines = shown.splitlines(keepends=True)
    pattern = "".join("(?:.*\n)*?" if line.strip() == "..." else re.escape(line) for line in lines)
    return re.fullmatch(pattern, printed) is not None


@pytest.mark.parametrize(
    ("shown", "printed", "fits"),
    [
        ("a\nb\n", "a\nb\n", True),
        ("a\n...\n", "a\nb\nc\n", True),
        ("a\n...\nc\n", "a\nb\n", False),
        ("a\n", "a\nb\n", False),
        ("a.\n", "ab\n", False),
    ],
)
def test_a_line_of_dots_stands_for_any_lines(shown: str, printed: str, *, fits: bool) -> None:
    assert _fits(shown, printed) is fits


def test_commands_that_set_something_up_exist() -> None:
    rules = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    for block in all_blocks("sh"):
        for line in block.text.splitlines():
            words = line.split("#")[0].split()
            if words[0] == "make":
                assert words[1] in rules, f"{block}: {line}"
            else:
                # tests/test_packaging.py builds and installs the wheel; a test cannot install into this environment.
                assert words[:3] == ["python3", "-m", "pip"] or words[0] in {"git", "cd"}, f"{block}: {line}"


# ---------------------------------------------------------------- examples


@pytest.mark.parametrize("block", [block for block in all_blocks("yaml") if block.page != QUOTING], ids=str)
def test_every_spec_shown_is_valid(block: Block) -> None:
    source = Source.parse(block.page, block.text.encode())
    assert "pipegen" in yaml.safe_load(block.text), "an example that is no spec needs a check of its own"
    settings = config.read(text_of("pipegen.toml"), "pipegen.toml")
    assert validate(source, settings, open_repository(ROOT).kinds).diagnostics == ()


@pytest.mark.parametrize("block", all_blocks("toml"), ids=str)
def test_every_configuration_shown_can_be_read(block: Block) -> None:
    file = config.read_file(block.text, "pipegen.toml")
    says_something_shared = SHARED_TABLES & file.source.data.keys()
    assert says_something_shared or file.config != config.Config()
    assert file.warnings == ()


@pytest.mark.parametrize("page", [*PAGES, "CHANGELOG.md"])
def test_every_link_leads_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text_of(page)):
        if not target.startswith("https://"):
            assert ((ROOT / page).parent / target).exists(), target


def test_the_readme_opens_with_the_two_commands() -> None:
    first = next(block for block in blocks("README.md"))
    assert [line.split("#")[0].strip() for line in first.text.splitlines()] == ["make demo", "make test"]


def test_the_readme_shows_the_smallest_spec_as_it_is_shipped() -> None:
    assert text_of("model-specs/minimal.yaml") in {block.text for block in blocks("README.md")}


def test_the_version_in_the_changelog_is_the_one_that_is_built() -> None:
    assert re.findall(r"^## \[([0-9.]+)\]", text_of("CHANGELOG.md"), re.MULTILINE)[0] == __version__


# ---------------------------------------------------------------- the house


def test_the_architecture_names_every_room() -> None:
    """Modules, and packages by their folder; nothing is named that does not exist."""
    section = text_of("docs/architecture.md").split("## The rooms")[1].split("## The walls")[0]
    named = {
        name for row in re.findall(r"^\| (`.+?) \|", section, re.MULTILINE) for name in re.findall(r"`([^`]+)`", row)
    }
    modules = {path.name for path in PACKAGE.glob("*.py") if not path.name.startswith("__")}
    packages = {f"{path.parent.name}/" for path in PACKAGE.glob("*/__init__.py")}
    assert named == modules | packages


# ---------------------------------------------------------------- what the README says of the targets

WORDS = {Fidelity.EXACT: "exact", Fidelity.WITH_SETTINGS: "with settings", Fidelity.UNSUPPORTED: "not"}


def test_the_readme_lists_every_target() -> None:
    rows = re.findall(r"^\| (.+?) \| `(\w+)` \| `(.+?)/<model>.*` \|$", text_of("README.md"), re.MULTILINE)
    assert sorted(rows) == sorted(
        (target.TITLE, name, folder) for name, target in TARGETS.items() for folder in target.FOLDERS
    )


def test_the_readme_says_what_the_targets_say_of_the_shipped_specs() -> None:
    """Each row names how the items that it is about begin; no item is without a row."""
    found = fidelities()
    rows = re.findall(r"^\| [^|]+\((`.+`)\) \| (.+) \|$", text_of("README.md"), re.MULTILINE)
    without = set(found)
    for items, cells in rows:
        beginnings = tuple(re.findall(r"`([^`]+)`", items))
        subjects = [each for each in found if each.startswith(beginnings)]
        without -= set(subjects)
        assert cells.split(" | ") == [_kept(found, subjects, target) for target in sorted(TARGETS)], items
    assert sorted(without) == []


def _kept(found: Mapping[str, Mapping[str, set[str]]], subjects: Iterable[str], target: str) -> str:
    words = {word for subject in subjects for word in found[subject].get(target, ())}
    return ", ".join(word for word in ORDER if word in words) or "-"


ORDER = ("exact", "with settings", "near", "weaker", "not")


def fidelities() -> dict[str, dict[str, set[str]]]:
    """Item -> target -> how it is kept, over all shipped specs."""
    repository = open_repository(ROOT)
    found: dict[str, dict[str, set[str]]] = {}
    for path in SPECS:
        delivery = delivery_of(path, repository.config)
        for name, target in TARGETS.items():
            for each in target.capabilities(delivery, repository.config):
                word = "weaker" if each.weakens else WORDS.get(each.fidelity, "near")
                found.setdefault(each.subject, {}).setdefault(name, set()).add(word)
    return found
