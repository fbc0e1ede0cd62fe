"""Findings as a SARIF 2.1.0 log, for code scanning and for the viewers of other CI systems."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import PurePath
from urllib.parse import quote

from pipegen import __version__
from pipegen.diagnostics import Diagnostic, Span
from pipegen.reporting.explanations import explanation
from pipegen.rules.codes import CODES

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "SRCROOT"
Node = dict[str, object]


def as_sarif(diagnostics: Iterable[Diagnostic]) -> str:
    """One run; its rules are the codes that occur."""
    listed = tuple(diagnostics)
    rules = sorted({diagnostic.code for diagnostic in listed})
    run = {
        "tool": {"driver": _driver(rules)},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the repository."}}},
        "results": [
            _result(diagnostic, rules.index(diagnostic.code), fingerprint)
            for diagnostic, fingerprint in zip(listed, _fingerprints(listed), strict=True)
        ],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _driver(rules: Iterable[str]) -> Node:
    return {"name": "pipegen", "semanticVersion": __version__, "rules": [_rule(code) for code in rules]}


def _rule(code: str) -> Node:
    paragraphs = explanation(code)
    return {
        "id": code,
        "shortDescription": _message(f"{CODES[code]}."),
        "fullDescription": _message(paragraphs[0]),
        "help": _message("\n\n".join(paragraphs)),
    }


def _result(diagnostic: Diagnostic, rule: int, fingerprint: str) -> Node:
    hint = f"\nhint: {diagnostic.hint}" if diagnostic.hint else ""
    place: Node = {"artifactLocation": _artifact(diagnostic.file)}
    # Code scanning computes the second itself for a finding with a line, and warns of any other value.
    prints = {"pipegenFinding/v1": fingerprint}
    if diagnostic.span:
        place |= _region(diagnostic.span, diagnostic.excerpt)
    else:
        prints["primaryLocationLineHash"] = fingerprint
    return {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": diagnostic.severity.value,
        "message": _message(diagnostic.message + hint),
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": prints,
    }


def _artifact(file: str) -> Node:
    path = PurePath(file)
    if path.is_absolute():
        return {"uri": path.as_uri()}
    return {"uri": quote(os.fsencode(file), safe="/"), "uriBaseId": ROOT}


def _region(span: Span, excerpt: str) -> Node:
    """The place; within one line also its text and, around it, the whole line."""
    start, end = span.start, span.end
    region: Node = {
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    }
    if start.line != end.line or not excerpt:
        return {"region": region}
    region["snippet"] = {"text": excerpt[start.column - 1 : end.column - 1]}
    return {"region": region, "contextRegion": {"startLine": start.line, "snippet": {"text": excerpt}}}


def _message(given: str) -> dict[str, str]:
    """Braces would be places to fill in."""
    return {"text": given.replace("{", "{{").replace("}", "}}")}


def _fingerprints(diagnostics: Iterable[Diagnostic]) -> Iterator[str]:
    """What stays the same when lines move: the code, the text of the line, and its number among equals in the file."""
    seen: Counter[tuple[str, str]] = Counter()
    for diagnostic in diagnostics:
        said = f"{diagnostic.code}\n{diagnostic.excerpt.strip() if diagnostic.span else ''}"
        digest = hashlib.sha256(said.encode("utf-8", "backslashreplace")).hexdigest()[:16]
        seen[diagnostic.file, digest] += 1
        yield f"{digest}:{seen[diagnostic.file, digest]}"
