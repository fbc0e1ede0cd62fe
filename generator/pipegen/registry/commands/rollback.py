"""`pipegen registry rollback`: the champion becomes a version that served the environment before."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from pipegen.ledger.entries import Entry
from pipegen.ledger.state import recorded
from pipegen.registry import moves
from pipegen.registry.agreement import require_running, require_same_content
from pipegen.registry.errors import RefusedError
from pipegen.registry.ledgers import add_ledger_options, add_no_ledger_option, entries, ledger_model
from pipegen.registry.lookup import wanted
from pipegen.registry.moving import point
from pipegen.registry.opening import add_registry_options, registry_of
from pipegen.registry.options import add_environment_option, add_version_option
from pipegen.registry.protocol import Registered

DESCRIPTION = """\
Let champion-ENVIRONMENT point at a version that was deployed there before and that the ledger says runs there again.
With --no-ledger, the registry's own tags say what has been the champion there.
"""
EPILOG = """\
example:
  pipegen ledger add rollback --version 1.1.0 --environment prod
  pipegen registry rollback --version 1.1.0 --environment prod
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    add_environment_option(parser, required=True)
    add_version_option(parser)
    add_no_ledger_option(parser)
    add_registry_options(parser)
    add_ledger_options(parser)


def run(arguments: argparse.Namespace) -> Iterator[str]:
    registry = registry_of(arguments)
    known = () if arguments.no_ledger else _recorded(arguments)
    target = wanted(registry, registry.versions(), arguments.version)
    if arguments.no_ledger:
        _require_served(target, arguments.environment)
    require_same_content(known, target)
    yield from point(registry, arguments.environment, target, moves.ROLLED_BACK)


def _recorded(arguments: argparse.Namespace) -> tuple[Entry, ...]:
    """What the ledger says, if it says that the version was deployed there and runs there again."""
    known, environment, version = entries(arguments), arguments.environment, arguments.version
    if recorded(known, environment, version) is None:
        raise RefusedError(
            f"the ledger knows no deployment of {version} to {environment}, so there is no way back to it"
        )
    require_running(known, ledger_model(arguments), environment, version, "rollback")
    return known


def _require_served(target: Registered, environment: str) -> None:
    if not moves.served(target, environment):
        raise RefusedError(
            f"{target.version} has never been the champion of {environment}, so there is no way back to it"
        )
