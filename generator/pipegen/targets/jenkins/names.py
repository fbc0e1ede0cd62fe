"""Names on Jenkins: agents, teams, files and jobs, methods, and stages that no two share."""

from __future__ import annotations

from pipegen.config import CHECK_RUNNER, Config
from pipegen.delivery import VERDICT, Approval, Delivery, Pipeline, Review
from pipegen.quoting import one_line

TARGET = "jenkins"
"""What pipegen.toml calls this target."""
FOLDER = "jenkins"
ORDINARY = "linux"
"""The label of the agents that run what names no runner, where pipegen.toml gives them no other."""

_LONGEST = 100


def label(runner: str | None, config: Config) -> str:
    """The expression that an agent's labels must meet; `runner` None is the ordinary one."""
    given = config.runner(TARGET, runner)
    if given is not None:
        return " && ".join(given.labels)
    if runner is None:
        return ORDINARY
    return label(None, config) if runner == CHECK_RUNNER else runner


def own_libraries(config: Config) -> tuple[str, ...]:
    """The shared libraries of pipegen.toml, each `name@version`."""
    own = config.own.get(TARGET)
    return own if isinstance(own, tuple) else ()


def approvers(approval: Approval, config: Config) -> tuple[str, ...]:
    """The groups and people of an approval as Jenkins knows them, which ignores case; two of one name are one."""
    names: dict[str, str] = {}
    for each in approval.approvers:
        name = config.team(TARGET, each).removeprefix("@")
        names.setdefault(name.casefold(), name)
    return tuple(names.values())


def path(delivery: Delivery, pipeline: Pipeline) -> str:
    """The file of a pipeline; a review's is no Jenkinsfile, for the run of the verdict loads it."""
    suffix = "groovy" if isinstance(pipeline.event, Review) else "Jenkinsfile"
    return f"{FOLDER}/{delivery.model}/{pipeline.id}.{suffix}"


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
    """What the multibranch job of a pipeline is called wherever it is spoken of; all reviews run in one."""
    return VERDICT if isinstance(pipeline.event, Review) else f"{delivery.model}-{pipeline.id}"
