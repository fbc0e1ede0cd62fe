"""`pipegen schema`: the forms of model specs and of pipegen.toml, for editors and other programs."""

from __future__ import annotations

import click


@click.command("schema")
@click.option("--config", "of_config", is_flag=True, help="The schema of pipegen.toml instead.")
def command(of_config: bool) -> None:  # noqa: FBT001  (click's form)
    """Print the JSON schema of model specs, or of pipegen.toml.

    \b
    Examples:
      pipegen schema > schemas/model-spec.schema.json
      pipegen schema --config > schemas/pipegen-toml.schema.json
    """  # noqa: D301  (click reads a backspace as: keep these lines)
    from pipegen.schema import config_schema_text, schema_text  # noqa: PLC0415  (the help does not need pydantic)

    click.echo(config_schema_text() if of_config else schema_text(), nl=False)
