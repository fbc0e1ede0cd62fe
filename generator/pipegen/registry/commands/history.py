"""`pipegen registry history`: what was the champion of which environment, and when."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from pipegen.registry.errors import NotFoundError
from pipegen.registry.moves import moves_in
from pipegen.registry.opening import add_registry_options, registry_of
from pipegen.registry.options import add_environment_option, add_json_option
from pipegen.registry.showing import moves_as_json, moves_as_text

DESCRIPTION = """\
List the moves of the champions' aliases, oldest first, as the tags of the versions say them. The ledger says more: who
approved, which run, what was undone.
"""
EPILOG = """\
example:
  pipegen registry history --environment prod
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    add_environment_option(parser, required=False)
    add_json_option(parser)
    add_registry_options(parser)


def run(arguments: argparse.Namespace) -> Iterator[str]:
    registry = registry_of(arguments)
    versions = registry.versions()
    found = [each for each in moves_in(versions) if arguments.environment in {None, each.environment}]
    if not found:
        raise NotFoundError(f"no champion's alias has moved for {registry.place}")
    if arguments.json:
        yield moves_as_json(arguments.name, found, versions)
    else:
        yield from moves_as_text(found, versions)
