"""What a project declares that it needs: pyproject.toml, or a file of requirements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pipegen.gates.checks import nearest
from pipegen.gates.dependencies import Declared
from pipegen.gates.dependencies_requirements import declared_in
from pipegen.gates.dependencies_tables import Table, table, table_in, text, texts
from pipegen.gates.reading import CannotJudgeError
from pipegen.gates.specifiers import normalised, parse_requirement


def requirements_of(file: Path, extras: Sequence[str]) -> tuple[tuple[Declared, ...], frozenset[str]]:
    """The requirements that a file declares, and the names of the project itself, if the file is a project's."""
    if file.suffix != ".toml":
        return declared_in(file), frozenset()
    try:
        project = _project(table_in(file))
        own = normalised(text(project, "name"))
        return tuple(_declared(project, own, file.name, extras)), frozenset({own})
    except CannotJudgeError as error:
        words = str(error)
        raise CannotJudgeError(words if words.startswith(str(file)) else f"{file}: {words}") from error


def _project(document: Table) -> Table:
    project = table(document, "project")
    if not text(project, "name"):
        raise CannotJudgeError("it has no [project] with a name, so it declares nothing that can be read here")
    if "dependencies" in texts(project, "dynamic"):
        raise CannotJudgeError("its dependencies are dynamic: give the file that they come from")
    return project


def _declared(project: Table, own: str, where: str, extras: Sequence[str]) -> Iterator[Declared]:
    """The dependencies and those of the extras, with extras that name others of the same project followed."""
    optional = table(project, "optional-dependencies")
    by_name = {normalised(extra): texts(optional, extra) for extra in optional}
    yield from (Declared(parse_requirement(each), where) for each in texts(project, "dependencies"))
    seen: set[str] = set()
    ahead = [normalised(extra) for extra in extras]
    while ahead:
        extra = ahead.pop()
        if extra not in by_name:
            raise CannotJudgeError(f"it has no extra {extra!r}{nearest(extra, by_name)}")
        if extra in seen:
            continue
        seen.add(extra)
        for each in by_name[extra]:
            requirement = parse_requirement(each)
            if requirement.name == own:
                ahead += requirement.extras
            else:
                yield Declared(requirement, f"{where} [{extra}]")
