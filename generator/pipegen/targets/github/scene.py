"""Where a step stands."""

from __future__ import annotations

from dataclasses import dataclass

from pipegen.delivery import Job
from pipegen.targets.github.variables import File


@dataclass(frozen=True, slots=True)
class Scene:
    """The job that a step stands in, its file, and when its deployment has to be undone."""

    job: Job
    file: File
    undo: str

    @property
    def is_on_hosted_machine(self) -> bool:
        """Whether the machine is GitHub's own and bare, so that a workflow may install what it lacks."""
        return self.job.runner is None and self.job.image is None
