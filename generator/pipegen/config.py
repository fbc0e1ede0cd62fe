"""What an organisation decides once for all its models: pipegen.toml."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Host = Literal["github", "azure-repos", "gitlab", "bitbucket", "other"]
HOSTS: tuple[Host, ...] = ("github", "azure-repos", "gitlab", "bitbucket", "other")


@dataclass(frozen=True, slots=True)
class Pin:
    """Exactly which pipegen the pipelines install, in an environment of its own.

    `wheel` is an https address or a path in the repository; without it the version comes from `index`. `sha256` is the
    wheel's.
    """

    version: str
    sha256: str
    index: str = "https://pypi.org/simple"
    wheel: str | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """Settings of the repository.

    `host` serves the repository and enforces merge approvals; `pin` None: pipelines cannot install pipegen.
    """

    host: Host = "github"
    default_branch: str = "main"
    targets: tuple[str, ...] = ("azure", "github", "jenkins")
    pin: Pin | None = None
