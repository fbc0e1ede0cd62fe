"""`pipegen gate`: the gates of the run-time side, which know nothing of click."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import click

_SPECS = (".yaml", ".yml")


@click.command(
    "gate",
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Judge a model by data."""
    sys.exit(_of_spec(arguments) if _names_a_spec(arguments) else _judge(arguments))


def _judge(arguments: Sequence[str]) -> int:
    from pipegen.gates.__main__ import main  # noqa: PLC0415  (the run-time side stays out of the compiler)

    return main(list(arguments))


def _names_a_spec(arguments: Sequence[str]) -> bool:
    """`gate config SPEC`: the one gate that looks at a spec, which only the compiler can read."""
    return arguments[:1] == ("config",) and arguments[1:] != () and arguments[1].endswith(_SPECS)


def _of_spec(arguments: Sequence[str]) -> int:
    """Judge what the environments of a spec define by what runs in them uses."""
    from pipegen.cli.console import chosen, report  # noqa: PLC0415  (other gates start without the compiler)
    from pipegen.compiler import plan_spec  # noqa: PLC0415
    from pipegen.spec_uses import environment_table  # noqa: PLC0415

    _, spec, *options = arguments
    work = chosen((Path(spec),), "text")
    (path,) = work.paths
    planned = plan_spec(work.repository, path)
    if planned.delivery is None or planned.spec is None:
        report(planned.diagnostics, "text")
        return 2
    table = environment_table(planned.spec, planned.delivery, work.repository.root)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "table.json"
        file.write_text(json.dumps(table), "utf-8")
        return _judge(("config", "--spec-table", str(file), "--table-of", path, *options))
