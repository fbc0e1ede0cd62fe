"""The files of a repository as GitLab reads them: inputs, includes and `extends`, and which keys are known.

Sources: docs.gitlab.com/ci/yaml (spec:inputs, include:local, extends, default, stages), docs.gitlab.com/ci/inputs.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

Node = dict[str, Any]

ROOT_FILE = ".gitlab-ci.yml"
_GLOBAL = {"include", "stages", "workflow", "variables"}
_JOB = {
    "after_script",
    "allow_failure",
    "artifacts",
    "before_script",
    "cache",
    "dependencies",
    "environment",
    "extends",
    "id_tokens",
    "image",
    "inherit",
    "interruptible",
    "needs",
    "resource_group",
    "retry",
    "rules",
    "script",
    "stage",
    "tags",
    "timeout",
    "trigger",
    "variables",
    "when",
}
_INPUT = re.compile(r"\$\[\[\s*inputs\.(\w+)\s*\]\]")


class UnknownConstruct(Exception):  # noqa: N818  (it is no error of the pipeline)
    """The executor does not know what GitLab would do."""


class Refused(Exception):  # noqa: N818  (GitLab's word for it is that the pipeline is not created)
    """GitLab creates no pipeline; the message says why."""


@dataclass(frozen=True)
class Document:
    """A pipeline's configuration with everything that it includes; `jobs` without the hidden ones."""

    jobs: Mapping[str, Node]
    stages: tuple[str, ...]
    variables: Mapping[str, str]
    workflow: Node


def known(node: Mapping[str, Any], keys: set[str], what: str) -> None:
    if unknown := sorted(node.keys() - keys):
        raise UnknownConstruct(f"{what}: {', '.join(unknown)}")


def document(files: Mapping[str, str], path: str, inputs: Mapping[str, str] | None = None) -> Document:
    """The file and what it includes, merged, with inputs in their places. Raises Refused."""
    merged = _with_includes(files, path, inputs or {})
    entries = {name: node for name, node in merged.items() if name not in _GLOBAL}
    jobs = {name: _extended(name, entries) for name in entries if not name.startswith(".")}
    for name, node in jobs.items():
        known(node, _JOB, name)
        if ("script" in node) == ("trigger" in node):
            raise Refused(f"{name} must have a script or a trigger")
    stages = (".pre", *merged.get("stages", ("build", "test", "deploy")), ".post")
    for name, node in jobs.items():
        if node.get("stage", "test") not in stages:
            raise Refused(f"{name} is in a stage that does not exist")
    variables = {name: str(value) for name, value in merged.get("variables", {}).items()}
    return Document(jobs, stages, variables, merged.get("workflow", {}))


def _with_includes(files: Mapping[str, str], path: str, inputs: Mapping[str, str]) -> Node:
    """What a file includes comes first, so that it wins over that; jobs of one name are merged."""
    own = _read(files[path], inputs)
    merged: Node = {}
    for each in own.pop("include", []):
        known(each, {"local"}, f"include of {path}")
        for found in _matching(files, each["local"]):
            merged = _merged(merged, _with_includes(files, found, {}))
    return _merged(merged, own)


def _matching(files: Mapping[str, str], local: str) -> Iterator[str]:
    """`*` stands for files of one folder; without it the file must be there."""
    wanted = local.removeprefix("/")
    if "**" in wanted:
        raise UnknownConstruct(f"include:local {local}")
    if "*" not in wanted and wanted not in files:
        raise Refused(f"local file {wanted} does not exist")
    folder = wanted.rpartition("/")[0]
    yield from sorted(path for path in files if fnmatch.fnmatchcase(path, wanted) and path.rpartition("/")[0] == folder)


def _read(text: str, given: Mapping[str, str]) -> Node:
    """Nothing is filled in where a file has no header."""
    documents = list(yaml.safe_load_all(text))
    body: Node = documents[-1]
    if len(documents) > 1:
        known(documents[0], {"spec"}, "header")
        filled: Node = _filled(body, dict(_inputs(documents[0]["spec"]["inputs"], given)))
        return filled
    if given:
        raise Refused(f"there is no input {', '.join(given)}")
    return body


def _inputs(declared: Mapping[str, Node], given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if surplus := given.keys() - declared.keys():
        raise Refused(f"there is no input {', '.join(sorted(surplus))}")
    for name, node in declared.items():
        known(node, {"description", "default", "regex"}, f"input {name}")
        value = given.get(name, node.get("default"))
        if value is None:
            raise Refused(f"input {name} is required")
        if "regex" in node and ("\n" in value or not re.search(node["regex"], value)):
            raise Refused(f"input {name} does not match the pattern")
        yield name, value


def _filled(node: Any, values: Mapping[str, str]) -> Any:  # noqa: ANN401  (a part of a file)
    if isinstance(node, str):
        return _INPUT.sub(lambda found: values[found[1]], node)
    if isinstance(node, dict):
        return {name: _filled(value, values) for name, value in node.items()}
    return [_filled(each, values) for each in node] if isinstance(node, list) else node


def _extended(name: str, entries: Mapping[str, Node], depth: int = 0) -> Node:
    """Hashes are merged key by key, later ones of a list winning; everything else is replaced."""
    if depth > 10 or name not in entries:
        raise Refused(f"extends {name}")
    own = entries[name]
    bases = own.get("extends", [])
    merged: Node = {}
    for base in [bases] if isinstance(bases, str) else bases:
        merged = _merged(merged, _extended(base, entries, depth + 1))
    return _merged(merged, own)


def _merged(base: Node, over: Node) -> Node:
    both = {
        name: _merged(base[name], value) if isinstance(value, dict) and isinstance(base.get(name), dict) else value
        for name, value in over.items()
    }
    return {**base, **both}
