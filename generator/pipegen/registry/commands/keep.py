"""`pipegen registry keep`: a file under a key, for a branch that takes what another one made."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

from pipegen.registry.keeping import keep
from pipegen.registry.names import digest_text, key_name
from pipegen.registry.opening import add_registry_options, store_of
from pipegen.registry.options import checked

DESCRIPTION = """\
Keep a file and its digest under a key. The same file again changes nothing. Another file under the same key is refused:
under a version always, under the digest of a source tree unless --replace says that the newest shall count.
"""
EPILOG = """\
example, as the `put` of a spec's store:
  pipegen registry keep
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    key, file, digest = (os.environ.get(f"PIPEGEN_ARTIFACT{part}") or None for part in ("_KEY", "_FILE", "_DIGEST"))
    add = parser.add_argument
    add(
        "--key",
        type=checked(key_name),
        default=key,
        required=key is None,
        help="for example churn/source-4f1c.../model (default: $PIPEGEN_ARTIFACT_KEY)",
    )
    add("--file", type=Path, default=file, required=file is None, help="the file (default: $PIPEGEN_ARTIFACT_FILE)")
    add(
        "--digest",
        type=checked(digest_text),
        default=digest,
        metavar="SHA256",
        help="what the file must have (default: $PIPEGEN_ARTIFACT_DIGEST, else it is not asked)",
    )
    add("--replace", action="store_true", help="let another result of the same sources count from now on")
    add_registry_options(parser)


def run(arguments: argparse.Namespace) -> Iterator[str]:
    store = store_of(arguments)
    yield keep(store, arguments.key, arguments.file, arguments.digest, replace=arguments.replace)
