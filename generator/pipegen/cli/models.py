"""`pipegen models`: the models of a repository, or those that a change concerns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace

import click

from pipegen.cli.console import chosen, finish, refusals_reported, report, target_option
from pipegen.compiler import Compiled, Repository, load_spec
from pipegen.concern import concerns, review_of
from pipegen.delivery import Delivery, Pipeline, Review, ReviewTarget
from pipegen.diagnostics import has_errors
from pipegen.target_names import BUILT_IN
from pipegen.targets import target_of
from pipegen.workspace.changes import changed_paths


@click.command("models")
@click.option(
    "--changed-since",
    "since",
    metavar="COMMIT",
    help="Only models with a review that the change since this commit or branch concerns.",
)
@click.option("--into", metavar="BRANCH", help="Only models with a review of pull requests that go into this branch.")
@target_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="For people or programs.")
def command(since: str | None, into: str | None, targets: tuple[str, ...], form: str) -> None:
    """List the models, one in a line; with --changed-since those whose reviews a pull request asks for.

    A review asks for its model if the change touches the model's paths, its spec and what that is made from,
    pipegen.toml, or the review's own file.

    \b
    Examples:
      pipegen models
      pipegen models --changed-since origin/main --into main --target github
    """  # noqa: D301  (click reads a backspace as: keep these lines)
    work = chosen(())
    names = tuple(targets) if targets and "all" not in targets else BUILT_IN
    loaded = [load_spec(work.repository, path, ()) for path in work.paths]
    found = tuple(each for spec in loaded for each in spec.diagnostics)
    if has_errors(found):
        report(found)
        finish(found)
    with refusals_reported():
        changed = None if since is None else changed_paths(work.repository.root, since)
    if into is not None:
        _refuse_unknown(loaded, into)
    answering = [each for each in loaded if into is None or _answers(each, into)]
    listed = [each for each in answering if changed is None or _concerned(work.repository, each, changed, names)]
    _print(listed, form)


def _refuse_unknown(loaded: Iterable[Compiled], branch: str) -> None:
    """A check that says nothing about a branch must not pass for one that found nothing."""
    known = dict.fromkeys(target.branch for each in loaded for target in _review_targets(each))
    if known and branch not in known:
        raise click.UsageError(f"no model reviews pull requests into {branch!r}; there are: {', '.join(known)}")


def _answers(loaded: Compiled, branch: str) -> bool:
    """Whether the model has a review of pull requests into the branch."""
    return branch in {target.branch for target in _review_targets(loaded)}


def _review_targets(loaded: Compiled) -> tuple[ReviewTarget, ...]:
    review = review_of(loaded.delivery) if loaded.delivery else None
    return review.event.targets if review and isinstance(review.event, Review) else ()


def _concerned(repository: Repository, loaded: Compiled, changed: tuple[str, ...], names: tuple[str, ...]) -> bool:
    chosen_targets = [name for name in loaded.targets if name in names]
    review = review_of(loaded.delivery) if loaded.delivery else None
    if loaded.delivery is None or review is None or not chosen_targets:
        return False
    delivery = loaded.delivery
    return concerns(review, changed, lambda: set(_files(repository, delivery, review, chosen_targets)))


def _files(repository: Repository, delivery: Delivery, review: Pipeline, names: list[str]) -> Iterator[str]:
    alone = replace(delivery, pipelines=(review,))
    for name in names:
        yield from target_of(name).render(alone, repository.config)


def _print(listed: list[Compiled], form: str) -> None:
    rows = [(each.delivery.model, each.path, each.delivery.owner) for each in listed if each.delivery]
    if form == "json":
        click.echo(
            json.dumps([{"model": model, "spec": path, "owner": owner} for model, path, owner in rows], indent=2)
        )
        return
    for model, _, _ in sorted(rows):
        click.echo(model)
