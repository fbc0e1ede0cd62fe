"""Where a step stands."""

from __future__ import annotations

from dataclasses import dataclass

from pipegen.delivery import Job
from pipegen.targets.github.machines import is_hosted
from pipegen.targets.github.variables import File


@dataclass(frozen=True, slots=True)
class Scene:
    """The job that a step stands in, its file, and when its deployment has to be undone.

    `may_refuse`: the job opens with a step that refuses what belongs to an earlier attempt.
    """

    job: Job
    file: File
    undo: str
    may_refuse: bool

    @property
    def is_on_hosted_machine(self) -> bool:
        """Whether the machine is GitHub's own and bare, so that a workflow may install what it lacks."""
        return self.job.image is None and is_hosted(self.job.runner, self.file.config)
