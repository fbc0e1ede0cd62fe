"""Addresses as they may be shown."""

from __future__ import annotations

import re

_SECRET = re.compile(r"(?<=://)[^/@\s]+(?=@)")


def address(uri: str) -> str:
    """A URI without the name and password that it may carry."""
    return _SECRET.sub("***", uri)
