"""What Snowflake takes for a model: a class that carries packed files, and a signature in its own types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipegen.registry.errors import RefusedError
from pipegen.registry.protocol import Column, Signature

_TYPES = {
    "boolean": "BOOL",
    "integer": "INT32",
    "long": "INT64",
    "float": "FLOAT",
    "double": "DOUBLE",
    "string": "STRING",
    "binary": "BYTES",
    "datetime": "TIMESTAMP_NTZ",
}


def custom_model(files: Mapping[str, str]) -> Any:  # noqa: ANN401  (the library has no types that are there without it)
    """A model that holds files and serves nothing: how a model is served is the deployment's business."""
    import pandas as pd  # noqa: PLC0415  (the library, and what it needs, are there only where the extra is)
    from snowflake.ml.model import custom_model as library  # noqa: PLC0415

    class PackedFiles(library.CustomModel):  # type: ignore[misc]
        @library.inference_api  # type: ignore[untyped-decorator]
        def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
            raise NotImplementedError("this version carries packed files; unpack and load them to get predictions")

    # The library looks at the annotations themselves, and with postponed evaluation they are texts.
    PackedFiles.predict.__annotations__ = {"frame": pd.DataFrame, "return": pd.DataFrame}
    return PackedFiles(library.ModelContext(artifacts=dict(files)))


def signature_of(signature: Signature) -> Any:  # noqa: ANN401  (the same)
    """A signature as the library takes it."""
    from snowflake.ml.model import model_signature as library  # noqa: PLC0415  (the same)

    def feature(column: Column) -> object:
        scalar, shape = _scalar(column)
        return library.FeatureSpec(name=column.name, dtype=library.DataType[_TYPES[scalar]], shape=shape)

    return library.ModelSignature(
        inputs=[feature(each) for each in signature.inputs], outputs=[feature(each) for each in signature.outputs]
    )


def _scalar(column: Column) -> tuple[str, tuple[int, ...] | None]:
    """The type of a column's values, and the shape that makes lists of them."""
    items = column.definition.get("items")
    kind = str(items.get("type") if isinstance(items, Mapping) else column.definition.get("type"))
    if kind not in _TYPES:
        raise RefusedError(f"column {column.name!r} is of type {kind!r}, which Snowflake's signatures cannot say")
    return kind, (-1,) if items else None
