"""A repository of three models, and everything that may happen to it between two runs of pipegen."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.models import models
from benchmarks.specs import SETTINGS, SPECS, spec, write_repository
from disk import by_newer
from pipegen.resources import TEMPLATES

CHURN, DEMAND, FRAUD = (f"{SPECS}/{model.name}.yaml" for model in models(3))
BASE = f"{SPECS}/bases/common.yaml"
ALL = frozenset({CHURN, DEMAND, FRAUD, "root"})
"""What is compiled when nothing is known; "root" stands for the files that are for all models together."""
REVIEW = ".github/workflows/churn-0000.review.yml"
_RUNTIME = """\
runtime:
  python: "3.11"
  install: pip install --require-hashes -r requirements.lock
  cache: pip
"""

Edit = Callable[[Path], object]


def lay_out(root: Path) -> None:
    """The repository before the first run; the last of its specs extends a base."""
    write_repository(root, models(3))
    write(root, BASE, f"pipegen: 1\n{_RUNTIME}")
    replace(root, FRAUD, f"{_RUNTIME}\n", "extends: bases/common.yaml\n")


def write(root: Path, path: str, text: str) -> None:
    """A file of its own, also where a link was."""
    _taken_away(root / path)
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(text.encode())


def replace(root: Path, path: str, old: str, new: str) -> None:
    """What another edit has taken away before cannot be edited."""
    if (root / path).is_file():
        (root / path).write_bytes((root / path).read_bytes().replace(old.encode(), new.encode()))


def add(path: str, text: str) -> Edit:
    return lambda root: write(root, path, text)


def change(path: str, old: str, new: str) -> Edit:
    return lambda root: replace(root, path, old, new)


def delete(path: str) -> Edit:
    return lambda root: _taken_away(root / path)


def _taken_away(place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    place.unlink(missing_ok=True)


def link(path: str, to: str) -> Edit:
    def edit(root: Path) -> None:
        _taken_away(root / path)
        (root / path).symlink_to(to)

    return edit


def move_out(path: str) -> Edit:
    """A link to the same thing outside the repository."""

    def edit(root: Path) -> None:
        if (root / path).exists() and not (root / path).is_symlink():
            elsewhere = root.parent / "outside" / path
            _taken_away(elsewhere)
            elsewhere.parent.mkdir(parents=True, exist_ok=True)
            (root / path).replace(elsewhere)
            (root / path).symlink_to(elsewhere)

    return edit


def folder(path: str) -> Edit:
    def edit(root: Path) -> None:
        _taken_away(root / path)
        (root / path).mkdir(parents=True)

    return edit


def _with_line_ends_of_windows(path: str) -> Edit:
    return change(path, "\n", "\r\n")


def _of_newer(root: Path) -> None:
    if (root / REVIEW).is_file():
        write(root, REVIEW, by_newer((root / REVIEW).read_text("utf-8", "replace")))


def _moved(root: Path) -> None:
    if (root / CHURN).exists():
        (root / CHURN).replace(root / SPECS / "renamed.yaml")


def _shadowed(root: Path) -> None:
    text = (TEMPLATES / "stages" / "pytest.yaml").read_text("utf-8")
    write(root, "templates/stages/pytest.yaml", text.replace("title: ", "title: Our own "))


_CHURN = spec(next(models(1)))
_IDLE = "  - {target: azure, control: nothing, reason: None that anybody knows.}"
_ONE_NAME = '[azure.teams]\nrisk = "Leads"\nscience = "Leads"\n'
_APPROVERS = "approvers: [ml-release]"
_KIND = "kind: ours\ndescription: A kind.\nsteps: [{title: Ours, run: ./ours.sh}]\n"

EDITS: Mapping[str, tuple[Edit, frozenset[str]]] = {
    "nothing": (lambda _: None, frozenset()),
    "a stage of a spec changed": (change(CHURN, "train --sample", "train --all --sample"), frozenset({CHURN})),
    "a comment in a spec": (change(CHURN, "stages:", "stages:  # in order"), frozenset({CHURN})),
    "a mistake in a spec": (change(CHURN, "owner:", "ownr:"), frozenset({CHURN})),
    "a control without leave": (change(CHURN, "initiator of approval prod", "approval prod"), frozenset({CHURN})),
    "a warning about a spec": (change(CHURN, "allow_weaker:", f"allow_weaker:\n{_IDLE}"), frozenset({CHURN})),
    "a spec with other line ends": (_with_line_ends_of_windows(CHURN), frozenset({CHURN})),
    "a spec with a lone carriage return": (change(CHURN, "stages:", "\rstages:"), frozenset({CHURN})),
    "a spec that is not text": (lambda root: (root / CHURN).write_bytes(b"\xff\xfe\x00"), frozenset({CHURN})),
    "a spec deleted": (delete(CHURN), frozenset()),
    "a spec moved": (_moved, frozenset({f"{SPECS}/renamed.yaml"})),
    "a spec added": (add(f"{SPECS}/new.yaml", _CHURN.replace("churn-0000", "new")), frozenset({f"{SPECS}/new.yaml"})),
    "two specs of one model": (add(f"{SPECS}/twin.yaml", _CHURN), ALL | {f"{SPECS}/twin.yaml"}),
    "a link to a spec": (link(f"{SPECS}/twin.yaml", "churn-0000.yaml"), ALL | {f"{SPECS}/twin.yaml"}),
    "specs that disagree": (change(CHURN, _APPROVERS, "approvers: [risk]"), frozenset({CHURN})),
    "two that agree and one that does not": (change(FRAUD, _APPROVERS, "approvers: [risk]"), frozenset({FRAUD})),
    "an output edited by hand": (change(REVIEW, "python", "python3"), frozenset({CHURN})),
    "an output with its header alone": (change(REVIEW, "\n\n", "\n\n# \n"), frozenset({CHURN})),
    "an output without its header": (add(REVIEW, "on: push\n"), frozenset({CHURN})),
    "an output of a newer pipegen": (_of_newer, frozenset({CHURN})),
    "an output with other line ends": (_with_line_ends_of_windows(REVIEW), frozenset()),
    "an output that is not text": (lambda root: (root / REVIEW).write_bytes(b"\xff"), frozenset({CHURN})),
    "an output deleted": (delete(REVIEW), frozenset({CHURN})),
    "a link in place of an output": (move_out(REVIEW), frozenset({CHURN})),
    "a folder in place of an output": (folder(REVIEW), frozenset({CHURN})),
    "a file in place of a folder": (add("jenkins", ""), ALL),
    "a link in place of a folder": (move_out("azure-pipelines"), ALL),
    "a file for all models deleted": (delete("azure-pipelines/pipegen.yml"), frozenset({"root"})),
    "a file for all models edited": (change("pipegen-requirements.txt", "==", "=== "), frozenset({"root"})),
    "a base changed": (change(BASE, "3.11", "3.12"), frozenset({FRAUD})),
    "a mistake in a base": (change(BASE, "cache:", "cash:"), frozenset({FRAUD})),
    "a base deleted": (delete(BASE), frozenset({FRAUD})),
    "a base outside the repository": (move_out(BASE), frozenset({FRAUD})),
    "a base that is a folder": (folder(BASE), frozenset({FRAUD})),
    "a stage kind added": (add("templates/stages/ours.yaml", _KIND), ALL),
    "a stage kind with the name of a shipped one": (_shadowed, frozenset()),
    "a mistake in a stage kind": (add("templates/stages/ours.yaml", "kind: theirs\n"), frozenset()),
    "pipegen.toml with fewer targets": (change("pipegen.toml", '"azure", ', ""), ALL),
    "pipegen.toml with a comment": (change("pipegen.toml", "[pipegen]", "# ours\n[pipegen]"), ALL),
    "a mistake in pipegen.toml": (change("pipegen.toml", "host", "hst"), frozenset()),
    "pipegen.toml that requires another pipegen": (
        change("pipegen.toml", "[repository]", 'required-version = ">=99"\n[repository]'),
        frozenset(),
    ),
    "pipegen.toml without a pin": (add("pipegen.toml", SETTINGS.partition("[pipegen]")[0]), ALL),
    "one file for a model and for all": (add("pipegen.toml", f'{SETTINGS}requirements = "{REVIEW}"\n'), ALL),
    "a warning about pipegen.toml": (add("pipegen.toml", SETTINGS + _ONE_NAME), ALL),
    "pipegen.toml deleted": (delete("pipegen.toml"), ALL),
    "no spec left": (delete(SPECS), frozenset()),
}
"""What happens, and what a run after it compiles if the one before knew everything."""
