"""The expressions of an Azure pipeline: readable, on what they can see, and never running after a failure unasked.

Source: learn.microsoft.com/azure/devops/pipelines/process/conditions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .azure_expressions import STATUS, Call, Expression, Literal, Reference, Unreadable, parse, references, walk
from .azure_outputs import Scope, unresolved
from .azure_pipeline import Step, stage_list, stages, variables
from .document import Document, Finding, KeyPath, items, strings

COMPILED = re.compile(r"\$\{\{((?:'(?:[^']|'')*'|[^'}])*)\}\}")
_LOOP = re.compile(r"\$\{\{ each (\w+) in (.+) \}\}\Z")
_RUNTIME = re.compile(r"\$\[(.*)\]\Z", re.DOTALL)
_SHELL_OR_LABEL = frozenset({"bash", "script", "pwsh", "inlineScript", "displayName", "instructions"})
_SUCCEEDED = Call("succeeded", ())
_COMPLETE = (_SUCCEEDED, Call("succeededOrFailed", ()))
"""Conditions that say enough alone: all before succeeded; all before is over and nobody cancelled (a verdict)."""
_OTHER_HEADS = (
    Call("not", (Call("canceled", ()),)),
    *(Call(name, ()) for name in ("succeededOrFailed", "always", "failed")),
)
"""How a condition may start instead, if it then asks for the result or an output of a dependency."""


def findings(document: Document) -> Iterator[Finding]:
    yield from _compile_time(document)
    yield from _stray_runtime(document)
    found = stages(document)
    for stage in found:
        yield from _run_time(Scope(stage, None, found))
        for job in stage.jobs:
            yield from _run_time(Scope(stage, job, found))
            for step in job.steps:
                yield from _step_condition(step)


def _compile_time(document: Document) -> Iterator[Finding]:
    """`${{ }}` is expanded before Azure looks at the file; as a key it hides what the graph is."""
    declared = {one.get("name") for _, one in items(document.data.get("parameters")) if isinstance(one, dict)}
    inserted = dict(_insertions(document))
    for path in document.lines:
        if path and str(path[-1]).startswith("${{") and path not in inserted:
            yield path, "expression", "a compile-time expression as a key hides the graph"
    for path, text in strings(document.data):
        of_loops = {repr(name) for where, name in inserted.items() if path[: len(where)] == where}
        for inner in COMPILED.findall(text):
            for reference in _references(inner):
                if reference.context in of_loops:
                    continue
                if reference.context not in {"parameters", "variables"}:
                    yield path, "expression", f"{reference.context} does not exist at compile time"
                if reference.context == "parameters" and reference.keys[:1] and reference.keys[0] not in declared:
                    yield path, "expression", f"parameter {reference.keys[0]!r} is not declared"
        if "${{" in COMPILED.sub("", text):
            yield path, "expression", f"{text!r} opens an expression that does not end"


def _insertions(document: Document) -> Iterator[tuple[KeyPath, str]]:
    """Loops that insert templates, which are checked by themselves, with the name of their variable."""
    where, listed = stage_list(document)
    for index, item in items(listed):
        for key, value in items(item):
            loop = _LOOP.match(str(key))
            if loop and isinstance(value, list) and all(isinstance(one, dict) and "template" in one for one in value):
                yield (*where, index, key), loop[1]


def _references(text: str) -> list[Reference]:
    try:
        return list(references(parse(text)))
    except Unreadable:
        return [Reference(f"{text.strip()!r}", ())]


def _stray_runtime(document: Document) -> Iterator[Finding]:
    """`$[ ]` is computed as the whole value of a variable and is plain text everywhere else."""
    for path, text in strings(document.data):
        variable = "variables" in path[-3:-1]
        if "$[" in text and not (_RUNTIME.match(text) if variable else path[-1] in _SHELL_OR_LABEL):
            yield path, "expression", f"{text!r} is not computed here"


def _run_time(scope: Scope) -> Iterator[Finding]:
    condition = scope.data.get("condition")
    if condition is not None:
        yield from _condition((*scope.path, "condition"), str(condition), scope)
    for path, _, value in variables(scope.data, scope.path):
        runtime = _RUNTIME.match(value)
        if runtime:
            yield from _variable(path, runtime[1], scope)


def _condition(path: KeyPath, text: str, scope: Scope) -> Iterator[Finding]:
    expression = _parsed(text)
    if isinstance(expression, str):
        yield path, "expression", expression
        return
    computed = {name for _, name, value in variables(scope.data, scope.path) if "$[" in value}
    if not _says_when(expression):
        yield path, "condition", f"{text!r} does not say whether it runs after a failure, a skip or a cancellation"
    for reference in references(expression):
        problem = unresolved(reference, scope, condition=True)
        if reference.context == "variables" and computed & set(reference.keys):
            problem = f"{reference.keys[0]!r} is computed after this condition"
        if problem:
            yield path, "reference", problem
    yield from _status_arguments(path, expression, scope.depends_on)


def _variable(path: KeyPath, text: str, scope: Scope) -> Iterator[Finding]:
    expression = _parsed(text)
    if isinstance(expression, str):
        yield path, "expression", expression
        return
    for node in walk(expression):
        if isinstance(node, Call) and node.name in STATUS:
            yield path, "expression", f"{node.name} exists in conditions alone"
        problem = unresolved(node, scope, condition=False) if isinstance(node, Reference) else ""
        if problem:
            yield path, "reference", problem


def _step_condition(step: Step) -> Iterator[Finding]:
    if "condition" not in step.data:
        return
    path = (*step.path, "condition")
    expression = _parsed(str(step.data["condition"]))
    if isinstance(expression, str):
        yield path, "expression", expression
        return
    calls = {node.name for node in walk(expression) if isinstance(node, Call)}
    if not calls & set(STATUS):
        yield path, "condition", "the condition of a step does not say whether it runs after a failure"
    for reference in references(expression):
        if reference.context != "variables":
            yield path, "reference", f"{reference.context} does not exist in a step"


def _parsed(text: str) -> Expression | str:
    """The expression, or why it is none. What is known at compile time may stand for anything, here for a number."""
    try:
        return parse(COMPILED.sub("0", text))
    except Unreadable as unreadable:
        return f"{text!r} is no expression: {unreadable}"


def _says_when(expression: Expression) -> bool:
    match expression:
        case Call("and", (first, *others)):
            asks = any(reference.context == "dependencies" for one in others for reference in references(one))
            return first == _SUCCEEDED or (first in _OTHER_HEADS and asks)
    return expression in _COMPLETE


def _status_arguments(path: KeyPath, expression: Expression, depends_on: tuple[str, ...]) -> Iterator[Finding]:
    for node in walk(expression):
        if isinstance(node, Call) and node.name in STATUS:
            for argument in node.arguments:
                if not (isinstance(argument, Literal) and argument.text in depends_on):
                    yield path, "reference", f"{node.name} asks for something that is not in dependsOn"
