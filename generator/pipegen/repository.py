"""What the specs of one repository share, and where they disagree about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipegen.config import CONFIG_FILE
from pipegen.diagnostics import Diagnostic, Finding, KeyPath, Located, Position, Severity

if TYPE_CHECKING:
    from pipegen.spec.flow import DeploymentApprovals, Environment
    from pipegen.spec.model import ModelSpec

CODES = {
    "PG290": "two specs have the same model",
    "PG291": "two specs write the same file",
    "PG292": "specs disagree about an environment",
    "PG293": "specs disagree about a branch",
    "PG296": "the repository has more models than a CI system reads",
}


@dataclass(frozen=True, slots=True)
class Shared:
    """Something that has one setting in the repository: its name, what this spec says of it, and where.

    `says` maps what is said to its words. Where it is said is looked up when somebody asks, for as a rule specs agree.
    """

    name: str
    says: tuple[tuple[str, str], ...]
    source: Located
    path: KeyPath

    @property
    def place(self) -> Diagnostic:
        """A diagnostic without code and message."""
        is_environment = len(self.path) == 2 and self.path[0] == "environments"  # noqa: PLR2004
        return self.source.diagnostic(Finding(self.path, "", ""), at_key=is_environment)


@dataclass(frozen=True, slots=True)
class Summary:
    """All that other specs have to know about a spec; small, so that specs need not be kept."""

    model: Shared
    environments: tuple[Shared, ...]
    branches: tuple[Shared, ...]
    sources: tuple[Shared, ...]
    """Where each branch is merged from; specs may disagree about that unless one concerns the whole repository."""
    whole: bool
    outputs: tuple[str, ...]


def summary(source: Located, spec: ModelSpec, outputs: Iterable[str] = ()) -> Summary:
    """The summary of a spec; `outputs` are the paths of its files, if they are known."""
    from pipegen.plan.flow import CHECKS, review_targets  # noqa: PLC0415  (only who has a parsed spec pays for the plan)

    return Summary(
        model=Shared(spec.model.name, (), source, ("model", "name")),
        environments=tuple(
            Shared(name, _environment_says(environment), source, ("environments", name))
            for name, environment in spec.environments.items()
            if name != CHECKS
        ),
        branches=tuple(
            Shared(arrival.trunk, (("merge approvals", str(arrival.merge_approvals)),), source, arrival.origin)
            for arrival in review_targets(spec)
        ),
        sources=tuple(
            Shared(arrival.trunk, (("sources", ", ".join(sorted(arrival.sources))),), source, arrival.origin)
            for arrival in review_targets(spec)
        ),
        whole=spec.model.path == ".",
        outputs=tuple(outputs),
    )


def _environment_says(environment: Environment) -> tuple[tuple[str, str], ...]:
    return ("approvals", _approvals(environment.approvals)), ("waiting", environment.waiting)


def _approvals(asked: DeploymentApprovals | None) -> str:
    if asked is None:
        return "none"
    who = ", ".join(sorted(asked.approvers))
    return f"{asked.count} of {who} before the {asked.before}, within {asked.expires} minutes"


def check_repository(summaries: Iterable[Summary]) -> Iterator[Diagnostic]:
    """What the specs contradict each other about; each finding stands in the later of two specs and names the other."""
    listed = tuple(summaries)
    yield from _same_model(listed)
    yield from _same_outputs(listed)
    yield from _disagreements(
        (each for one in listed for each in one.environments), "PG292", "environment", "give it a name of its own here"
    )
    yield from _disagreements(
        (each for one in listed for each in one.branches), "PG293", "branch", "a branch has one number of approvals"
    )
    if any(one.whole for one in listed):
        hint = "give each model a `path`, as one that concerns the whole repository refuses the others' merges"
        yield from _disagreements((each for one in listed for each in one.sources), "PG293", "branch", hint)


def check_number(models: int, most: Mapping[str, int]) -> Iterator[Diagnostic]:
    """PG296. `most` maps the title of a CI system to the number of models whose files it reads by default."""
    for title, limit in most.items():
        if models > limit:
            message = f"{title} reads the files of {limit} models, and the repository has {models}"
            hint = "have an administrator raise the limit, or keep some of the models in another repository"
            yield Diagnostic(CONFIG_FILE, None, Severity.WARNING, "PG296", message, hint)


def _same_model(summaries: Iterable[Summary]) -> Iterator[Diagnostic]:
    first: dict[str, Shared] = {}
    for each in summaries:
        other = first.setdefault(each.model.name, each.model)
        if other is not each.model:
            message = f"the model {each.model.name!r} has a spec already: {_named(other.place)}"
            yield _said(each.model.place, "PG290", message, "give one of them another name")


def _same_outputs(summaries: Iterable[Summary]) -> Iterator[Diagnostic]:
    first: dict[str, Summary] = {}
    for each in summaries:
        for path in each.outputs:
            other = first.setdefault(path.casefold(), each)
            if other is not each and other.model.name != each.model.name:
                message = f"{_named(other.model.place)} writes {path} too"
                yield _said(each.model.place, "PG291", message, "give one of the models another name")


def _disagreements(shared: Iterable[Shared], code: str, what: str, hint: str) -> Iterator[Diagnostic]:
    first: dict[str, Shared] = {}
    for each in shared:
        other = first.setdefault(each.name, each)
        for (key, here), (_, there) in zip(each.says, other.says, strict=True):
            if here != there and each.place.file != other.place.file:
                where = _named(other.place)
                message = f"{what} {each.name!r} has {key} {here!r} here, but {there!r} in {where}"
                yield _said(each.place, code, message, f"say the same in both, or {hint}")


def _named(place: Diagnostic) -> str:
    start = place.span.start if place.span else Position(1, 1)
    return f"{place.file}:{start.line}"


def _said(place: Diagnostic, code: str, message: str, hint: str) -> Diagnostic:
    return Diagnostic(place.file, place.span, Severity.ERROR, code, message, hint, place.excerpt)
