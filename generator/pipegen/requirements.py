"""What the repository's check installs: pipegen as pinned, and all that it needs, each package with its hashes."""

from __future__ import annotations

from pipegen.config import Pin
from pipegen.plan.gates import requirement
from pipegen.resources import TEMPLATES

LOCK = TEMPLATES / "requirements.txt"
"""The packages that this pipegen needs, locked for every system and every Python that it runs on."""


REGISTRY_LOCK = TEMPLATES / "requirements-registry.txt"
"""The same, and what reaching a registry needs."""


def requirements(pin: Pin) -> str:
    """The text of a requirements file for `pip install --require-hashes`, run at the root of the repository."""
    lock = LOCK.read_text("utf-8")
    return f"# What the check `pipegen` of pull requests installs.\n{requirement(pin)}\n{lock}"


def registry_requirements(pin: Pin) -> str:
    """The same for jobs that reach the registry."""
    lock = REGISTRY_LOCK.read_text("utf-8")
    return f"# What jobs install that reach the registry of models.\n{requirement(pin)}\n{lock}"
