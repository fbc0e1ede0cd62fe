"""Whether a job or a pipeline takes place: `rules`, the conditions in them, and the paths that they ask for.

Sources: docs.gitlab.com/ci/jobs/job_rules (the language of conditions, order of rules), docs.gitlab.com/ci/yaml
(rules:if, rules:changes, workflow:rules), Ruby's File.fnmatch? with FNM_PATHNAME, FNM_DOTMATCH and FNM_EXTGLOB.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from conformance.gitlab_files import Node, UnknownConstruct, known

_TOKEN = re.compile(
    r"""\s*(?:(?P<sign>&&|\|\||==|!=|=~|!~|\(|\))
    |\$(?P<name>\w+)
    |"(?P<double>[^"]*)"|'(?P<single>[^']*)'
    |/(?P<pattern>(?:\\.|[^/\\])*)/(?P<flags>[ism]*)
    |(?P<null>null)\b)""",
    re.VERBOSE,
)
_BRANCHES = {"push", "merge_request_event"}
"""Sources of pipelines that compare with something; in all others everything counts as touched."""


@dataclass(frozen=True)
class Chosen:
    """How a job is in the pipeline."""

    when: str
    allow_failure: bool | None


@dataclass(frozen=True)
class Facts:
    """What rules can see: variables, and the paths that a push or a merge request touches."""

    variables: Mapping[str, str]
    changed: Sequence[str]


def chosen(rules: Sequence[Node], facts: Facts) -> Chosen | None:
    """What the first rule says that holds; None where that is `never` or there is none."""
    for rule in rules:
        known(rule, {"if", "changes", "when", "allow_failure"}, "rule")
        if _holds(rule, facts):
            when = rule.get("when", "on_success")
            if when not in {"on_success", "on_failure", "always", "manual", "never"}:
                raise UnknownConstruct(f"when: {when}")
            return None if when == "never" else Chosen(when, rule.get("allow_failure"))
    return None


def _holds(rule: Node, facts: Facts) -> bool:
    if "if" in rule and not holds(rule["if"], facts.variables):
        return False
    return "changes" not in rule or _touched(rule["changes"], facts)


# ---------------------------------------------------------------- paths


def _touched(patterns: Sequence[str], facts: Facts) -> bool:
    """Tags and what no push or merge request started have nothing to compare with, so that all is touched."""
    if not isinstance(patterns, list) or len(patterns) > 50:
        raise UnknownConstruct(f"changes: {patterns}")
    if facts.variables.get("CI_PIPELINE_SOURCE") not in _BRANCHES or "CI_COMMIT_TAG" in facts.variables:
        return True
    return any(re.fullmatch(glob(each), path, re.DOTALL) for each in patterns for path in facts.changed)


def glob(pattern: str) -> str:
    """A pattern of paths as a regular expression: `**/` any folders, `*` and `?` within a name."""
    if re.search(r"(?<!\\)[{\[$]", pattern):
        raise UnknownConstruct(f"path {pattern}")
    parts = re.findall(r"\*\*/|\*+|\?|\\.|[^*?\\]+", pattern)
    return "".join(_part(each) for each in parts)


def _part(text: str) -> str:
    if text == "**/":
        return "(?:[^/]+/)*"
    if text.startswith("*"):
        return "[^/]*"
    return "[^/]" if text == "?" else re.escape(text.removeprefix("\\"))


# ---------------------------------------------------------------- conditions


@dataclass(frozen=True)
class _Pattern:
    """A regular expression; GitLab's engine matches in time that grows with the text alone."""

    text: str
    flags: str


_Found = bool | str | None | _Pattern


def holds(condition: str, variables: Mapping[str, str]) -> bool:
    tokens = list(_tokens(condition))
    reader = _Reader(tokens, variables)
    value = reader.either()
    if reader.rest:
        raise UnknownConstruct(f"condition {condition}")
    return _truth(value)


def _tokens(condition: str) -> Iterator[tuple[str, str, str]]:
    end = 0
    text = condition.rstrip()
    while end < len(text):
        found = _TOKEN.match(text, end)
        if found is None:
            raise UnknownConstruct(f"condition {condition}")
        kind = found.lastgroup if found.lastgroup != "flags" else "pattern"
        yield str(kind), str(found[str(kind)]), found["flags"] or ""
        end = found.end()


def _truth(value: _Found) -> bool:
    """A variable alone is true if it is there and not empty."""
    return value if isinstance(value, bool) else bool(value)


class _Reader:
    """Reads a condition from left to right: `&&` binds more than `||`."""

    def __init__(self, tokens: list[tuple[str, str, str]], variables: Mapping[str, str]) -> None:
        self.rest = tokens
        self._variables = variables

    def either(self) -> _Found:
        left = self._both()
        while self._take("||"):
            right = self._both()
            left = _truth(left) or _truth(right)
        return left

    def _both(self) -> _Found:
        left = self._compared()
        while self._take("&&"):
            right = self._compared()
            left = _truth(left) and _truth(right)
        return left

    def _compared(self) -> _Found:
        left = self._operand()
        for sign in ("==", "!=", "=~", "!~"):
            if self._take(sign):
                return _compare(left, sign, self._operand())
        return left

    def _operand(self) -> _Found:
        if self._take("("):
            inner = self.either()
            if not self._take(")"):
                raise UnknownConstruct("a bracket that does not end")
            return inner
        if not self.rest:
            raise UnknownConstruct("a condition that ends early")
        kind, text, flags = self.rest.pop(0)
        if kind == "name":
            return self._variables.get(text)
        if kind == "pattern":
            return _Pattern(text, flags)
        if kind in {"double", "single"}:
            return text
        if kind == "null":
            return None
        raise UnknownConstruct(f"{text} in a condition")

    def _take(self, sign: str) -> bool:
        if self.rest and self.rest[0][:2] == ("sign", sign):
            self.rest.pop(0)
            return True
        return False


def _compare(left: _Found, sign: str, right: _Found) -> bool:
    if sign in {"==", "!="}:
        return (left == right) is (sign == "==")
    if not isinstance(right, _Pattern):
        raise UnknownConstruct("a comparison with what is no pattern")
    if right.flags or not isinstance(left, str | None):
        raise UnknownConstruct(f"pattern /{right.text}/{right.flags}")
    if left is not None and "\n" in left:
        raise UnknownConstruct("a pattern for several lines")
    text = right.text.replace(r"\/", "/")
    return (left is not None and re.search(text, left) is not None) is (sign == "=~")
