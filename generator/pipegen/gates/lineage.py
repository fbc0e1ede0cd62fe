"""What a model was made from, as its lineage file says; read strictly, so that nothing unknown passes for unchanged.

docs/lineage.md describes the form.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches

from pipegen.gates.reading import CannotJudgeError, JsonObject, kind_of
from pipegen.ledger.lineage import FORMAT

# Libraries write `any` where they could not tell a type; two of these look equal whatever they hold.
_ANY = re.compile(r"\bany(?:type)?\b", re.IGNORECASE)
_EXPONENTS = range(-324, 309)
"""Of the numbers that training computes with: double precision."""


@dataclass(frozen=True, slots=True)
class Signature:
    """What a model takes and gives: canonical text of each column's type, by name, in order."""

    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    is_positional: bool

    def __str__(self) -> str:
        return f"{', '.join(self.inputs)} to {', '.join(self.outputs)}"


@dataclass(frozen=True, slots=True)
class Lineage:
    """What was stated, as text by which it can be compared and shown; None, or no key, where nothing was."""

    version: str | None
    signature: Signature | None
    parameters: Mapping[str, str] | None
    stated: Mapping[str, str]
    """`algorithm`, `feature_code` and, of the data, `data.version`, `data.from`, `data.to`, `data.rows`."""

    def knows(self, key: str) -> bool:
        match key:
            case "signature":
                return self.signature is not None
            case "parameters":
                return self.parameters is not None
            case _:
                return key in self.stated


def lineage_in(document: JsonObject) -> Lineage:
    """The lineage of a file that a person or a stage has just written: keys that nobody knows are refused."""
    if document.get("format") != FORMAT:
        raise CannotJudgeError(f"its key 'format' is not {FORMAT!r}")
    _refuse_unknown(document, FORMS, "")
    data = document.get("data")
    if isinstance(data, dict):
        _refuse_unknown(data, DATA_FORMS, "data.")
    return recorded_lineage(document)


def recorded_lineage(document: Mapping[str, object]) -> Lineage:
    """The lineage that was recorded once; what it holds beyond the known keys is passed over."""
    try:
        _refuse_ill_formed(document, FORMS, "")
        data = _object(document.get("data", {}))
        _refuse_ill_formed(data, DATA_FORMS, "data.")
        stated = {key: str(document[key]) for key in ("algorithm", "feature_code") if key in document}
        stated |= {f"data.{key}": _shown(data[key]) for key in DATA_FORMS if key in data}
        return Lineage(_text_of(document, "version"), _signature_in(document), _parameters_in(document), stated)
    except RecursionError as error:
        raise CannotJudgeError("nested too deeply") from error


def _shown(value: object) -> str:
    return value if isinstance(value, str) else canonical(value)


def canonical(value: object) -> str:
    """One text for each value, whatever way its numbers were written; texts stand in quotes, numbers do not."""
    match value:
        case None | bool() | str():
            return json.dumps(value, ensure_ascii=False)
        case int() | float() | Decimal():
            return _canonical_number(Decimal(repr(value) if isinstance(value, float) else value))
        case list():
            return f"[{', '.join(map(canonical, value))}]"
        case _:
            node = _object(value)
            return f"{{{', '.join(f'{json.dumps(key)}: {canonical(node[key])}' for key in sorted(node))}}}"


def _canonical_number(number: Decimal) -> str:
    if not number.is_finite():
        raise CannotJudgeError(f"holds {number}, which is no finite number")
    if number and number.adjusted() not in _EXPONENTS:
        raise CannotJudgeError("holds a number whose exponent is out of range")
    # Records keep what is no whole number in binary, as training does; whole ones, such as seeds, they keep exactly.
    whole = int(number)
    return str(whole) if whole == number else repr(float(number))


def _signature_in(document: Mapping[str, object]) -> Signature | None:
    if "signature" not in document:
        return None
    node = _object(document["signature"])
    positional = node.get("positional", False)
    if not isinstance(positional, bool):
        raise CannotJudgeError(f"signature.positional is {kind_of(positional)}, not true or false")
    return Signature(_columns(node, "inputs"), _columns(node, "outputs"), positional)


def _columns(signature: JsonObject, side: str) -> dict[str, str]:
    rows = signature.get(side)
    if not isinstance(rows, list) or not rows:
        raise CannotJudgeError(f"signature.{side} is not a list of at least one column")
    columns = [_column(row, f"signature.{side}[{place}]") for place, row in enumerate(rows)]
    name, count = Counter(name for name, _ in columns).most_common(1)[0]
    if count > 1:
        raise CannotJudgeError(f"signature.{side} has the column {name!r} more than once")
    return dict(columns)


def _column(row: object, place: str) -> tuple[str, str]:
    """The name of a column, and everything else that is said of it."""
    if not (isinstance(row, dict) and _is_text(row.get("name")) and _is_text(row.get("type"))):
        raise CannotJudgeError(f"{place} is not an object with the texts 'name' and 'type'")
    if _ANY.search(row["type"]):
        reason = "which tells nothing, so a change would not be seen; write the type that it has"
        raise CannotJudgeError(f"the column {row['name']!r} in {place} has the type {row['type']!r}, {reason}")
    more = {key: value for key, value in row.items() if key not in ("name", "type")}
    return row["name"], f"{row['type']} {canonical(more)}" if more else row["type"]


def _parameters_in(document: Mapping[str, object]) -> dict[str, str] | None:
    if "parameters" not in document:
        return None
    return {name: canonical(value) for name, value in _object(document["parameters"]).items()}


def _refuse_unknown(node: JsonObject, forms: Mapping[str, object], prefix: str) -> None:
    for key in node:
        if key not in forms:
            similar = get_close_matches(key, forms, 1)
            known = f"did you mean {prefix}{similar[0]}?" if similar else f"known: {', '.join(forms)}"
            raise CannotJudgeError(f"no lineage has the key {prefix + key!r}; {known}")


def _refuse_ill_formed(node: Mapping[str, object], forms: Mapping[str, Form], prefix: str) -> None:
    for key, (holds, words) in forms.items():
        if key in node and not holds(node[key]):
            raise CannotJudgeError(f"{prefix}{key} is {_described(node[key])}, not {words}")


def _described(value: object) -> str:
    return "an empty text" if isinstance(value, str) and not value.strip() else kind_of(value)


def _object(value: object) -> JsonObject:
    """An object of JSON; the forms have seen to it where people wrote it."""
    if not isinstance(value, dict):
        raise CannotJudgeError(f"holds {kind_of(value)} where an object belongs")
    return value


def _text_of(document: Mapping[str, object], key: str) -> str | None:
    value = document.get(key)
    return value if isinstance(value, str) else None


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(_is_text(each) for each in value)


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


Form = tuple[Callable[[object], bool], str]
_TEXT: Form = (_is_text, "a text")
_OBJECT: Form = (_is_object, "an object")
_NUMBER: Form = (_is_number, "a number")
FORMS: Mapping[str, Form] = {
    "format": _TEXT,
    "version": _TEXT,
    "algorithm": _TEXT,
    "signature": _OBJECT,
    "feature_code": _TEXT,
    "data": _OBJECT,
    "parameters": _OBJECT,
    "training_seconds": _NUMBER,
    "feature_changes": _TEXT,
    "release_notes": _TEXT,
    "experiments": (_is_texts, "a list of texts"),
}
DATA_FORMS: Mapping[str, Form] = {"version": _TEXT, "from": _TEXT, "to": _TEXT, "rows": _NUMBER}
