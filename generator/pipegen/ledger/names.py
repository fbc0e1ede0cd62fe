"""What names look like that become parts of paths, refs and lines: models, environments, versions, branches."""

from __future__ import annotations

import re

from pipegen.ledger.entries import LedgerError

_FORMS = {
    "model": (r"[a-z0-9][a-z0-9-]{0,62}", "small letters, digits and hyphens, for example churn-prediction"),
    "environment": (r"[a-z0-9][a-z0-9_-]{0,62}", "small letters, digits, hyphens and underscores, for example prod"),
    "version": (r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}", "letters, digits and . _ + -, for example 1.4.0"),
    "branch": (r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}", "letters, digits and . _ / -, for example pipegen-ledger"),
}
_NO_REF = re.compile(r"\.\.|//|/\.|\.lock(?:/|$)|[./]$")


def checked_name(what: str, text: str) -> str:
    """`text` if it is the name of a `what`; else LedgerError."""
    pattern, words = _FORMS[what]
    if not re.fullmatch(pattern, text) or (what == "branch" and _NO_REF.search(text)):
        article = "an" if what[0] in "aeiou" else "a"
        raise LedgerError(f"{text!r} is not the name of {article} {what}: it consists of {words}")
    return text


def is_model(text: str) -> bool:
    return re.fullmatch(_FORMS["model"][0], text) is not None
