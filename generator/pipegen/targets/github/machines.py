"""The machines that jobs run on, by the labels that pipegen.toml gives to their names."""

from __future__ import annotations

from pipegen.config import CHECK_RUNNER, Config
from pipegen.targets.github.names import TARGET
from pipegen.yaml_text import Flow, Node

HOSTED = "ubuntu-24.04"
"""The machine of jobs that ask for no other."""

HOSTED_MINUTES = 6 * 60
"""After how long GitHub ends a job on its own machines."""

_SELF_HOSTED = "self-hosted"


def labels(runner: str | None, config: Config) -> tuple[str, ...]:
    """The labels that a machine has all of; `runner` None is the ordinary one, which pipegen's own jobs have too."""
    given = config.runner(TARGET, runner)
    if given is not None:
        return given.labels
    if runner is None:
        return (HOSTED,)
    return labels(None, config) if runner == CHECK_RUNNER else (_SELF_HOSTED, runner)


def runs_on(runner: str | None, config: Config) -> Node:
    found = labels(runner, config)
    return found[0] if len(found) == 1 else Flow(found)


def is_hosted(runner: str | None, config: Config) -> bool:
    """Whether the machines are GitHub's own, which are new for every job."""
    return _SELF_HOSTED not in {label.lower() for label in labels(runner, config)}
