"""The actions that generated workflows use, each pinned to the commit of a release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipegen.config import Config
from pipegen.yaml_text import Commented

RELEASES = {
    "actions/cache": ("v5.0.5", "27d5ce7f107fe9357f9df03efb73ab90386fccae"),
    "actions/checkout": ("v7.0.1", "3d3c42e5aac5ba805825da76410c181273ba90b1"),
    "actions/download-artifact": ("v8.0.1", "3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c"),
    "actions/setup-python": ("v7.0.0", "5fda3b95a4ea91299a34e894583c3862153e4b97"),
    "actions/upload-artifact": ("v7.0.0", "bbbca2ddaa5d8feaa63e36b76fdaad77386f024f"),
}
"""Action -> (version, commit of its tag)."""


@dataclass(frozen=True, slots=True)
class PinnedAction:
    """A GitHub action at a commit of 40 hexadecimal digits; `version` is for people."""

    version: str
    commit: str


def own_pins(config: Config) -> Mapping[str, PinnedAction]:
    """The releases that pipegen.toml names instead."""
    own = config.own.get("github")
    return own if isinstance(own, Mapping) else {}


def pinned(action: str, config: Config) -> Commented:
    """The value of `uses`: nothing but a commit stays what it was; the comment tells people and bots the version."""
    given = own_pins(config).get(action)
    version, commit = (given.version, given.commit) if given else RELEASES[action]
    return Commented(f"{action}@{commit}", version)
