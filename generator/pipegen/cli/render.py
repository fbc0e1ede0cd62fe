"""`pipegen render`: write pipelines, or say how files differ from what would be written."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipegen.cli.console import (
    FINDINGS,
    Named,
    colored,
    finish,
    format_option,
    loudness_options,
    named,
    named_targets,
    plural,
    refusals_reported,
    report,
    say,
    spec_arguments,
    target_option,
)
from pipegen.cli.made import Made, compared
from pipegen.cli.making import Making
from pipegen.cli.progress import watched
from pipegen.diagnostics import Diagnostic, Refused, has_errors
from pipegen.header import REPOSITORY
from pipegen.repository import check_repository
from pipegen.workspace.checking import check_paths
from pipegen.workspace.pruning import Selection, prune, surplus
from pipegen.workspace.writing import write

if TYPE_CHECKING:
    from pipegen.cache import Cache

_SIGNS_OF_CI = ("CI", "TF_BUILD", "JENKINS_URL")
"""Set by most CI systems, by Azure DevOps, and by Jenkins, whose agents may keep the home folder of earlier runs."""


@dataclass(frozen=True, slots=True)
class _Run:
    """One call of the command: what was made and where its files belong. `uncached`: why the cache was not written."""

    made: tuple[Made, ...]
    out: Path
    selection: Selection
    diagnostics: tuple[Diagnostic, ...]
    form: str
    uncached: str | None = None

    @property
    def usable(self) -> tuple[Made, ...]:
        return tuple(each for each in self.made if each.path in self.selection.specs)

    @property
    def spec_count(self) -> int:
        return sum(each.is_spec for each in self.usable)

    @property
    def expected(self) -> dict[str, str]:
        return {path: text for each in self.usable for path, text in each.all_files.items()}


@dataclass(frozen=True, slots=True)
class _Keeping:
    """What a run keeps of each spec's files: how they compare with those on disk, and their texts."""

    compared: bool
    with_texts: bool


@dataclass(frozen=True, slots=True)
class _Done:
    """What writing did to each path."""

    written: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]


@click.command("render")
@spec_arguments
@target_option
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Stands in for the repository's root.")
@click.option("--check", "checking", is_flag=True, help="Write nothing; exit 1 if a file differs from its spec.")
@click.option("--diff", "differing", is_flag=True, help="Write nothing; print what would change.")
@click.option("--prune", "pruning", is_flag=True, help="Also delete generated files that no spec makes any more.")
@click.option("--overwrite-edited", is_flag=True, help="Also write over generated files that were edited by hand.")
@click.option(
    "--fail-on-change", is_flag=True, help="For hooks: exit 1 if a file changed or git lacks it; print what to add."
)
@click.option(
    "--no-cache", is_flag=True, help="Compile every spec, also those that have not changed since the last run."
)
@format_option
@loudness_options
def command(
    specs: tuple[Path, ...],
    targets: tuple[str, ...],
    out: Path | None,
    checking: bool,  # noqa: FBT001  (click's form)
    differing: bool,  # noqa: FBT001
    pruning: bool,  # noqa: FBT001
    overwrite_edited: bool,  # noqa: FBT001
    fail_on_change: bool,  # noqa: FBT001
    no_cache: bool,  # noqa: FBT001
    form: str,
    quiet: bool,  # noqa: FBT001
    verbose: bool,  # noqa: FBT001
) -> None:
    """Write the pipelines of each SPEC, every file only when it differs.

    A spec with an error keeps the files that it has; the others are written all the same.

    \b
    Examples:
      pipegen render                              all specs, for the targets they name
      pipegen render --target azure               for Azure DevOps alone
      pipegen render --check                      what CI runs: exit 1 if a file is not what its spec says
      pipegen render --check --format github      the same, at the lines of a pull request
      pipegen render --diff --out /tmp/preview    what would change below another folder
      pipegen render --prune --fail-on-change     what a hook runs before each commit
    """  # noqa: D301  (click reads a backspace as: keep these lines)
    if (checking or differing) and (pruning or overwrite_edited or fail_on_change):
        words = "--prune, --overwrite-edited and --fail-on-change"
        raise click.UsageError(f"--check and --diff write nothing: leave out {words}")
    if differing and form != "text":
        raise click.UsageError("--diff prints a difference: leave out --format and PIPEGEN_FORMAT")
    work = named(specs, form, none_yet=checking or pruning)
    names = named_targets(targets)
    making = Making(work, names, form, None if no_cache or out or differing else _cache(work, names))
    keeping = _Keeping(compared=checking, with_texts=differing or not checking)
    run = _made(making, out, keeping, quiet=quiet)
    if checking or differing:
        _compare(run, checking=checking, differing=differing, quiet=quiet)
        return
    done = _write(run, pruning=pruning, overwrite_edited=overwrite_edited, quiet=quiet, verbose=verbose)
    if fail_on_change:
        _say_what_to_add(run, done)
    finish(done.diagnostics)


def _cache(work: Named, targets: tuple[str, ...]) -> Cache | None:
    """What earlier runs found out; CI believes in nothing but the commit that it has before it."""
    if any(map(os.environ.get, _SIGNS_OF_CI)):
        return None
    from pipegen.cache import Cache  # noqa: PLC0415  (a run without a cache does not pay for it)

    return Cache.of(work.root, targets)


