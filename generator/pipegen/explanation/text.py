"""The explanation for a terminal: sections of tables and lists, readable without colours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipegen.delivery import Fidelity
from pipegen.explanation import words
from pipegen.explanation.pipelines import detail, overview
from pipegen.explanation.values import ExplainedTarget, Explanation, Kept
from pipegen.layout import paragraph, table

_BOLD, _RED, _YELLOW, _RESET = "\x1b[1m", "\x1b[1;31m", "\x1b[1;33m", "\x1b[0m"
_HEADINGS = {
    Fidelity.UNSUPPORTED: "cannot have",
    Fidelity.APPROXIMATED: "comes near",
    Fidelity.WITH_SETTINGS: "exact once these settings are made, before the first run",
    Fidelity.EXACT: "exact",
}


def as_text(explanation: Explanation, *, width: int = 80, color: bool = False) -> str:
    """For people, in lines of at most `width` characters where the words allow it."""
    lines = [line.rstrip() for line in _lines(explanation, max(width, 40))]
    return "\n".join(_painted(line) if color else line for line in lines) + "\n"


def _painted(line: str) -> str:
    if line and line == line.upper() and not line.startswith(" "):
        return f"{_BOLD}{line}{_RESET}"
    for mark, paint in (("  cannot have", _RED), ("  WEAKER", _RED), ("  comes near", _YELLOW)):
        if line.startswith(mark):
            return f"{paint}{line}{_RESET}"
    return line


def _lines(explanation: Explanation, width: int) -> Iterator[str]:
    yield from paragraph(f"{explanation.title} ({explanation.model}), owned by {explanation.owner}", width)
    folder = "the repository's root" if explanation.path == "." else explanation.path
    yield from paragraph(f"{explanation.spec}; its folder is {folder}", width)
    for heading, lines in _sections(explanation, width):
        yield from ("", heading, "", *lines)


def _sections(explanation: Explanation, width: int) -> Iterator[tuple[str, Sequence[str]]]:
    yield "WHAT HAPPENS WHEN", overview(explanation.pipelines, width)
    for pipeline in explanation.pipelines:
        yield f"PIPELINE {pipeline.id}".upper(), tuple(detail(pipeline, width))
    yield "MERGES", _merges(explanation, width)
    yield "ENVIRONMENTS", tuple(_environments(explanation, width))
    yield "BUILT-IN ACTIONS", tuple(_actions(explanation, width))
    yield "ARCHIVE", tuple(_archive(explanation, width))
    for target in explanation.targets:
        yield f"TARGET {target.name}".upper(), tuple(_target(target, width))


def _merges(explanation: Explanation, width: int) -> list[str]:
    rows = [(each.branch, ", ".join(each.sources), str(each.approvals)) for each in explanation.merges]
    return table(("INTO", "FROM", "APPROVALS"), rows, width, "  ")


def _environments(explanation: Explanation, width: int) -> Iterator[str]:
    rows = [
        (
            each.name,
            ", ".join((*each.branches, *(f"tag {tag}" for tag in each.tags))) or "changes and reviews",
            ", ".join(each.approvals),
            ", ".join((*each.secrets, *(f"{token} (token)" for token in each.tokens))),
            ("all, in turn" if each.waiting == "all" else "newest only") if each.deployed_to else "",
        )
        for each in explanation.environments
    ]
    yield from table(("NAME", "REACHED FROM", "APPROVALS", "SECRETS AND TOKENS", "WAITING RUNS"), rows, width, "  ")
    if explanation.shared_secrets:
        yield from paragraph(f"Secrets of the repository: {', '.join(explanation.shared_secrets)}", width, "  ", "    ")


def _actions(explanation: Explanation, width: int) -> Iterator[str]:
    for each in explanation.built_in_actions:
        said = "can be started with a version" if each.offered else f"not offered: {each.reason}"
        yield from paragraph(f"{each.name}: {said}", width, "  ", "    ")


def _archive(explanation: Explanation, width: int) -> Iterator[str]:
    if not explanation.archive:
        yield "  no branch archives"
    for each in explanation.archive:
        keeper = "the spec's command and the run's artifacts" if each.command else "the run's artifacts"
        said = f"a merge into {each.branch} writes a record of the model's files, kept by {keeper}"
        yield from paragraph(said, width, "  ", "    ")


# ---------------------------------------------------------------- targets


def _target(target: ExplainedTarget, width: int) -> Iterator[str]:
    for fidelity, heading in _HEADINGS.items():
        items = [item for item in target.items if item.fidelity is fidelity]
        if not items:
            continue
        yield f"  {heading}: {words.number(len(items), 'item')}"
        if fidelity is Fidelity.EXACT:
            yield from paragraph(", ".join(item.subject for item in items), width, "    ")
        else:
            yield from (line for item in items for line in _item(item, width))
    if not target.items:
        yield "  nothing to say"


def _item(item: Kept, width: int) -> Iterator[str]:
    yield from paragraph(f"{item.subject}: {item.detail}", width, "    ", "      ")
    if item.weakens:
        said = f"WEAKER than the spec asks for; {f'allowed: {item.allowed}' if item.allowed else 'not allowed'}"
        yield from paragraph(said, width, "      ")
