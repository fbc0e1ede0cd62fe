"""Says whether pipegen, as it is in each of several folders, makes something else of the shipped models.

It is a program: reads the JSON list of a folder without a change and a list of [folder, target], and prints for each
of these what is wrong with it, "" for nothing. The plans are made once, and only what is known of targets and of
templates is imported anew.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path

import pipegen
from deliveries import CONFIG
from local_models import DELIVERIES
from pipegen.delivery import Delivery, Job, Run
from pipegen.plan.verdict import verdict
from pipegen.scripts import STRICT
from pipegen.targets import Target

_ANEW = ("pipegen.targets", "pipegen.templating", "pipegen.resources")


def _telling(delivery: Delivery) -> Delivery:
    job = Job("notify", "Tell people", (Run("tell", "Tell people", f"{STRICT}\ntrue\n"),))
    return replace(delivery, pipelines=tuple(replace(each, failed=job) for each in delivery.pipelines))


ALL = (DELIVERIES["fraud-detection"], *DELIVERIES.values(), _telling(DELIVERIES["fraud-detection"]))


def said(folder: str, target: str) -> Iterator[str]:
    """All that the target writes and asks to be set, bit by bit."""
    for name in [each for each in sys.modules if each.startswith(_ANEW)]:
        del sys.modules[name]
        pipegen.__dict__.pop(name.partition(".")[2], None)
    pipegen.__path__[:] = [str(Path(folder) / "generator" / "pipegen")]
    found: Target = import_module(f"pipegen.targets.{target}")
    for delivery in ALL:
        yield json.dumps(found.render(delivery, CONFIG), sort_keys=True)
        yield repr(list(found.capabilities(delivery, CONFIG)))
    yield json.dumps(found.root(CONFIG, verdict(CONFIG, target)), sort_keys=True)


@cache
def usual(whole: str, target: str) -> tuple[str, ...]:
    return tuple(said(whole, target))


def fault(whole: str, folder: str, target: str) -> str:
    expected = usual(whole, target)
    try:
        differs = any(found != wanted for found, wanted in zip(said(folder, target), expected, strict=False))
    except Exception as problem:  # noqa: BLE001  (whatever a changed program may raise)
        return repr(problem)
    return "" if differs else "it changes nothing that is rendered"


if __name__ == "__main__":
    _whole, _asked = json.load(sys.stdin)
    json.dump([fault(_whole, *each) for each in _asked], sys.stdout)
