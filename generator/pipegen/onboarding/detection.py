"""What a repository says of itself before anybody is asked: its host, its default branch, its CI systems."""

from __future__ import annotations

import re
from pathlib import Path

from pipegen.config import Host
from pipegen.onboarding.git import git
from pipegen.targets import TARGETS, Target

_SYSTEMS: tuple[tuple[str, Host], ...] = (
    (r"dev\.azure\.com|visualstudio\.com|azure", "azure-repos"),
    (r"github", "github"),
    (r"gitlab", "gitlab"),
    (r"bitbucket", "bitbucket"),
)
# Either `scheme://user@host:port/path` or what ssh also takes, `user@host:path`.
_REMOTE = re.compile(r"(?:[a-z+]+://)?(?:[^/@]+@)?(?P<host>[A-Za-z0-9.-]+)[:/]")


def detected_host(root: Path) -> Host | None:
    """Who serves the repository, by the address it was cloned from."""
    names = (git(root, "remote") or "").split()
    name = "origin" if "origin" in names else next(iter(names), None)
    return host_of(git(root, "remote", "get-url", name) or "") if name else None


def host_of(address: str) -> Host | None:
    match = _REMOTE.match(address.strip())
    server = match["host"].lower() if match else ""
    return next((host for pattern, host in _SYSTEMS if re.search(pattern, server)), None)


def detected_branch(root: Path) -> str:
    """The default branch: what the remote says, else the branch that is checked out, else `main`."""
    remote = git(root, "symbolic-ref", "--short", "refs/remotes/origin/HEAD")
    if remote:
        return remote.strip().removeprefix("origin/")
    return (git(root, "symbolic-ref", "--short", "HEAD") or "main").strip()


def detected_targets(root: Path, host: Host) -> tuple[str, ...]:
    """The CI systems that the repository has files of, and the one that its host brings; else those tied to no host."""
    found = tuple(name for name, target in TARGETS.items() if host in target.HOSTS or _is_used(root, target))
    return found or tuple(name for name, target in TARGETS.items() if not target.HOSTS)


def _is_used(root: Path, target: Target) -> bool:
    return any((root / sign).exists() for sign in target.SIGNS)
