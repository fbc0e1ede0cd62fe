"""`gate dependencies`: what is installed is what the lock says, and the lock what is declared, content by content."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

from pipegen.gates.dependencies import Declared, Environment, Installed, judge_declared, judge_installed, judge_lock
from pipegen.gates.dependencies_declared import requirements_of
from pipegen.gates.dependencies_locks import lock_in
from pipegen.gates.reading import CannotJudgeError
from pipegen.gates.report import Judgement
from pipegen.gates.specifiers import normalised, own_environment

HEADING = "dependency"
DESCRIPTION = "Judge a lock by its hashes, by what is declared, and by what is installed."
EPILOG = """\
examples:
  pipegen gate dependencies --lock requirements.txt
  pipegen gate dependencies --lock requirements.txt --declared pyproject.toml --extra train
  pipegen gate dependencies --lock uv.lock --declared pyproject.toml --python .venv/bin/python

A lock is pip's requirements with --hash, pylock.toml, uv.lock, poetry.lock, or conda's explicit list. Every package is
pinned to one version and has hashes, sha256 or stronger. What is declared is in the lock, by a version that it allows;
requirements whose marker does not apply are left out, and said. With --python, what is installed there is what the
lock says, but for pip, setuptools, wheel, the project itself and what --allow names.
"""
_INSTALLERS = frozenset({"pip", "setuptools", "wheel"})


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lock", type=Path, required=True, metavar="FILE", help="the lock")
    parser.add_argument(
        "--declared",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="pyproject.toml or a file of requirements; may be repeated",
    )
    parser.add_argument(
        "--extra",
        action="append",
        default=[],
        dest="extras",
        metavar="NAME",
        help="an extra of the project that is installed too; may be repeated",
    )
    parser.add_argument(
        "--python", type=_interpreter, metavar="PATH", help="the interpreter whose environment is judged"
    )
    parser.add_argument(
        "--allow",
        action="append",
        default=[],
        metavar="NAME",
        help="a package that may be installed without being in the lock; may be repeated",
    )


def slips(arguments: argparse.Namespace) -> Iterator[str]:
    if len(set(arguments.declared)) < len(arguments.declared) or arguments.lock in arguments.declared:
        yield "--lock and --declared name different files"
    knows_extras = [file for file in (arguments.lock, *arguments.declared) if file.suffix in {".toml", ".lock"}]
    if arguments.extras and not knows_extras:
        yield "--extra goes with pyproject.toml, pylock.toml or uv.lock"
    if arguments.allow and arguments.python is None:
        yield "--allow goes with --python"


def source(arguments: argparse.Namespace) -> str:
    return ", ".join(str(each) for each in (arguments.lock, *arguments.declared, arguments.python) if each is not None)


def judgements(arguments: argparse.Namespace) -> tuple[Judgement, ...]:
    """The lock by itself, then by what is declared, then by what is installed; each only if it is asked for."""
    extras = tuple(map(normalised, arguments.extras))
    installed = _installed(arguments.python, extras) if arguments.python is not None else None
    environment = installed.environment if installed else _with(own_environment(), extras)
    lock = lock_in(arguments.lock, extras)
    declared, own = _declared(arguments)
    judged = list(judge_lock(lock, environment))
    if arguments.declared:
        judged += judge_declared(lock, declared, environment)
    if installed:
        allowed = {*map(normalised, arguments.allow), *_INSTALLERS, *own}
        judged += judge_installed(lock, installed, declared, allowed)
    return tuple(judged)


def _installed(python: Path, extras: tuple[str, ...]) -> Installed:
    from pipegen.gates.dependencies_installed import installed_in  # noqa: PLC0415  (only who asks pays for it)

    found = installed_in(python)
    return Installed(found.packages, _with(found.environment, extras))


def _with(environment: Environment, extras: tuple[str, ...]) -> Environment:
    """The environment with what is asked of a project in it; groups of dependencies are for its developers."""
    return {**environment, "extras": frozenset(extras), "dependency_groups": frozenset()}


def _declared(arguments: argparse.Namespace) -> tuple[list[Declared], set[str]]:
    declared: list[Declared] = []
    own: set[str] = set()
    for file in arguments.declared:
        found, names = requirements_of(file, arguments.extras)
        declared += found
        own |= names
    if arguments.declared and not declared:
        raise CannotJudgeError(f"{', '.join(map(str, arguments.declared))}: nothing is declared")
    return declared, own


def _interpreter(text: str) -> Path:
    """A path is one from here; a name alone is looked for where programs are."""
    return Path(text).absolute() if os.sep in text else Path(text)
