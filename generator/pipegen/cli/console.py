"""What all commands share: options, where specs are, reporting and exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

import click

from pipegen.config import CONFIG_FILE, OTHER_VERSION
from pipegen.diagnostics import Diagnostic, Refused, Severity, has_errors
from pipegen.reporting import FORMATS, formatted, text
from pipegen.target_names import BUILT_IN, is_known, refusal
from pipegen.workspace.specs import SPEC_FOLDER, find_root, spec_paths

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from pipegen.compiler import Repository

FINDINGS, USAGE = 1, 2
Command = TypeVar("Command", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Named:
    """The specs that a command is about, and the root of their repository; `everything`: no spec was named."""

    root: Path
    paths: tuple[str, ...]
    everything: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """The specs that a command is about, and their repository."""

    repository: Repository
    paths: tuple[str, ...]


def spec_arguments(command: Command) -> Command:
    """SPEC… : files or folders; all of model-specs/ when none is named."""
    kind = click.Path(path_type=Path)
    return click.argument("specs", nargs=-1, metavar="[SPEC]...", type=kind, shell_complete=complete_specs)(command)


def complete_specs(_ctx: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """The specs of model-specs/ for a shell; any file where none begins so."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415  (only a shell asks)

    found = [path for path in spec_paths(find_root(Path.cwd()), ()).paths if path.startswith(begun)]
    return [CompletionItem(path) for path in found] or [CompletionItem(begun, type="file")]


class TargetName(click.ParamType[str]):
    """The name of a target, built in or of another package that is installed; with `all_allowed` also `all`."""

    name = "target"

    def __init__(self, *, all_allowed: bool = True) -> None:
        self.choices = (*BUILT_IN, "all") if all_allowed else BUILT_IN

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in self.choices and not is_known(value):
            self.fail(refusal(value), param, ctx)
        return value

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        del ctx, param
        from click.shell_completion import CompletionItem  # noqa: PLC0415  (only a shell asks)

        return [CompletionItem(name) for name in self.choices if name.startswith(incomplete)]


def target_option(command: Command) -> Command:
    return click.option(
        "--target",
        "-t",
        "targets",
        multiple=True,
        metavar="NAME|all",
        type=TargetName(),
        help=f"A CI system ({', '.join(BUILT_IN)}), or all; overrules the spec's list. Can be repeated.",
    )(command)


def loudness_options(command: Command) -> Command:
    quiet = click.option("--quiet", "-q", is_flag=True, help="Say nothing but findings.")
    verbose = click.option("--verbose", "-v", is_flag=True, help="Say what was done to each file.")
    return quiet(verbose(command))


def format_option(command: Command) -> Command:
    return click.option(
        "--format",
        "form",
        type=click.Choice(FORMATS),
        default="text",
        envvar="PIPEGEN_FORMAT",
        help="How findings are written: for people, programs, GitHub's pull requests or code scanning.",
    )(command)


def named_targets(targets: Sequence[str]) -> tuple[str, ...]:
    return BUILT_IN if "all" in targets else tuple(dict.fromkeys(targets))


@contextmanager
def refusals_reported(form: str = "text") -> Iterator[None]:
    """Turns what cannot go on into findings and exit code 1; 2 where the repository requires another pipegen."""
    try:
        yield
    except Refused as refused:
        report(refused.diagnostics, form)
        sys.exit(USAGE if any(each.code == OTHER_VERSION for each in refused.diagnostics) else FINDINGS)


def chosen(specs: Sequence[Path], form: str = "text") -> Chosen:
    """The specs of the command line in their repository; exits when one cannot be found, or the repository not used."""
    work = named(specs, form)
    return Chosen(opened(work.root, form), work.paths)


def named(specs: Sequence[Path], form: str = "text", *, none_yet: bool = False) -> Named:
    """The specs of the command line; exits when one cannot be found.

    With `none_yet` a repository without any spec will do: a hook runs before the first and after the last one.
    """
    here = specs[0] if specs and specs[0].exists() else Path.cwd()
    root = find_root(here if here.is_dir() else here.absolute().parent)
    found = spec_paths(root, specs)
    told = {(each.code, each.file) for each in found.diagnostics}
    empty = none_yet and not specs and told == {("PG016", SPEC_FOLDER)} and _is_without_specs(root)
    if found.diagnostics and not empty:
        report(found.diagnostics, form)
        sys.exit(USAGE)
    return Named(root, found.paths, not specs)


def opened(root: Path, form: str = "text") -> Repository:
    """The repository; exits when it cannot be used."""
    from pipegen.compiler import open_repository  # noqa: PLC0415  (a run in which nothing has changed compiles nothing)

    with refusals_reported(form):
        repository = open_repository(root)
        if has_errors(repository.diagnostics):
            raise Refused(repository.diagnostics)
    return repository


def _is_without_specs(root: Path) -> bool:
    """Whether it is a repository that has no spec. A folder that cannot be read may hold some, and is not without."""
    folder = root / SPEC_FOLDER
    is_repository = any((root / sign).exists() for sign in (CONFIG_FILE, ".git"))
    return is_repository and (not os.path.lexists(folder) or os.access(folder, os.R_OK | os.X_OK))


def report(diagnostics: Iterable[Diagnostic], form: str = "text") -> None:
    """Prints findings: for people on standard error, and only if there are any; for programs on standard output."""
    listed = tuple(diagnostics)
    if form == "text":
        if listed:
            click.echo(text(listed, color=colored(sys.stderr)), err=True)
        return
    written = formatted(listed, form)
    if written:
        click.echo(written)


def say(line: str, form: str = "text") -> None:
    """Prints what is no finding: on standard error where standard output belongs to a program."""
    click.echo(line, err=form != "text")


def colored(stream: object) -> bool:
    """Whether colours help: on a terminal, unless NO_COLOR asks for none."""
    return bool(getattr(stream, "isatty", bool)()) and not os.environ.get("NO_COLOR")


def count(diagnostics: Iterable[Diagnostic]) -> str:
    """The number of errors and warnings, in words."""
    listed = tuple(diagnostics)
    errors = sum(diagnostic.severity is Severity.ERROR for diagnostic in listed)
    return f"{plural(errors, 'error')}, {plural(len(listed) - errors, 'warning')}"


def plural(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def finish(diagnostics: Iterable[Diagnostic]) -> NoReturn:
    sys.exit(FINDINGS if has_errors(diagnostics) else 0)
