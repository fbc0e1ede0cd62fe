"""Small repositories that break a rule, and what pipegen says about them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipegen.compiler import load_spec, open_repository
from pipegen.diagnostics import Diagnostic, Refused
from pipegen.reporting import text
from pipegen.repository import check_repository, summary
from pipegen.workspace.specs import spec_paths

ROOT = Path(__file__).resolve().parent.parent
PINNED = f'[pipegen]\nversion = "0.1.0"\nsha256 = "{"0" * 64}"\n'
_BASE = {
    "pipegen": "pipegen: 1",
    "model": "model: {name: churn, owner: retention}",
    "stages": "stages: [{id: test, run: pytest}]",
}


@dataclass(frozen=True, slots=True)
class Example:
    """A section of docs/rules.md: its files, and the commands that are run among them."""

    code: str
    title: str
    files: Mapping[str, str]
    commands: str
    is_warning: bool


def examples() -> list[Example]:
    page = (ROOT / "docs" / "rules.md").read_text("utf-8")
    sections = re.findall(r"^## (PG\d{3}) ([^\n]+)\n(.*?)(?=^## PG|^# PG|\Z)", page, re.MULTILINE | re.DOTALL)
    return [_example(code, title, body) for code, title, body in sections]


def _example(code: str, title: str, body: str) -> Example:
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", body, re.MULTILINE | re.DOTALL)
    files = {_name(language, block): _filled(block) for language, block in blocks if language in {"toml", "yaml"}}
    commands = "".join(block for language, block in blocks if language == "sh")
    return Example(code, title, files, commands, "*Warning.*" in body)


def _name(language: str, block: str) -> str:
    named = re.match(r"# (\S+\.yaml)\n", block)
    return named[1] if named else "pipegen.toml" if language == "toml" else "model-specs/spec.yaml"


def _filled(block: str) -> str:
    """A fragment of a spec with the keys that it leaves out."""
    keys = re.findall(r"^([a-z_]+):", block, re.MULTILINE)
    is_spec = bool(keys) and not block.startswith("#") and not block.startswith("[")
    return block + "".join(f"{line}\n" for key, line in _BASE.items() if is_spec and key not in keys)


def lay_out(root: Path, files: Mapping[str, str]) -> None:
    """A repository with these files, a pipegen.toml and at least one spec."""
    base = "".join(f"{line}\n" for line in _BASE.values())
    given = {"pipegen.toml": PINNED, **files}
    if not any(path.startswith("model-specs/") for path in files):
        given["model-specs/spec.yaml"] = base
    elif "model-specs/other.yaml" in files:
        given.setdefault("model-specs/spec.yaml", base)
    for path, content in given.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content, "utf-8", newline="")


def findings(root: Path) -> tuple[Diagnostic, ...]:
    """What `pipegen validate` finds in a repository."""
    try:
        repository = open_repository(root)
    except Refused as refused:
        return refused.diagnostics
    found = spec_paths(root, [])
    loaded = [load_spec(repository, path) for path in found.paths]
    across = check_repository(summary(each.source, each.spec) for each in loaded if each.source and each.spec)
    own = (diagnostic for each in loaded for diagnostic in each.diagnostics)
    return (*repository.diagnostics, *found.diagnostics, *own, *across)


def said(root: Path, commands: str) -> str:
    """What a person reads: the output of the commands, or without any that of `pipegen validate`."""
    if "pipegen " not in commands:
        if commands:
            _played(root, commands)
        return text(findings(root), color=False)
    return _played(root, commands)


def _played(root: Path, commands: str) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", commands],
        cwd=root,
        env={"PATH": path, "HOME": str(root), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return (done.stdout + done.stderr).replace(str(root.resolve()), "<root>")


def copied(folder: Path, root: Path) -> str:
    """Lays the repository of a folder of tests/rules out, and says which commands belong to it."""
    lay_out(root, {})
    (root / "model-specs" / "spec.yaml").unlink()
    for file in sorted(folder.rglob("*")):
        path = file.relative_to(folder)
        is_case = (folder / path.parts[0] / "spec.yaml").exists()
        if file.is_dir() or is_case or path.name in {"expected.txt", "commands.sh"}:
            continue
        place = Path("model-specs", *path.parts[1:]) if path.parts[0] == "specs" else path
        place = Path("model-specs") / path if path.name == "spec.yaml" and len(path.parts) == 1 else place
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, root / place)
    commands = folder / "commands.sh"
    return commands.read_text("utf-8") if commands.exists() else ""
