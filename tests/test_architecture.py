"""The walls of the house (docs/architecture.md), held by looking at every import of the package."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deliveries import ROOT

SOURCE = ROOT / "generator"
FILES = {
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(SOURCE.rglob("*.py"))
}
TARGETS = sorted({name.split(".")[2] for name in FILES if name.startswith("pipegen.targets.")})
TREES = {name: ast.parse(path.read_text("utf-8")) for name, path in FILES.items()}

LONGEST_MODULE = 300
LONGER_MODULES = {"pipegen.delivery": 600}
"""Modules that were longer when the limit came, and how long they may stay."""

LONGEST_FUNCTION = 45


# ---------------------------------------------------------------- the graph


def _imports(tree: ast.AST, *, lazy: bool) -> Iterator[str]:
    """The modules of the package that are imported; those inside functions only if `lazy`."""
    for node in ast.walk(tree) if lazy else _at_import(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports are not used"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in FILES else str(node.module)


def _at_import(tree: ast.AST) -> Iterator[ast.AST]:
    """What runs when the module is imported: not the bodies of functions, not what is for type checkers alone."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        yield node
        yield from _at_import(node)


def imported(name: str, *, lazy: bool = True) -> set[str]:
    return set(_imports(TREES[name], lazy=lazy))


def own(names: set[str]) -> set[str]:
    return {name for name in names if name == "pipegen" or name.startswith("pipegen.")}


