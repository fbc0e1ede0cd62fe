"""`pipegen registry restore`: the champion becomes what the ledger says that runs, after a deployment was undone."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from pipegen.ledger.state import running
from pipegen.registry import moves
from pipegen.registry.agreement import require_same_content
from pipegen.registry.ledgers import add_ledger_options, entries
from pipegen.registry.lookup import wanted
from pipegen.registry.moving import clear, point
from pipegen.registry.opening import add_registry_options, registry_of
from pipegen.registry.options import add_environment_option

DESCRIPTION = """\
Let champion-ENVIRONMENT point at what the ledger says that runs there, after a restore was recorded. If nothing ran
before, the alias is removed.
"""
EPILOG = """\
example:
  pipegen ledger add restore --environment prod --restored true
  pipegen registry restore --environment prod
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    add_environment_option(parser, required=True)
    add_registry_options(parser)
    add_ledger_options(parser)


def run(arguments: argparse.Namespace) -> Iterator[str]:
    registry = registry_of(arguments)
    known = entries(arguments)
    entry = running(known, arguments.environment)
    if entry is None:
        yield from clear(registry, arguments.environment)
        return
    target = wanted(registry, registry.versions(), entry.version)
    require_same_content(known, target)
    yield from point(registry, arguments.environment, target, moves.RESTORED)
