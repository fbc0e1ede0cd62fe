"""GitLab CI: a file with the jobs of all pipelines of a model, which the repository's own includes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipegen.config import Config, Host
from pipegen.delivery import Capability, Delivery, Verdict
from pipegen.targets.gitlab.names import FOLDER, ROOT_FILE

if TYPE_CHECKING:
    from pipegen.config.platforms import TargetSettings

__all__ = [
    "COMMENT",
    "EXAMPLE",
    "FOLDERS",
    "HOSTS",
    "MOST_MODELS",
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
MOST_MODELS: int | None = 148
"""A file includes 150 others, and one of these is for all models; an administrator may raise that."""
EXAMPLE = """[gitlab.runners]
gpu = ["linux", "gpu"]
[gitlab.teams]
ml-release = "acme/ml-release"
"""


def render(delivery: Delivery, config: Config) -> dict[str, str]:
    from pipegen.targets.gitlab.document import model_files  # noqa: PLC0415  (only who renders pays for it)

    return dict(model_files(delivery, config))


def root(config: Config, verdict: Verdict | None) -> dict[str, str]:
    """The file that GitLab reads first, and what all jobs have in common."""
    from pipegen.targets.gitlab import root_files  # noqa: PLC0415  (only who renders pays for it)

    return root_files.root_files(config, verdict)


def capabilities(delivery: Delivery, config: Config) -> Iterator[Capability]:
    """What it makes of each item of a delivery."""
    from pipegen.targets.gitlab import report  # noqa: PLC0415  (only who asks pays for it)

    return report.capabilities(delivery, config)


def settings() -> type[TargetSettings]:
    """The shape of [gitlab] in pipegen.toml."""
    from pipegen.targets.gitlab.table import GitLab  # noqa: PLC0415  (pydantic is for who has the file)

    return GitLab