def _made(making: Making, out: Path | None, keeping: _Keeping, *, quiet: bool) -> _Run:
    work, selection = making.work, _selection(making, out)
    place = out or work.root

    def kept(each: Made) -> Made:
        is_new = keeping.compared and not each.recalled
        return compared(each, place, selection, with_texts=keeping.with_texts) if is_new else each

    with watched(work.paths, quiet=quiet) as paths:
        specs = tuple(kept(making.spec(path)) for path in paths)
    if work.everything:
        specs = (*specs, kept(making.root_files()))
    if making.cache and _share_a_file(specs):
        # Each writes over the other, so what is on disk now is not what the one will find that comes second.
        return _made(replace(making, cache=None), out, keeping, quiet=quiet)
    with refusals_reported(making.form):
        across = tuple(check_repository(each.summary for each in specs if each.summary))
    found = (*making.diagnostics, *(each for spec in specs for each in spec.diagnostics), *across, *making.crowd())
    # What is wrong in a base is found for every spec that extends it.
    found = tuple(dict.fromkeys(found))
    selection = replace(selection, specs=_usable(specs, across))
    return _Run(specs, place, selection, found, making.form, making.keep(specs))


def _share_a_file(specs: Sequence[Made]) -> bool:
    paths = [path.casefold() for each in specs for path in each.all_files]
    return len(set(paths)) < len(paths)


def _selection(making: Making, out: Path | None) -> Selection:
    """What the run is about; it is known last which specs are free of errors."""
    options = [word for name in making.targets for word in ("--target", name)] + (["--out", str(out)] if out else [])
    names = frozenset((*making.targets, REPOSITORY)) if making.targets else None
    work = making.work
    return Selection(work.root, frozenset(), names, making.folders, work.everything, tuple(options))


def _usable(specs: Sequence[Made], across: Sequence[Diagnostic]) -> frozenset[str]:
    """The specs whose files may be touched: without errors of their own or against another spec.

    Of two specs with one model neither may: the new one comes first where its name does, and the files are the other's.
    """
    refused = {diagnostic.file for diagnostic in across if has_errors([diagnostic])}
    models = Counter(each.model for each in specs if each.model)
    refused |= {each.path for each in specs if each.model and models[each.model] > 1}
    return frozenset(each.path for each in specs if each.files is not None and refused.isdisjoint(each.places))


def _compare(run: _Run, *, checking: bool, differing: bool, quiet: bool) -> None:
    found = list(run.diagnostics)
    if checking:
        differences = [each for spec in run.usable for each in spec.differences]
        differences += check_paths(run.out, run.expected, run.selection)
        found += sorted(differences, key=lambda diagnostic: diagnostic.sort_key)
    report(found, run.form)
    if differing:
        _print_diff(run)
    elif not quiet and not has_errors(found):
        say(f"{plural(run.spec_count, 'spec')}: {plural(len(run.expected), 'file')} up to date", run.form)
    finish(found)


def _print_diff(run: _Run) -> None:
    from pipegen.workspace.differences import diff  # noqa: PLC0415  (only this option needs difflib)

    removed = [path for path, _ in surplus(run.out, run.expected, run.selection)]
    with refusals_reported(run.form):
        difference = diff(run.out, run.expected, removed)
    for line in difference.splitlines():
        color = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1]) if colored(sys.stdout) else None
        click.echo(click.style(line, fg=color) if color else line)


def _write(run: _Run, *, pruning: bool, overwrite_edited: bool, quiet: bool, verbose: bool) -> _Done:
    found = list(run.diagnostics)
    written: list[str] = []
    unchanged: list[str] = []
    for each in run.usable:
        if each.recalled:
            unchanged += each.all_files
            continue
        try:
            done = write(run.out, each.all_files, overwrite_edited=overwrite_edited)
        except Refused as refused:
            found += refused.diagnostics
            continue
        written += done.written
        unchanged += done.unchanged
    removed = _prune(run, found) if pruning else ()
    report(found, run.form)
    if verbose:
        for verb, paths in (("wrote", written), ("kept", unchanged), ("removed", removed)):
            for path in paths:
                say(f"{verb:<8}{path}", run.form)
        if run.uncached:
            say(f"the cache was not written: {run.uncached}", run.form)
    if not quiet:
        parts = [f"{len(written)} written", f"{len(unchanged)} unchanged"]
        parts += [f"{len(removed)} removed"] if pruning else []
        say(f"{plural(run.spec_count, 'spec')}: " + ", ".join(parts), run.form)
    return _Done(tuple(written), tuple(unchanged), removed, tuple(found))


def _say_what_to_add(run: _Run, done: _Done) -> None:
    """Exits with 1, whatever the findings, when a commit that is made now would not have the files as they are."""
    from pipegen.onboarding.staging import advice  # noqa: PLC0415  (only this option asks git)

    paths = (*done.written, *done.unchanged, *done.removed)
    # The root holds much that is none of pipegen's, so it is not looked through for what a commit lacks.
    places = [folder for folder in run.selection.folders if folder != "."] + [path for path in paths if "/" not in path]
    told = advice(run.out, places, paths, changed=bool(done.written or done.removed))
    if told:
        click.echo(told, err=True)
        sys.exit(FINDINGS)


def _prune(run: _Run, found: list[Diagnostic]) -> tuple[str, ...]:
    gone = [path for path, _ in surplus(run.out, run.expected, run.selection)]
    pruned = prune(run.out, gone)
    found += pruned.refused
    return pruned.removed
