"""Names in a registry: semantic versions, aliases of environments, and the tags that pipegen writes."""

from __future__ import annotations

import re

from pipegen.registry.errors import RegistryError

VERSION = "pipegen.version"
DIGEST = "pipegen.digest"
COMMIT = "pipegen.commit"
SOURCE = "pipegen.source"
DATA_VERSION = "pipegen.data_version"
LINEAGE = "pipegen.lineage"
STATE = "pipegen.state"
KEY = "pipegen.key"
ARTIFACT = "pipegen.artifact."
"""Followed by the artifact's name; the value is the SHA-256 of its file."""
METRIC = "pipegen.metric."
"""Followed by the metric's name; the value is its exact decimal text."""
MOVES = "pipegen.promoted."
"""Followed by the environment; the value lists when the version got or lost the champion's alias there, and why."""

COMPLETE = "complete"
INCOMPLETE = "incomplete"

_NUMBER = r"(?:0|[1-9][0-9]*)"
_IDENTIFIER = rf"(?:{_NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_SEMVER = re.compile(
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-{_IDENTIFIER}(?:\.{_IDENTIFIER})*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)
_ENVIRONMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_MODEL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._ -]{0,199}")
_ARTIFACT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+/-]{0,249}")
_DIGEST = re.compile(r"(?:sha256:)?([0-9a-f]{64})")


def version_name(text: str) -> str:
    """A semantic version as it was written."""
    return _fitting(_SEMVER, text, "not a semantic version: write MAJOR.MINOR.PATCH, for example 1.2.0 or 2.0.0-rc.1")


def environment_name(text: str) -> str:
    """An environment as aliases can carry it."""
    return _fitting(_ENVIRONMENT, text, "not the name of an environment: letters, digits, - and _, for example prod")


def model_name(text: str) -> str:
    return _fitting(_MODEL, text, "not the name of a registered model: letters, digits, space and . _ -")


def artifact_name(text: str) -> str:
    return _fitting(_ARTIFACT_NAME, text, "not the name of an artifact: letters, digits, - and _, for example model")


def key_name(text: str) -> str:
    return _fitting(_KEY, text, "not a key: letters, digits and . _ + / -, for example churn/version-1.2.0/model")


def digest_text(text: str) -> str:
    """A SHA-256 as 64 hexadecimal digits, without the prefix that it may have."""
    found = _DIGEST.fullmatch(text.strip())
    if found is None:
        raise RegistryError(
            f"{text!r} is not a SHA-256: it has 64 hexadecimal digits, with or without 'sha256:' before"
        )
    return found[1]


def champion(environment: str) -> str:
    """The alias of the version that serves an environment."""
    return f"champion-{environment}"


def challenger(environment: str) -> str:
    """The alias of the version that is to serve an environment."""
    return f"challenger-{environment}"


def _fitting(form: re.Pattern[str], text: str, otherwise: str) -> str:
    if form.fullmatch(text):
        return text
    raise RegistryError(f"{text!r} is {otherwise}")
