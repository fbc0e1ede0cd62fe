"""Which stages of Jenkinsfiles hold what an environment owns, and what stands before them.

Stages take place one after the other, and none after one that failed; a `post` takes place however its stage ended. An
approval is a call of `askForApproval` in the steps of a stage. The review of a model is no Jenkinsfile: the run of the
check loads it, and so everything in it takes place on reviews.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from conformance.secret_scope import Guarded, Holder, UnknownConstruct
from pipegen.targets import Files

_METHOD = re.compile(r"^[A-Za-z]\w* (\w+)\(.*\) \{$", re.MULTILINE)
_CREDENTIAL = re.compile(r"credentialsId: ('[^']*'|[^,)\s]+)")
_CALL = re.compile(r"\b(\w+)\(")
_APPROVAL = re.compile(r"askForApproval\( id: '([^']+)',")
_BLOCK = re.compile(
    r"pipeline|agent|docker|stages|parallel|steps|post|when|options|triggers|parameters|always|failure|unsuccessful|aborted|anyOf|allOf"
    r"|stage\('.*'\)|timeout\(time: \d+, unit: 'MINUTES'\)"
)
_STAGE = re.compile(r"stage\('(.*)'\)")
_NO_REVIEW = re.compile(
    r"not \{ changeRequest\(\) \}|triggeredBy 'UserIdCause'|tag pattern: '[^']+', comparator: '\w+'"
)
"""Each of these keeps out a run that a pull request started; inside `anyOf` it would not."""


def holders(files: Files, guarded: Guarded) -> Iterator[Holder]:
    for path, text in files.items():
        yield from _File(path, text, guarded).holders()


@dataclass
class _Block:
    """A block of the pipeline, and the lines and blocks in it."""

    header: str
    lines: list[str] = field(default_factory=list)
    blocks: list[_Block] = field(default_factory=list)

    def of(self, header: str) -> list[_Block]:
        return [each for each in self.blocks if each.header == header]

    @property
    def stages(self) -> list[_Block]:
        return [each for each in self.blocks if each.header.startswith("stage(")]


def _blocks(path: str, lines: Iterator[str]) -> _Block:
    """The pipeline of a file, which is written a statement a line."""
    top = _Block("")
    opened = [top]
    for line in (each.strip() for each in lines):
        if line.endswith("{") and not line.startswith("//"):
            block = _Block(line.removesuffix("{").strip())
            if not _BLOCK.fullmatch(block.header):
                raise UnknownConstruct(f"{path}: {block.header}")
            opened[-1].blocks.append(block)
            opened.append(block)
        elif line == "}":
            opened.pop()
            if opened == [top]:
                return top.blocks[0]
        elif line and not line.startswith("//"):
            opened[-1].lines.append(line)
    raise UnknownConstruct(f"{path}: a pipeline without an end")


@dataclass(frozen=True)
class _Way:
    """How the run came to a place: approvals that were given, and whether a pull request gets there."""

    behind: frozenset[str] = frozenset()
    on_reviews: bool = True

    def into(self, stage: _Block) -> _Way:
        guards = [line for when in stage.of("when") for line in when.lines]
        return replace(self, on_reviews=False) if any(map(_NO_REVIEW.fullmatch, guards)) else self

    def after(self, approvals: frozenset[str]) -> _Way:
        return replace(self, behind=self.behind | approvals)


@dataclass
class _File:
    path: str
    text: str
    guarded: Guarded

    def holders(self) -> Iterator[Holder]:
        calls = list(self._calls())
        reached = {name for _, method, _ in calls for name in self._called(method)}
        if unreached := self._holding - reached:
            raise UnknownConstruct(f"{self.path}: nothing calls {sorted(unreached)}")
        for place, method, way in calls:
            if self._called(method) & self._holding:
                yield Holder(self.path, f"{place} {method}".strip(), way.behind, way.on_reviews)

    # ------------------------------------------------------------ methods

    @cached_property
    def _methods(self) -> Mapping[str, str]:
        _, *parts = _METHOD.split(self.text)
        return dict(zip(parts[::2], parts[1::2], strict=True))

    @cached_property
    def _holding(self) -> set[str]:
        """Methods that bind a credential of the environment."""
        if "credentials(" in self.text:
            raise UnknownConstruct(f"{self.path}: credentials for a whole stage")
        return {name for name, body in self._methods.items() if any(map(self._is_held, _CREDENTIAL.findall(body)))}

    def _is_held(self, credential: str) -> bool:
        if not credential.startswith("'"):
            raise UnknownConstruct(f"{self.path}: the credential {credential}")
        return self.guarded.owns(credential.strip("'"))

    def _called(self, method: str) -> set[str]:
        """The method and all that it calls."""
        found, left = set[str](), [method]
        while left:
            name = left.pop()
            if name not in found and name in self._methods:
                found.add(name)
                left += _CALL.findall(self._methods[name])
        return found

    # ------------------------------------------------------------ stages

    def _calls(self) -> Iterator[tuple[str, str, _Way]]:
        """Every call of a method: from which stage, and how the run came there."""
        if not self.path.endswith(".Jenkinsfile"):
            yield from (("", name, _Way()) for name in self._methods)
            return
        lines = iter(self.text.splitlines())
        while (line := next(lines)) != "pipeline {":
            pass
        pipeline = _blocks(self.path, iter([line, *lines]))
        (stages,) = pipeline.of("stages")
        yield from self._of_stages(stages, _Way())
        yield from self._of_posts(pipeline, "", _Way())

    def _of_stages(self, stages: _Block, way: _Way) -> Iterator[tuple[str, str, _Way]]:
        for stage in stages.stages:
            yield from self._of_stage(stage, way.into(stage))
            way = way.after(_asked(stage))

    def _of_stage(self, stage: _Block, way: _Way) -> Iterator[tuple[str, str, _Way]]:
        found = _STAGE.fullmatch(stage.header)
        name = found[1] if found else ""
        for each in stage.of("steps"):
            yield from ((name, method, way) for method in _words(each))
        for each in stage.of("stages"):
            yield from self._of_stages(each, way)
        for each in stage.of("parallel"):
            for branch in each.stages:
                yield from self._of_stage(branch, way.into(branch))
        yield from self._of_posts(stage, name, way)

    def _of_posts(self, block: _Block, name: str, way: _Way) -> Iterator[tuple[str, str, _Way]]:
        yield from ((name, method, way) for each in block.of("post") for method in _words(each))


def _words(block: _Block) -> list[str]:
    return [*_CALL.findall(" ".join(block.lines)), *(word for each in block.blocks for word in _words(each))]


def _asked(stage: _Block) -> frozenset[str]:
    """The approvals without which the run does not come past the stage."""
    if stage.of("when"):
        return frozenset()
    inner = [each for name in ("stages", "parallel") for group in stage.of(name) for each in group.stages]
    steps = stage.of("steps")
    # A timeout ends what it is around; other blocks may go on whatever happens in them.
    limited = [each for step in steps for each in step.blocks if each.header.startswith("timeout(")]
    own = {name for each in (*steps, *limited) for name in _APPROVAL.findall(" ".join(each.lines))}
    return frozenset(own).union(*map(_asked, inner))
