"""Files of people, read as they are and written together or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from pipegen.diagnostics import Diagnostic, Refused
from pipegen.source import Source
from pipegen.workspace.findings import unusable
from pipegen.workspace.outputs import look
from pipegen.workspace.specs import spec_paths
from pipegen.workspace.writing import write_together

_CARRIAGE = "\r\n"


def texts(root: Path, paths: Iterable[str]) -> dict[str, str | None]:
    """The texts at the paths, None where there is no file; `Refused` names all places that cannot be used."""
    found: dict[str, str | None] = {}
    refused: list[Diagnostic] = []
    for path in paths:
        try:
            found[path] = look(root, path).text
            _ = (found[path] or "").encode()
        except Refused as error:
            refused += error.diagnostics
        except UnicodeEncodeError:
            refused.append(unusable(path, "read", OSError(0, "it is not UTF-8 text")))
    if refused:
        raise Refused(refused)
    return found


def write(root: Path, files: Mapping[str, str]) -> None:
    """Every file or none; one that has the line ends of Windows keeps them."""
    write_together(root, {path: _with_ends(root / path, text) for path, text in files.items()})


def _with_ends(place: Path, text: str) -> str:
    if place.is_file() and _CARRIAGE.encode() in place.read_bytes():
        return text.replace("\n", _CARRIAGE)
    return text


def spec_of(root: Path, model: str) -> str | None:
    """The spec of the model with this name, as far as specs can be read."""
    return next((path for path in spec_paths(root, ()).paths if _model(root, path) == model), None)


def _model(root: Path, path: str) -> object:
    try:
        model = Source.read(root / path, path).data.get("model")
    except Refused:
        return None
    return model.get("name") if isinstance(model, dict) else None


def exact(root: Path, path: str) -> str:
    """The text of a file to the byte; `Refused` where it cannot be read or is not UTF-8."""
    try:
        return (root / path).read_bytes().decode()
    except OSError as error:
        raise Refused([unusable(path, "read", error)]) from error
    except UnicodeDecodeError:
        raise Refused([unusable(path, "read", OSError(0, "it is not UTF-8 text"))]) from None
