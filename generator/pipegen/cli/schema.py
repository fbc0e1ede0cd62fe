"""`pipegen schema`: the form of model specs, for editors and other programs."""

from __future__ import annotations

import click


@click.command("schema")
def command() -> None:
    """Print the JSON schema of model specs.

    \b
    Example:
      pipegen schema > schemas/model-spec.schema.json
    """  # noqa: D301  (click reads a backspace as: keep these lines)
    from pipegen.schema import schema_text  # noqa: PLC0415  (the help does not need pydantic)

    click.echo(schema_text(), nl=False)
