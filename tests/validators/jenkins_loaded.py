"""The structure of a review that the run of the verdict loads: stages of a script, each with an agent of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from . import jenkins_words as words
from .jenkins_file import Finding, Jenkinsfile, Node

METHOD = "review"


def findings(jenkinsfile: Jenkinsfile) -> Iterator[Finding]:
    if jenkinsfile.handed_back is None:
        yield 1, "loaded", "a loaded file ends with `return this`, or its methods cannot be called"
    if METHOD not in jenkinsfile.methods:
        yield 1, "loaded", f"there is no method {METHOD}"
    for node in jenkinsfile.walk():
        if "Library" in node.annotations:
            yield node.line, "loaded", "libraries come from the file that loads this one"
        if node.kind == "Call" and not node.on and node.name in words.WAITING:
            yield node.line, "waiting", f"{node.name} waits for somebody else, and a review waits for nobody"
    stages = jenkinsfile.methods.get(METHOD, ())
    yield from _stages(stages)
    yield from _names(stages)


def _stages(nodes: Sequence[Node]) -> Iterator[Finding]:
    """Stages in order or side by side: the run has no agent, so there is nothing else to do."""
    for node in nodes:
        if node.name == "parallel" and node.named and not node.arguments:
            for branch in node.named.values():
                yield from _stages(branch.body or ())
        elif node.name == "stage" and node.text and node.body:
            yield from _stage(node)
        else:
            yield node.line, "outside-stage", f"{node.name or node.kind} stands outside of the stages"


def _stage(stage: Node) -> Iterator[Finding]:
    for node in stage.body or ():
        if node.name in {"parallel", "stage"}:
            yield from _stages((node,))
        elif node.name != "node" or not node.text or node.body is None:
            yield node.line, "outside-agent", f"{node.name or node.kind} has no agent in stage {stage.text!r}"


def _names(nodes: Sequence[Node]) -> Iterator[Finding]:
    stages = [each for node in nodes for each in node.walk() if each.name == "stage" and each.body is not None]
    often = Counter(str(stage.text).casefold() for stage in stages)
    for stage in stages:
        if often[str(stage.text).casefold()] > 1:
            yield stage.line, "stage-name", f"stage {stage.text!r} is not unique"
