"""How large the JVM method becomes into which Jenkins compiles the stages of a `pipeline` block or of a review.

Jenkins makes one expression of them, and the JVM takes at most 65 535 bytes in a method. Only a controller can
say for certain, so the estimate stays below the largest block that the tests of Jenkins' own plugin compile, which is
put at 59 371 bytes when it is measured as ours are (tests/validators/groovy/CpsSize.groovy; a test compares).
"""

from __future__ import annotations

from collections.abc import Iterable

from pipegen.targets.jenkins.view import Jenkinsfile, Stage

LIMIT = 59_000

_FILE = 2_000
_PARAMETER = 190
_STAGE = 390
_CALL = 390
_IMAGE = 170
_QUESTION = 370
_LOCK = 260
_CLOSING = 200
_CONDITION = 400

_REVIEW = 150
_REVIEW_STAGE = 620
_REVIEW_BRANCH = 130
_REVIEW_IMAGE = 280
_REVIEW_SIDE_BY_SIDE = 60


def model_bytes(file: Jenkinsfile) -> int:
    """An estimate, rather too high than too low."""
    if file.model:
        return _REVIEW + sum(map(_review_stage, file.stages))
    return _FILE + _PARAMETER * len(file.parameters) + _stages(file.stages)


def _stages(stages: Iterable[Stage]) -> int:
    return sum(_stage(stage) + _stages(stage.stages) + _stages(stage.parallel) for stage in stages)


def _stage(stage: Stage) -> int:
    parts = (
        (stage.calls, _CALL),
        (stage.agent and stage.agent.image, _IMAGE),
        (stage.ask, _QUESTION),
        (stage.hold, _LOCK),
        (stage.closes, _CLOSING),
        (stage.only or stage.concerned, _CONDITION),
    )
    return _STAGE + sum(size for present, size in parts if present)


def _review_stage(stage: Stage) -> int:
    """Stages of a script: there are neither conditions nor locks."""
    image = _REVIEW_IMAGE if stage.agent and stage.agent.image else 0
    beside = _REVIEW_SIDE_BY_SIDE + _REVIEW_BRANCH * len(stage.parallel)
    inner = sum(map(_review_stage, (*stage.stages, *stage.parallel)))
    return beside + inner if stage.parallel else _REVIEW_STAGE + image + inner
