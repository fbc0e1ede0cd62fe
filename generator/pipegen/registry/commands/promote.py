"""`pipegen registry promote`: the champion of an environment becomes what the ledger says that runs there."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from pipegen.registry import moves
from pipegen.registry.agreement import require_running, require_same_content
from pipegen.registry.ledgers import add_ledger_options, add_no_ledger_option, entries, ledger_model
from pipegen.registry.lookup import wanted
from pipegen.registry.moving import point
from pipegen.registry.opening import add_registry_options, registry_of
from pipegen.registry.options import add_environment_option, add_version_option

DESCRIPTION = """\
Let champion-ENVIRONMENT point at a version. The ledger must say that the version runs there: it is written first, so
that it never knows less than the registry. The alias is read again after it moved. The version is a challenger no more.
"""
EPILOG = """\
example:
  pipegen ledger add deployment --version 1.2.0 --environment prod
  pipegen registry promote --version 1.2.0 --environment prod

Where something fails between the two, the old champion stays, and the same command goes on.
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    add_environment_option(parser, required=True)
    add_version_option(parser)
    add_no_ledger_option(parser)
    add_registry_options(parser)
    add_ledger_options(parser)


def run(arguments: argparse.Namespace) -> Iterator[str]:
    registry = registry_of(arguments)
    recorded = () if arguments.no_ledger else entries(arguments)
    environment, version = arguments.environment, arguments.version
    if not arguments.no_ledger:
        require_running(recorded, ledger_model(arguments), environment, version, "deployment")
    target = wanted(registry, registry.versions(), version)
    require_same_content(recorded, target)
    yield from point(registry, environment, target, moves.PROMOTED)
