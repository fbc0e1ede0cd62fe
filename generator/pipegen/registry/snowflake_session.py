"""A session with Snowflake, opened by a connection that is configured for it, and one message for what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pipegen.registry.errors import RegistryError, StoppedError

_SCHEME = "snowflake://"
_FORM = "snowflake://CONNECTION/DATABASE/SCHEMA"
_LONGEST_REASON = 400


def opened(uri: str) -> Any:  # noqa: ANN401  (the library has no types that are there without it)
    """A session at `snowflake://CONNECTION/DATABASE/SCHEMA`; the connection is one of connections.toml."""
    connection, _, rest = uri.removeprefix(_SCHEME).partition("/")
    database, _, schema = rest.partition("/")
    if not (connection and database and schema) or "/" in schema:
        raise RegistryError(f"{uri!r} does not say where models are: write {_FORM}")
    try:
        from snowflake.snowpark import Session  # noqa: PLC0415  (the library is there only where the extra is)
    except ImportError as error:
        raise missing(error) from error
    settings = {"connection_name": connection, "database": database, "schema": schema, "login_timeout": 10}
    with answering():
        return Session.builder.configs(settings).create()


def missing(error: ImportError) -> RegistryError:
    return RegistryError(f"the Snowflake client cannot be imported ({error}): pip install 'mlops-pipegen[snowflake]'")


@contextmanager
def answering() -> Iterator[None]:
    """Turns what goes wrong inside the library into one message."""
    from snowflake.connector.errors import Error  # noqa: PLC0415  (the same)
    from snowflake.snowpark.exceptions import SnowparkClientException  # noqa: PLC0415

    try:
        yield
    except (Error, SnowparkClientException, ValueError, OSError) as error:
        raise StoppedError(f"Snowflake does not do it: {' '.join(str(error).split())[:_LONGEST_REASON]}") from error
