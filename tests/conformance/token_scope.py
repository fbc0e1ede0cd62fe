"""Which scripts of generated files get the ledger's token, in which environment: read from the files alone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from conformance.generated import pipeline_of, steps
from conformance.secret_scope import UnknownConstruct
from pipegen.plan.variables import LEDGER_TOKEN
from pipegen.targets import Files

Node = dict[str, Any]
_USES = re.compile(r"-m pipegen\.(ledger add |gates (order|champion|version) |registry )")
_CHECKS = re.compile(r"^require pipegen-\S+ " + LEDGER_TOKEN + "$", re.MULTILINE)
_BINDING = re.compile(r"^( *)withCredentials\(\[$(.*?)^\1\]\) \{$(.*?)^\1\}$", re.MULTILINE | re.DOTALL)
_STEP_ENDS = re.compile(r"^PIPEGEN_END$", re.MULTILINE)
_CREDENTIAL = re.compile(r"credentialsId: '([^']+)-pipegen-ledger-token'")


@dataclass(frozen=True)
class Reader:
    """A script that gets the token, in a pipeline of the neutral form."""

    pipeline: str
    environment: str
    script: str

    @property
    def is_meant(self) -> bool:
        """Whether it compares with the ledger, writes to it or follows it, or looks whether the token is there."""
        return bool(_USES.search(self.script) or _CHECKS.search(self.script))


def misplaced(readers: Iterator[Reader], environments: frozenset[str]) -> Iterator[str]:
    """Where the token is that has no business there; `environments` are those whose runs write to the ledger."""
    for each in readers:
        if each.pipeline in {"review", "change", "pipegen"}:
            yield f"{each.pipeline}: a review or a check gets it"
        if each.environment not in environments:
            yield f"{each.pipeline}: a job of the environment {each.environment!r} gets it"
        if not each.is_meant:
            yield f"{each.pipeline}: a script for something else gets it: {each.script[:200]}"


def _documents(files: Files) -> Iterator[tuple[str, Node]]:
    for path, text in files.items():
        yield path, list(yaml.load_all(text, Loader=yaml.CBaseLoader))[-1]


def _environment(job: Node) -> str:
    given = job.get("environment", "")
    return str(given["name"] if isinstance(given, dict) else given)


def _all_found(files: Files, word: str, count: int) -> None:
    """Whatever else names the token is something that this does not know."""
    if (there := sum(text.count(word) for text in files.values())) != count:
        raise UnknownConstruct(f"{word} stands in {there} places, of which {count} are steps")


# ---------------------------------------------------------------- what each CI system calls it


def on_github(files: Files) -> Iterator[Reader]:
    """A caller names what it passes on; the jobs of the file that it calls are looked at themselves."""
    word, count = f"secrets.{LEDGER_TOKEN}", 0
    for path, workflow in _documents(files):
        for job in workflow["jobs"].values():
            count += json.dumps(job.get("secrets", {})).count(word)
            for step in (each for each in job.get("steps", []) if word in json.dumps(each)):
                count += 1
                yield Reader(pipeline_of(f"/{path}"), _environment(job), step["run"])
    _all_found(files, word, count)


def on_azure(files: Files) -> Iterator[Reader]:
    word, count = f"$({LEDGER_TOKEN})", 0
    for path, pipeline in _documents(files):
        stages = pipeline.get("stages") or pipeline["extends"]["parameters"]["stages"]
        for job in (job for stage in stages if "stage" in stage for job in stage["jobs"]):
            groups = {each["group"] for each in job.get("variables", []) if "group" in each} - {"pipegen-shared"}
            for step in (each for each in steps(job) if word in json.dumps(each)):
                count += 1
                (group,) = groups or {""}
                yield Reader(pipeline_of(path), group.removeprefix("pipegen-"), step["bash"])
    _all_found(files, word, count)


def on_gitlab(files: Files) -> Iterator[Reader]:
    """Every job of an environment has its variables, and takes them from its scripts but where one is named."""
    word, count = f'{LEDGER_TOKEN}="${LEDGER_TOKEN}"', 0
    for path, nodes in _documents(files):
        for name, job in nodes.items():
            for line in (each for each in _lines(job) if word in each):
                count += 1
                yield Reader(name.split(":")[1] if ":" in name else path, _environment(job), line)
    _all_found(files, word, count)


def _lines(job: object) -> list[str]:
    """The steps of a job; those that undo something stand together."""
    parts = ("before_script", "script", "after_script")
    lines = [line for part in parts for line in job.get(part, [])] if isinstance(job, dict) else []
    return [step for line in lines for step in _STEP_ENDS.split(line)]


def on_jenkins(files: Files) -> Iterator[Reader]:
    word, count = f"'{LEDGER_TOKEN}'", 0
    for path, text in files.items():
        for _, bound, body in _BINDING.findall(text):
            if word in bound:
                count += 1
                found = _CREDENTIAL.search(bound)
                yield Reader(pipeline_of(path), found[1] if found else "", body)
    _all_found(files, word, count)


READERS: Mapping[str, Callable[[Files], Iterator[Reader]]] = {
    "azure": on_azure,
    "github": on_github,
    "gitlab": on_gitlab,
    "jenkins": on_jenkins,
}
