"""Which registry a command works on: options, their variables, and the adapter for it."""

from __future__ import annotations

import argparse
import os

from pipegen.registry.addresses import address
from pipegen.registry.errors import RegistryError
from pipegen.registry.names import model_name
from pipegen.registry.protocol import Registry, Store

MLFLOW = "mlflow"
SNOWFLAKE = "snowflake"
_SCHEMES = ("sqlite:///", "http://", "https://", "databricks", "postgresql", "mysql", "mssql", "uc:")
_KEPT = "pipegen-kept"


def add_registry_options(parser: argparse.ArgumentParser) -> None:
    """The options by which `registry_of` and `store_of` find the registry."""
    group = parser.add_argument_group("which registry")
    group.add_argument(
        "--store",
        choices=(MLFLOW, SNOWFLAKE),
        default=os.environ.get("PIPEGEN_REGISTRY") or MLFLOW,
        help="its kind (default: $PIPEGEN_REGISTRY, else mlflow)",
    )
    group.add_argument(
        "--uri",
        help="where it is: http(s)://HOST, databricks, sqlite:///FILE for an embedded one, or for Snowflake "
        "snowflake://CONNECTION/DATABASE/SCHEMA (default: $MLFLOW_TRACKING_URI, for Snowflake $PIPEGEN_REGISTRY_URI)",
    )
    group.add_argument(
        "--registry-uri",
        metavar="URI",
        help="where the models of MLflow are if not at --uri, for example databricks-uc (default: "
        "$MLFLOW_REGISTRY_URI, unless --uri is given)",
    )
    group.add_argument(
        "--name",
        metavar="MODEL",
        default=os.environ.get("PIPEGEN_REGISTRY_MODEL") or os.environ.get("PIPEGEN_MODEL"),
        help="the model's name there (default: $PIPEGEN_REGISTRY_MODEL, else $PIPEGEN_MODEL)",
    )
    group.add_argument(
        "--artifacts",
        metavar="URI",
        default=os.environ.get("PIPEGEN_REGISTRY_ARTIFACTS") or None,
        help="where files go: of MLflow the location of new experiments, of Snowflake a stage (default: "
        "$PIPEGEN_REGISTRY_ARTIFACTS, else what the server says, and for sqlite a folder beside the file)",
    )


def registry_of(arguments: argparse.Namespace) -> Registry:
    """The registered model that the options name; raises RegistryError if there can be none."""
    model = _model(arguments)
    if arguments.store == SNOWFLAKE:
        from pipegen.registry.snowflake_registry import open_registry  # noqa: PLC0415  (only for this kind)

        return open_registry(_snowflake_uri(arguments), model)
    from pipegen.registry.mlflow_client import opened  # noqa: PLC0415  (the same)
    from pipegen.registry.mlflow_registry import MlflowRegistry  # noqa: PLC0415

    experiment = os.environ.get("MLFLOW_EXPERIMENT_NAME") or f"pipegen-{model}"
    return MlflowRegistry(opened(*_mlflow_uris(arguments), arguments.artifacts), model, experiment)


def store_of(arguments: argparse.Namespace) -> Store:
    """The store of files that goes with the registry."""
    if arguments.store == SNOWFLAKE:
        from pipegen.registry.snowflake_store import open_store  # noqa: PLC0415  (only for this kind)

        return open_store(_snowflake_uri(arguments), arguments.artifacts)
    from pipegen.registry.mlflow_client import opened  # noqa: PLC0415  (the same)
    from pipegen.registry.mlflow_store import MlflowStore  # noqa: PLC0415

    experiment = os.environ.get("MLFLOW_EXPERIMENT_NAME")
    kept = f"{experiment}-kept" if experiment else _KEPT
    return MlflowStore(opened(*_mlflow_uris(arguments), arguments.artifacts), kept)


def _model(arguments: argparse.Namespace) -> str:
    if not arguments.name:
        raise RegistryError("which model? give --name, or set PIPEGEN_REGISTRY_MODEL or PIPEGEN_MODEL")
    return model_name(arguments.name)


def _mlflow_uris(arguments: argparse.Namespace) -> tuple[str, str]:
    """Where runs and their files are, and where models are."""
    tracking = arguments.uri or os.environ.get("MLFLOW_TRACKING_URI") or ""
    registry = arguments.registry_uri or (not arguments.uri and os.environ.get("MLFLOW_REGISTRY_URI")) or tracking
    if not tracking:
        raise RegistryError(
            "where is the registry? give --uri or set MLFLOW_TRACKING_URI; sqlite:///registry.db is a file of its own"
        )
    for uri in (tracking, registry):
        if not uri.startswith(_SCHEMES):
            raise RegistryError(
                f"{address(uri)} is no registry: give http(s)://HOST, databricks, or sqlite:///FILE; a folder of files "
                "is none, because MLflow has given it up"
            )
    return tracking, registry


def _snowflake_uri(arguments: argparse.Namespace) -> str:
    uri = arguments.uri or os.environ.get("PIPEGEN_REGISTRY_URI") or ""
    if not uri.startswith("snowflake://"):
        raise RegistryError("where is the registry? give --uri snowflake://CONNECTION/DATABASE/SCHEMA")
    return str(uri)
