"""`pipegen registry check`: whether the champions are what the ledger says that runs."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from pipegen.registry.agreement import differences
from pipegen.registry.errors import RefusedError
from pipegen.registry.ledgers import add_ledger_options, entries
from pipegen.registry.opening import add_registry_options, registry_of
from pipegen.registry.options import add_environment_option

DESCRIPTION = """\
Compare champion-ENVIRONMENT with what the ledger says that runs, and say how to mend what differs: a deployment that
stopped after its entry and before its alias is found here.
"""
EPILOG = """\
example:
  pipegen registry check --environment prod
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    add_environment_option(parser, required=False)
    add_registry_options(parser)
    add_ledger_options(parser)


def run(arguments: argparse.Namespace) -> Iterator[str]:
    registry = registry_of(arguments)
    found = list(differences(registry, entries(arguments), arguments.environment))
    for each in found:
        yield f"{each.environment}: {each.text}"
        if each.remedy:
            yield f"  to mend it: pipegen registry {' '.join(each.remedy)}"
    if found:
        raise RefusedError(f"{len(found)} of the champions of {registry.place} are not what the ledger says")
    yield f"the champions of {registry.place} are what the ledger says"
