"""What goes wrong with a registry, for people: what it is and what to do."""

from __future__ import annotations


class RegistryError(Exception):
    """What cannot be done: wrong usage, unreadable input, a registry that does not answer."""

    exit_code = 2


class RefusedError(RegistryError):
    """What is not done because something stands against it."""

    exit_code = 1


class NotFoundError(RefusedError):
    """What was looked for is not there."""


class StoppedError(RegistryError):
    """The registry did not do what it was asked; the same command again goes on from there."""
