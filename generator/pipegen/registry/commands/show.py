"""`pipegen registry show`: the versions of a model and where their aliases point."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from pipegen.registry.errors import NotFoundError
from pipegen.registry.lookup import wanted
from pipegen.registry.names import challenger, champion, version_name
from pipegen.registry.opening import add_registry_options, registry_of
from pipegen.registry.options import add_environment_option, add_json_option, checked
from pipegen.registry.showing import version_as_text, versions_as_json, versions_as_text

DESCRIPTION = """\
Show the versions of a model, oldest first: all, those that an environment's aliases point at, or one with all that is
known of it.
"""
EPILOG = """\
examples:
  pipegen registry show
  pipegen registry show --environment prod --json
  pipegen registry show --version 1.2.0
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    add_environment_option(parser, required=False)
    parser.add_argument("--version", type=checked(version_name), metavar="VERSION", help="this version alone")
    add_json_option(parser)
    add_registry_options(parser)


def run(arguments: argparse.Namespace) -> Iterator[str]:
    registry = registry_of(arguments)
    versions, aliases = registry.versions(), registry.aliases()
    if arguments.environment:
        names = (champion(arguments.environment), challenger(arguments.environment))
        aliases = {alias: handle for alias, handle in aliases.items() if alias in names}
        versions = tuple(each for each in versions if each.handle in aliases.values())
    if arguments.version:
        versions = (wanted(registry, versions, arguments.version),)
    if not versions:
        where = f" with an alias of {arguments.environment}" if arguments.environment else ""
        raise NotFoundError(f"nothing is registered{where} for {registry.place}")
    if arguments.json:
        yield versions_as_json(arguments.name, versions, aliases)
    elif arguments.version:
        yield from version_as_text(versions[0], aliases)
    else:
        yield from versions_as_text(versions, aliases)
