"""Names in a Jenkinsfile: methods, and stages that no two share."""

from __future__ import annotations

from pipegen.delivery import Delivery, Pipeline
from pipegen.quoting import one_line

_LONGEST = 100


def method_name(prefix: str, job_id: str) -> str:
    """`job` and `deploy-prod` give `jobDeployProd`.

    A part that begins with a digit keeps an underscore, so that different ids give different names.
    """
    return prefix + "".join(f"_{part}" if part[:1].isdigit() else part.capitalize() for part in job_id.split("-"))


class StageNames:
    """Hands out names of stages.

    Declarative refuses equal names side by side and finds the stage to mark as failed by its name, so a name is given
    out once in a file; some of its views ignore case.
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, wanted: str, distinction: str) -> str:
        """The wanted name on one line, or with `distinction` behind it if it is taken."""
        name = short(one_line(wanted))
        if name.casefold() in self._taken:
            name = f"{name} ({distinction})"
        number = 2
        while name.casefold() in self._taken:
            name = f"{short(one_line(wanted))} ({distinction} {number})"
            number += 1
        self._taken.add(name.casefold())
        return name


def short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3].rstrip() + "..."


def job_name(delivery: Delivery, pipeline: Pipeline) -> str:
    """What the multibranch job of a pipeline is called wherever it is spoken of."""
    return f"{delivery.model}-{pipeline.id}"
