"""Variables that a job takes over, has of its own, and reads.

Sources: docs.gitlab.com/ci/yaml (inherit:variables, id_tokens) and docs.gitlab.com/ci/variables.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from conformance.gitlab_files import Node

_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})")


def inherited(node: Node, variables: Mapping[str, str]) -> dict[str, str]:
    """The variables of the file that a job takes over."""
    wanted = node.get("inherit", {}).get("variables", True)
    if isinstance(wanted, bool):
        return dict(variables) if wanted else {}
    return {name: value for name, value in variables.items() if name in wanted}


def own_variables(node: Node) -> dict[str, str]:
    return {name: str(value) for name, value in node.get("variables", {}).items()}


def tokens(node: Node) -> dict[str, str]:
    return {name: f"token for {each['aud']}" for name, each in node.get("id_tokens", {}).items()}


def expanded(text: str, variables: Mapping[str, str]) -> str:
    """`$NAME` and `${NAME}` once; one that is not known is empty."""
    return _VARIABLE.sub(lambda found: variables.get(found[1] or found[2], ""), text)


def names(node: Node, variable: str) -> bool:
    """Whether a shell of the job reads the variable."""
    text = "\n".join([*node.get("before_script", ()), *node.get("script", ()), *node.get("after_script", ())])
    return re.search(rf"\$(\{{{variable}\b|{variable}\b)", text) is not None
