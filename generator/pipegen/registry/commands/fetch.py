"""`pipegen registry fetch`: a file that was kept under a key."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

from pipegen.registry.keeping import fetch
from pipegen.registry.names import key_name
from pipegen.registry.opening import add_registry_options, store_of
from pipegen.registry.options import checked

DESCRIPTION = """\
Get the file that is kept under a key, and the digest that was recorded with it. Nothing is written unless the file has
that digest.
"""
EPILOG = """\
example, as the `get` of a spec's store:
  pipegen registry fetch
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    key, out = (os.environ.get(f"PIPEGEN_ARTIFACT{part}") or None for part in ("_KEY", "_FILE"))
    add = parser.add_argument
    add(
        "--key",
        type=checked(key_name),
        default=key,
        required=key is None,
        help="for example churn/source-4f1c.../model (default: $PIPEGEN_ARTIFACT_KEY)",
    )
    add(
        "--out",
        type=Path,
        default=out,
        required=out is None,
        metavar="FILE",
        help="where the file goes (default: $PIPEGEN_ARTIFACT_FILE)",
    )
    add(
        "--digest-out",
        type=Path,
        default=os.environ.get("PIPEGEN_ARTIFACT_DIGEST_FILE") or None,
        metavar="FILE",
        help="where the recorded digest goes (default: $PIPEGEN_ARTIFACT_DIGEST_FILE, else nowhere)",
    )
    add_registry_options(parser)


def run(arguments: argparse.Namespace) -> Iterator[str]:
    yield fetch(store_of(arguments), arguments.key, arguments.out, arguments.digest_out)