def is_in(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def closure(name: str) -> set[str]:
    """All modules of the package that are loaded when this one is imported, packages included."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        module = waiting.pop()
        if module in FILES and module not in found:
            found.add(module)
            waiting += [module.rpartition(".")[0], *imported(module, lazy=False)]
    return found


# ---------------------------------------------------------------- the walls


def test_there_is_something_to_look_at() -> None:
    assert {"pipegen.delivery", "pipegen.cli.render", "pipegen.plan.jobs", "pipegen.targets.github"} <= FILES.keys()
    assert "pipegen.plan" in closure("pipegen.compiler")


OUTSIDE = [name for name in FILES if not is_in(name, "pipegen.cli") and name != "pipegen.__main__"]


@pytest.mark.parametrize("name", OUTSIDE)
def test_nothing_imports_the_command_line(name: str) -> None:
    assert not [each for each in imported(name) if is_in(each, "pipegen.cli")]


def test_the_neutral_form_imports_diagnostics_alone() -> None:
    assert own(imported("pipegen.delivery")) == {"pipegen.diagnostics"}


@pytest.mark.parametrize("word", ["github", "azure", "jenkins", "gitlab", "yaml", "groovy"])
def test_the_neutral_form_names_no_ci_system(word: str) -> None:
    nodes = list(ast.walk(TREES["pipegen.delivery"]))
    names = {node.id for node in nodes if isinstance(node, ast.Name)} | {
        node.arg for node in nodes if isinstance(node, ast.arg)
    }
    names |= {node.name for node in nodes if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    assert not [each for each in names | texts if word in each.lower()]


TARGET_IMPORTS = {
    "pipegen.config",
    "pipegen.delivery",
    "pipegen.diagnostics",
    "pipegen.hosts",
    "pipegen.quoting",
    "pipegen.scripts",
    "pipegen.templating",
    "pipegen.yaml_text",
}
SETTINGS_IMPORTS = {"pipegen.config.platforms", "pipegen.spec.scalars"}
"""What the shape of a target's table in pipegen.toml is made from."""


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_imports_the_neutral_form_and_never_another_target(target: str) -> None:
    package = f"pipegen.targets.{target}"
    modules = [name for name in FILES if is_in(name, package)]
    for name in modules:
        found = {each for each in own(imported(name)) if not is_in(each, package)}
        assert found <= (
            TARGET_IMPORTS | SETTINGS_IMPORTS if name in {package, f"{package}.table"} else TARGET_IMPORTS
        ), name


@pytest.mark.parametrize("name", [name for name in FILES if is_in(name, "pipegen.plan") or name == "pipegen.scripts"])
def test_the_plan_asks_no_target(name: str) -> None:
    assert not [each for each in imported(name) if is_in(each, "pipegen.targets")]
    names = {node.id for node in ast.walk(TREES[name]) if isinstance(node, ast.Name)}
    names |= {node.attr for node in ast.walk(TREES[name]) if isinstance(node, ast.Attribute)}
    assert not {each for each in names if any(target in each.lower() for target in TARGETS)}


@pytest.mark.parametrize("name", [name for name in FILES if is_in(name, "pipegen.spec")])
def test_the_spec_language_knows_nothing_of_its_meaning(name: str) -> None:
    behind = ("plan", "targets", "delivery", "rules", "workspace", "compiler")
    assert not [each for each in imported(name) if any(is_in(each, f"pipegen.{room}") for room in behind)]


AT_RUN_TIME = ("pipegen.printing", "pipegen.gates", "pipegen.ledger", "pipegen.registry", "pipegen.settings")
PRINTING = "pipegen.printing"
LIGHT = (PRINTING, "pipegen.ledger", "pipegen.gates")
"""What needs nothing installed but pipegen, each knowing those before it alone."""


def test_what_pipelines_call_at_run_time_is_not_loaded_on_the_way_to_files() -> None:
    loaded = closure("pipegen.cli.render") | closure("pipegen.cli") | closure("pipegen.compiler")
    assert not [name for name in loaded if any(is_in(name, room) for room in AT_RUN_TIME)]


@pytest.mark.parametrize("name", [name for name in FILES if any(is_in(name, room) for room in LIGHT)])
def test_gates_and_the_ledger_need_the_standard_library_alone(name: str) -> None:
    outside = {each.split(".")[0] for each in imported(name)} - {"pipegen", *sys.stdlib_module_names}
    assert outside == set()
    room = next(place for place, each in enumerate(LIGHT) if is_in(name, each))
    known = LIGHT[: room + 1]
    assert all(any(is_in(each, room) for room in known) for each in own(imported(name)))


BY_NAME = {
    "pipegen.gates.__main__": "the one gate that is asked for",
    "pipegen.gates.specifiers": "packaging or pip's copy of it: the standard library knows no versions and markers",
    "pipegen.ledger.__main__": "the one command that is asked for",
}
"""What is imported by a name that is put together as it runs, which the wall above cannot see, and why."""


@pytest.mark.parametrize("name", [name for name in FILES if any(is_in(name, room) for room in LIGHT)])
def test_only_few_gates_import_by_a_name_that_the_wall_cannot_see(name: str) -> None:
    assert name in BY_NAME or not {"importlib", "importlib.import_module"} & imported(name)
    assert not [node for node in ast.walk(TREES[name]) if isinstance(node, ast.Name) and node.id == "__import__"]


@pytest.mark.parametrize("name", [name for name in FILES if is_in(name, "pipegen.registry")])
def test_the_registry_knows_of_pipegen_the_ledger_alone(name: str) -> None:
    known = ("pipegen.registry", "pipegen.ledger", PRINTING)
    assert all(any(is_in(each, room) for room in known) for each in own(imported(name)))


# ---------------------------------------------------------------- size


@pytest.mark.parametrize("name", FILES)
def test_a_module_is_short(name: str) -> None:
    assert len(FILES[name].read_text("utf-8").splitlines()) <= LONGER_MODULES.get(name, LONGEST_MODULE)


@pytest.mark.parametrize("name", FILES)
def test_every_function_is_short(name: str) -> None:
    functions = [node for node in ast.walk(TREES[name]) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    lengths = {node.name: (node.end_lineno or 0) - node.lineno + 1 for node in functions}
    assert not {function: length for function, length in lengths.items() if length > LONGEST_FUNCTION}


# ---------------------------------------------------------------- start-up

COMPILING = ("yaml", "pipegen.compiler", "pipegen.spec", "pipegen.plan", "pipegen.rules", "pipegen.targets")
"""What a run pays for only if it compiles something."""
HEAVY = ("pydantic", "jinja2", "jsonschema", "ruamel", "rich", "importlib.metadata", "difflib")


def _loaded(code: str, folder: Path) -> set[str]:
    whole = f"import sys\n{code}\nprint(*sys.modules, sep='\\n')"
    environment = {"PYTHONPATH": str(SOURCE), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-c", whole]
    done = subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True)
    return set(done.stdout.splitlines())


def test_the_command_line_starts_without_anything_heavy(tmp_path: Path) -> None:
    surplus = _loaded("import pipegen.cli", tmp_path) - _loaded("import click", tmp_path)
    assert not [name for name in surplus if any(is_in(name, heavy) for heavy in HEAVY)]


def test_a_run_in_which_nothing_has_changed_imports_nothing_that_compiles(tmp_path: Path) -> None:
    surplus = _loaded("import pipegen.cli.render, pipegen.cache", tmp_path) - _loaded("import click", tmp_path)
    assert not [name for name in surplus if any(is_in(name, each) for each in (*HEAVY, *COMPILING))]
