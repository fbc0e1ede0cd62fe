"""What Groovy does not know of a Jenkinsfile: the structure that Declarative Pipeline asks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from . import jenkins_loaded
from . import jenkins_words as words
from .jenkins_file import Finding, Jenkinsfile, Node

LARGEST_KNOWN_TO_COMPILE = 59_371
"""Bytes of one method by the estimate of CpsSize.groovy, where the JVM's limit is 65 535.

This is what it makes of 100 small stages that the plugin's own tests run without script splitting
(pipeline-model-definition: stages100WithOutsideVarAndFuncNoSplitting). The case known to break, a 19th matrix cell
(ceph-build#2643), is estimated at 3 070 bytes a cell, so at 58 000 bytes without the stages that all cells share.
"""
SCRIPT_RUNNERS = frozenset({"bash", "publish"})
"""Methods of a Jenkinsfile that hand their last argument to a shell; their calls are checked, not their bodies."""
_LONGEST_TEXT = 65_535


def findings(jenkinsfile: Jenkinsfile) -> Iterator[Finding]:
    """A `.groovy` file is one that a Jenkinsfile loads."""
    yield from _script_level(jenkinsfile)
    yield from _sizes(jenkinsfile)
    yield from _texts(jenkinsfile)
    yield from _calls(jenkinsfile)
    if jenkinsfile.is_loaded:
        yield from jenkins_loaded.findings(jenkinsfile)
        return
    pipeline = jenkinsfile.pipeline
    if not pipeline:
        yield 1, "section", "there is no pipeline block"
        return
    yield from _sections(pipeline, words.PIPELINE, "pipeline", required=("agent", "stages"))
    yield from _options(pipeline, words.OPTIONS)
    yield from _named_blocks(pipeline, "triggers", words.TRIGGERS)
    yield from _named_blocks(pipeline, "parameters", words.PARAMETERS)
    stages = [node for node in pipeline.walk() if node.name == "stage" and node.body is not None]
    for stage in stages:
        yield from _stage(stage)
    for one in (pipeline, *stages):
        yield from _parts(one)
    for node in pipeline.walk():
        if node.body == () and not node.on:
            yield node.line, "section", f"{node.name} is empty"
    yield from _stage_names(stages)
    yield from _nesting(pipeline, inside_parallel=False)


def section(block: Node, name: str) -> Node | None:
    """The section of a pipeline or a stage, for example its options."""
    return next((node for node in block.body or () if node.name == name), None)


def _script_level(jenkinsfile: Jenkinsfile) -> Iterator[Finding]:
    """Script splitting, and helper methods, see only what is a field."""
    for node in jenkinsfile.body:
        if node in (jenkinsfile.pipeline, jenkinsfile.handed_back) or {"Field", "Library"} & set(node.annotations):
            continue
        yield node.line, "script-level", "outside the pipeline block there are methods and @Field variables alone"


def _sizes(jenkinsfile: Jenkinsfile) -> Iterator[Finding]:
    for name, size in jenkinsfile.size.items():
        if size > LARGEST_KNOWN_TO_COMPILE:
            message = f"{name} becomes a method of about {size} bytes; {LARGEST_KNOWN_TO_COMPILE} are known to compile"
            yield 1, "method-size", message


def _texts(jenkinsfile: Jenkinsfile) -> Iterator[Finding]:
    for node in jenkinsfile.walk():
        if node.kind == "GString":
            yield node.line, "gstring", f'"{node.value}" is put together by Groovy, not by the shell'
        if node.kind == "Constant" and isinstance(node.value, str) and len(node.value.encode()) > _LONGEST_TEXT:
            yield node.line, "text-size", f"the JVM takes {_LONGEST_TEXT} bytes in one text"


def _calls(jenkinsfile: Jenkinsfile) -> Iterator[Finding]:
    """Calls of scripts and methods; those of `steps` and `post` are checked where they stand."""
    for body in jenkinsfile.methods.values():
        for node in body:
            yield from _unknown_steps(node, jenkinsfile.methods.keys() | words.SCRIPTED)
    for node in jenkinsfile.walk():
        if node.name in {"steps", *words.POST} and node.kind == "Call" and node.body is not None and not node.on:
            yield from _steps(node, jenkinsfile.methods.keys())
    for method, body in {"": jenkinsfile.body, **jenkinsfile.methods}.items():
        for node in (inner for statement in body for inner in statement.walk()):
            if node.on or method in SCRIPT_RUNNERS:
                continue
            if node.name == "sh":
                yield from _constant(node, node.named.get("script"))
            elif node.name in SCRIPT_RUNNERS:
                yield from _constant(node, node.arguments[-1] if node.arguments else None)


def _steps(block: Node, methods: AbstractSet[str]) -> Iterator[Finding]:
    """Declarative takes calls of steps and nothing else outside of `script`."""
    for node in block.body or ():
        if node.kind != "Call" or node.on:
            yield node.line, "statement", "Groovy that is no step belongs into script { }"
        elif node.name == "script":
            yield from _unknown_steps(node, methods)
        else:
            yield from _unknown_step(node, methods)
            yield from _steps(node, methods)


def _unknown_steps(block: Node, methods: AbstractSet[str]) -> Iterator[Finding]:
    for node in block.walk():
        if node.kind == "Call" and not node.on:
            yield from _unknown_step(node, methods | words.SYMBOLS)


def _unknown_step(node: Node, known: AbstractSet[str]) -> Iterator[Finding]:
    if node.name not in words.STEPS | known:
        yield node.line, "step", f"{node.name!r} is not a known step"


def _constant(node: Node, named: Node | None) -> Iterator[Finding]:
    """A script is one constant text, or constants put together where one would be too long for the JVM."""
    script = named or (node.arguments[0] if len(node.arguments) == 1 else None)
    if script is None or any(each.kind not in {"Constant", "BinaryExpression"} for each in script.walk()):
        yield node.line, "sh", "a shell gets constant text"


def _sections(block: Node, known: AbstractSet[str], name: str, required: tuple[str, ...] = ()) -> Iterator[Finding]:
    often = Counter(node.name for node in block.body or ())
    for node in block.body or ():
        if node.name not in known or often[node.name] > 1:
            yield node.line, "section", f"{node.name or node.kind!r} does not belong into {name}, or stands there twice"
    for one in required:
        if one not in often:
            yield block.line, "section", f"{name} has no {one}"


def _stage(stage: Node) -> Iterator[Finding]:
    yield from _sections(stage, words.STAGE, "stage")
    yield from _options(stage, words.STAGE_OPTIONS)
    contents = [node.name for node in stage.body or () if node.name in words.CONTENT]
    if len(contents) != 1:
        yield stage.line, "section", "a stage has exactly one of steps, stages, parallel and matrix"
    when = section(stage, "when")
    if when:
        yield from _when(when)
    question = section(stage, "input")
    if question:
        yield from _sections(question, words.INPUT, "input", required=("message",))


def _parts(block: Node) -> Iterator[Finding]:
    """What pipelines and stages have in common."""
    for name, known in (("post", words.POST), ("agent", words.AGENTS)):
        yield from _named_blocks(block, name, known)
    agent = section(block, "agent")
    if agent and agent.body is None and [one.name for one in agent.arguments] not in (["none"], ["any"]):
        yield agent.line, "agent", "an agent is none, any or a block"
    for node in (section(block, "environment") or Node("", 0)).body or ():
        if node.kind != "BinaryExpression":
            yield node.line, "section", "environment holds NAME = value alone"
    for node in (section(block, "stages") or Node("", 0)).body or ():
        if node.name != "stage" or node.body is None or not node.text:
            yield node.line, "section", "stages holds stage('name') { } alone"


def _options(block: Node, known: AbstractSet[str]) -> Iterator[Finding]:
    return _named_blocks(block, "options", known)


def _named_blocks(block: Node, name: str, known: AbstractSet[str]) -> Iterator[Finding]:
    found = section(block, name)
    for node in (found.body if found else None) or ():
        if node.name not in known:
            yield node.line, name, f"{node.name or node.kind!r} is not known in {name}"


def _when(block: Node) -> Iterator[Finding]:
    conditions = [node for node in block.body or () if node.name not in words.WHEN_ORDER]
    if not conditions or (block.name == "not" and len(conditions) > 1):
        yield block.line, "when", f"{block.name} has {len(conditions)} conditions"
    for node in conditions:
        if node.name not in words.WHEN:
            yield node.line, "when", f"{node.name or node.kind!r} is not a known condition"
        if node.name in words.WHEN_NESTING:
            yield from _when(node)


def _stage_names(stages: list[Node]) -> Iterator[Finding]:
    often = Counter(stage.text for stage in stages)
    for stage in stages:
        if often[stage.text] > 1:
            yield stage.line, "stage-name", f"stage {stage.text!r} is not unique"


def _nesting(block: Node, *, inside_parallel: bool) -> Iterator[Finding]:
    for node in block.body or ():
        parallel = node.name in {"parallel", "matrix"} and node.body is not None
        if parallel and inside_parallel:
            yield node.line, "nesting", f"{node.name} stands inside another parallel or matrix"
        yield from _nesting(node, inside_parallel=inside_parallel or parallel)
