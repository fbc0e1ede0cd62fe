"""GitLab CI: a file with the jobs of all pipelines of a model, which the repository's own includes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipegen.config import Config, Host
from pipegen.delivery import Delivery, Verdict
from pipegen.targets.gitlab.capabilities import capabilities
from pipegen.targets.gitlab.document import model_files
from pipegen.targets.gitlab.names import FOLDER, ROOT_FILE
from pipegen.targets.gitlab.root import root_files

if TYPE_CHECKING:
    from pipegen.config.platforms import TargetSettings

__all__ = [
    "COMMENT",
    "EXAMPLE",
    "FOLDERS",
    "HOSTS",
    "PATTERNS",
    "SIGNS",
    "TITLE",
    "capabilities",
    "render",
    "root",
    "settings",
]

TITLE = "GitLab CI"
FOLDERS = (FOLDER,)
COMMENT = "#"
PATTERNS = (f"/{FOLDER}/**/*.yml", f"/{ROOT_FILE}")
SIGNS = (ROOT_FILE,)
HOSTS: tuple[Host, ...] = ("gitlab",)
EXAMPLE = """[gitlab.runners]
gpu = ["linux", "gpu"]
[gitlab.teams]
ml-release = "acme/ml-release"
"""


def render(delivery: Delivery, config: Config) -> dict[str, str]:
    return dict(model_files(delivery, config))


def root(config: Config, verdict: Verdict | None) -> dict[str, str]:
    """The file that GitLab reads first, and what all jobs have in common."""
    return root_files(config, verdict)


def settings() -> type[TargetSettings]:
    """The shape of [gitlab] in pipegen.toml."""
    from pipegen.targets.gitlab.table import GitLab  # noqa: PLC0415  (pydantic is for who has the file)

    return GitLab
