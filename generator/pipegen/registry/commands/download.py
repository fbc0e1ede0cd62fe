"""`pipegen registry download`: the files of a version, checked against what was registered."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from pipegen.registry.downloading import download
from pipegen.registry.errors import NotFoundError
from pipegen.registry.lookup import by_handle, wanted, whole
from pipegen.registry.names import champion, environment_name, version_name
from pipegen.registry.opening import add_registry_options, registry_of
from pipegen.registry.options import checked
from pipegen.registry.protocol import Registered, Registry

DESCRIPTION = """\
Get the artifacts of a version, or of the champion of an environment. Nothing is left in the folder unless every file
has the digest that was registered, and no other file is there.
"""
EPILOG = """\
example:
  pipegen registry download --environment prod --out serving/
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--version", type=checked(version_name), metavar="VERSION", help="this version")
    which.add_argument(
        "--environment", type=checked(environment_name), metavar="ENVIRONMENT", help="the champion of this environment"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the files go")
    add_registry_options(parser)


def run(arguments: argparse.Namespace) -> Iterator[str]:
    registry = registry_of(arguments)
    version = (
        wanted(registry, registry.versions(), arguments.version)
        if arguments.version
        else _champion(registry, arguments.environment)
    )
    yield from download(registry, version, arguments.out)


def _champion(registry: Registry, environment: str) -> Registered:
    found = by_handle(whole(registry.versions()), registry.aliases().get(champion(environment)))
    if found is None:
        raise NotFoundError(f"{environment} has no champion among the versions of {registry.place}")
    return found
