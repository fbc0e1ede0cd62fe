"""What a Jenkinsfile of this project always has, and what it never has.

The letters are those of the list of hardening rules: J for Jenkins, H for all systems.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .jenkins_file import Finding, Jenkinsfile, Node
from .jenkins_structure import section

_FORBIDDEN = re.compile(r"\b(?:rawBuild|getRawBuild|Jenkins|Hudson|GroovyShell|Eval|Runtime|System|Thread)\b")
_OPTIONS = {
    "disableRestartFromStage": "J7: a restart begins behind the approval",
    "skipStagesAfterUnstable": "J8: an unstable build goes on to deploy",
    "buildDiscarder": "J10: builds are kept for ever",
}
_SHEBANGS = ("#!/usr/bin/env bash\n", "#!/bin/bash\n")
_LIBRARIES = re.compile(r"@Library\(([^)]*)\)")
_LIBRARY = re.compile(r"['\"]([^'\"]*)['\"]")


def findings(jenkinsfile: Jenkinsfile) -> Iterator[Finding]:
    for node in jenkinsfile.walk():
        yield from _forbidden(node)
        yield from _script(node)
        yield from _image(node)
    for library in _LIBRARY.findall(" ".join(_LIBRARIES.findall(jenkinsfile.text))):
        if "@" not in library:
            yield 1, "library", f"J4: library {library!r} has no version"
    if "--junitxml" in jenkinsfile.text and not any(node.name == "junit" for node in jenkinsfile.walk()):
        yield 1, "unpublished-tests", "test results are written and never published"
    for body in jenkinsfile.methods.values():
        for node in body:
            yield from _agents(node)
    if jenkinsfile.pipeline:
        yield from _pipeline(jenkinsfile.pipeline)
        yield from _questions(jenkinsfile.pipeline, jenkinsfile.methods, timed=False)


def _forbidden(node: Node) -> Iterator[Finding]:
    """J1: what the sandbox refuses until an administrator approves it."""
    said = {"Property": node.value, "Variable": node.name, "Call": node.name, "ClassExpression": node.name}
    found = _FORBIDDEN.search(str(said.get(node.kind, "")))
    if found or (node.kind == "Call" and node.name == "execute" and node.on):
        yield node.line, "sandbox", f"J1: {found[0] if found else 'execute'} leaves the sandbox"


def _script(node: Node) -> Iterator[Finding]:
    script = node.named.get("script") or (node.arguments[0] if node.arguments else None)
    if node.kind != "Call" or node.name != "sh" or node.on or not script or not isinstance(script.value, str):
        return
    if not script.value.startswith(_SHEBANGS):
        yield node.line, "shebang", "H9: Jenkins runs sh, which on many agents is not bash"
    if "set -euo pipefail" not in script.value:
        yield node.line, "strict", "H9: set -euo pipefail"


def _image(node: Node) -> Iterator[Finding]:
    image = node.named.get("image") or (
        node.arguments[0] if node.name in {"image", "docker"} and node.arguments else None
    )
    if image and isinstance(image.value, str) and "@sha256:" not in image.value:
        yield node.line, "image", f"H6: {image.value} is no digest"


def _pipeline(pipeline: Node) -> Iterator[Finding]:
    agent = section(pipeline, "agent")
    if not agent or [one.name for one in agent.arguments] != ["none"]:
        yield pipeline.line, "agent-none", "J5: an agent at the top is held while people are asked"
    options = {node.name for node in (section(pipeline, "options") or Node("", 0)).body or ()}
    for name, without in _OPTIONS.items():
        if name not in options:
            yield pipeline.line, "option", f"{without}: {name}"
    for block in pipeline.walk():
        if block.name in {"pipeline", "stage"} and block.body is not None:
            yield from _environment(block)
    yield from _stages(pipeline, timed=False)


def _agents(block: Node) -> Iterator[Finding]:
    """H4: nothing runs on an agent, in a container or not, but what has a limit."""
    for node in block.walk():
        if node.name in {"node", "inside"} and node.body is not None:
            for inner in node.body:
                if inner.name not in {"timeout", "inside"}:
                    yield inner.line, "agent-timeout", f"H4: {inner.name or inner.kind} on an agent has no timeout"


def _environment(block: Node) -> Iterator[Finding]:
    found = section(block, "environment")
    for node in found.walk() if found else ():
        if node.name == "credentials":
            yield node.line, "credentials", "J3: every step of every branch below sees this credential"


def _stages(block: Node, *, timed: bool) -> Iterator[Finding]:
    for node in block.body or ():
        if node.name in {"stages", "parallel", "matrix"}:
            yield from _stages(node, timed=timed)
        if node.name == "stage" and node.body is not None:
            inside = timed or "timeout" in _stage_options(node)
            yield from _stage(node, timed=inside)
            yield from _stages(node, timed=inside)


def _stage(stage: Node, *, timed: bool) -> Iterator[Finding]:
    if _undoes(stage) and "lock" not in _stage_options(stage):
        yield stage.line, "lock", f"J6: two runs may be in stage {stage.text!r} at once"
    steps = section(stage, "steps")
    if steps and not timed and any(step.name != "timeout" for step in steps.body or ()):
        yield stage.line, "timeout", f"H4: stage {stage.text!r} has no timeout"
    when = section(stage, "when")
    if not when:
        return
    first = {node.name for node in when.body or () if node.arguments and node.arguments[0].value is True}
    wanted = {"beforeAgent", "beforeInput"} | (
        {"beforeOptions"} if _stage_options(stage) & {"lock", "timeout"} else set()
    )
    for name in sorted(wanted - first):
        yield when.line, "when-order", f"J5: {name} true, or the branch pays first and is asked whether it should later"
    for node in when.walk():
        if node.name == "changeset" and str(node.text).endswith("/*"):
            yield node.line, "glob", f"{node.text!r} is not recursive"


def _undoes(stage: Node) -> bool:
    """Whether the stage deploys: only a deployment is undone, or closed, when it ends.

    A lock and not disableConcurrentBuilds() is asked for: that makes builds wait in the queue, where Jenkins merges
    equal ones, so that merges would be dropped.
    """
    post = section(stage, "post")
    return post is not None and any(
        node.name == "unsuccessful" or node.name.startswith("close") for node in post.walk()
    )


def _stage_options(stage: Node) -> set[str]:
    return {node.name for node in (section(stage, "options") or Node("", 0)).body or ()}


def _questions(block: Node, methods: dict[str, tuple[Node, ...]], *, timed: bool) -> Iterator[Finding]:
    """J9: an `input` waits inside a timeout, wherever the method that asks is called from."""
    if block.name == "stage" and "timeout" in _stage_options(block):
        timed = True
    if block.name == "input" and block.kind == "Call":
        if not timed:
            yield block.line, "question-timeout", "J9: nothing ends this question"
        if "submitter" not in block.named and not section(block, "submitter"):
            yield block.line, "question-submitter", "anybody may answer this question"
    inner = methods.get(block.name, ()) if block.kind == "Call" and not block.on else ()
    others = {name: body for name, body in methods.items() if name != block.name}
    for node in inner:
        yield from _questions(node, others, timed=timed)
    for node in block.inside():
        yield from _questions(node, methods, timed=timed or block.name == "timeout")
