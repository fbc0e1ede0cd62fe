"""Rules about script text: the same on every CI system, read by none of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipegen.config import Config
from pipegen.diagnostics import Finding, KeyPath, Severity
from pipegen.rules.texts import texts
from pipegen.rules.variables import declared_names
from pipegen.spec.model import ModelSpec

CODES = {
    "PG240": "Azure would replace a command by the variable of its name",
    "PG241": "a script holds a predefined macro of Azure",
    "PG242": "a script holds a command to one CI system",
    "PG243": "a script reads a variable of one CI system",
}

_MACRO = re.compile(r"\$\(([A-Za-z_][A-Za-z0-9_.]*)\)")
_PREDEFINED = re.compile(r"(build|system|agent|pipeline|environment|release|checks|resources)\.", re.IGNORECASE)
_COMMAND = re.compile(
    r"##vso\[|##\[\w|::(?:set-output|set-env|save-state|add-path|add-mask|(?:end)?group|stop-commands)\b"
)
_FOREIGN = re.compile(
    r"\$\{\{|\$\{?((?:GITHUB|RUNNER|ACTIONS|BUILD|AGENT|SYSTEM|JENKINS|CHANGE|CI)_\w+"
    r"|GIT_(?:COMMIT|BRANCH|URL)|TF_BUILD|WORKSPACE|NODE_NAME|BRANCH_NAME)"
)
_PORTABLE = {
    "PIPEGEN_COMMIT": ("GITHUB_SHA", "BUILD_SOURCEVERSION", "GIT_COMMIT", "CI_COMMIT_SHA"),
    "PIPEGEN_BRANCH": (
        "GITHUB_REF_NAME",
        "GITHUB_HEAD_REF",
        "BUILD_SOURCEBRANCHNAME",
        "BRANCH_NAME",
        "GIT_BRANCH",
        "CHANGE_BRANCH",
        "CI_COMMIT_REF_NAME",
    ),
    "PIPEGEN_TARGET_BRANCH": ("GITHUB_BASE_REF", "SYSTEM_PULLREQUEST_TARGETBRANCH", "CHANGE_TARGET"),
    "PIPEGEN_RUN_ID": ("GITHUB_RUN_ID", "BUILD_BUILDID", "BUILD_ID", "BUILD_NUMBER", "CI_PIPELINE_ID"),
    "PIPEGEN_ATTEMPT": ("GITHUB_RUN_ATTEMPT", "SYSTEM_JOBATTEMPT"),
    "PIPEGEN_RUN_URL": ("BUILD_URL", "RUN_DISPLAY_URL", "CI_PIPELINE_URL"),
    "PIPEGEN_ACTOR": ("GITHUB_ACTOR", "BUILD_REQUESTEDFOR", "CHANGE_AUTHOR", "BUILD_USER"),
    "PIPEGEN_EVENT": ("GITHUB_EVENT_NAME", "BUILD_REASON"),
    "PIPEGEN_OUTPUTS": ("GITHUB_OUTPUT", "GITHUB_ENV"),
    "PIPEGEN_SUMMARY": ("GITHUB_STEP_SUMMARY",),
}


def azure_macros(spec: ModelSpec, config: Config) -> Iterator[Finding]:
    """PG240 and PG241: Azure pastes the values of its variables into scripts wherever $(name) stands."""
    if "azure" not in (spec.targets or config.targets):
        return
    declared = {name.casefold(): name for name in declared_names(spec)}
    for each in texts(spec):
        yield from predefined_macros(each.text, each.path)
        for word in dict.fromkeys(_MACRO.findall(each.text)):
            if word.casefold() in declared and not _PREDEFINED.match(word):
                message = f"Azure puts the value of {declared[word.casefold()]} in the place of the command $({word})"
                hint = f"write `$( {word} )` for the command, or ${declared[word.casefold()]} for the variable"
                yield Finding(each.path, "PG240", message, hint)


def predefined_macros(text: str, path: KeyPath) -> Iterator[Finding]:
    """PG241 for one script, of a spec or of pipegen.toml."""
    for word in dict.fromkeys(_MACRO.findall(text)):
        if _PREDEFINED.match(word):
            message = f"Azure puts the value of its variable in the place of $({word})"
            yield Finding(path, "PG241", message, "use a variable of pipegen, for example $PIPEGEN_COMMIT")


def one_system(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG242 and PG243: commands to and variables of one CI system mean nothing to the others."""
    for each in texts(spec):
        yield from of_one_system(each.text, each.path)


def of_one_system(text: str, path: KeyPath) -> Iterator[Finding]:
    """PG242 and PG243 for one script, of a spec or of pipegen.toml."""
    command = _COMMAND.search(text)
    if command:
        message = f"{command[0]!r} is a command to one CI system"
        hint = "write NAME=value to $PIPEGEN_OUTPUTS, and Markdown to $PIPEGEN_SUMMARY"
        yield Finding(path, "PG242", message, hint, Severity.WARNING)
    for name in dict.fromkeys(match[1] for match in _FOREIGN.finditer(text)):
        what = f"${name} is a variable" if name else "'${{' opens an expression"
        yield Finding(path, "PG243", f"{what} of one CI system", _instead(name), Severity.WARNING)


def _instead(name: str | None) -> str:
    portable = next((each for each, foreign in _PORTABLE.items() if name in foreign), None)
    if portable:
        return f"${portable} is the same on all of them"
    return "declare a variable, or use one of pipegen: $PIPEGEN_BRANCH, $PIPEGEN_COMMIT, $PIPEGEN_RUN_ID ..."
