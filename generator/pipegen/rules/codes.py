"""One table for all that pipegen may have to say about a file."""

from __future__ import annotations

from pipegen import config, repository, source
from pipegen.layers import agreement, bases
from pipegen.plan import verdict
from pipegen.rules import (
    approvals,
    collisions,
    cron,
    flow,
    gates,
    identity,
    kinds,
    moments,
    notices,
    operations,
    reach,
    records,
    references,
    runtime,
    scripts,
    stages,
    variables,
)
from pipegen.spec import shape
from pipegen.workspace import findings

_TARGET_CODES = {
    "PG220": "a stage kind does not exist",
    "PG221": "a stage kind's parameter is missing, unknown or of the wrong type",
    "PG301": "a target cannot express something",
    "PG302": "a control would be weaker on a target",
    "PG303": "leave to be weaker is not needed",
}

_TABLES = (
    source.CODES,
    config.CODES,
    bases.CODES,
    findings.CODES,
    shape.CODES,
    *(
        module.CODES
        for module in (
            approvals,
            collisions,
            cron,
            flow,
            gates,
            identity,
            kinds,
            moments,
            notices,
            operations,
            reach,
            records,
            references,
            runtime,
            scripts,
            stages,
            variables,
        )
    ),
    repository.CODES,
    agreement.CODES,
    verdict.CODES,
    _TARGET_CODES,
)

CODES: dict[str, str] = dict(sorted(entry for table in _TABLES for entry in table.items()))
"""Every code and what it means; docs/rules.md says more, and how to mend it."""
