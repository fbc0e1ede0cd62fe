"""Bash text out of what a stage says: working folder, activation, argument lists, retries."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipegen.quoting import sh_quote
from pipegen.scripts import STRICT, in_file
from pipegen.spec.model import ModelSpec
from pipegen.spec.runtime import Runtime
from pipegen.spec.stages import NamedStep, Stage

VARIABLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_BARE = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")


def command_line(arguments: Sequence[str]) -> str:
    """One command: `$NAME` expands in double quotes, everything else is literal."""
    return " ".join(_word(argument) for argument in arguments)


def _word(argument: str) -> str:
    if not VARIABLE.search(argument):
        return sh_quote(argument)
    parts = VARIABLE.split(argument)
    literals, names = parts[::2], parts[1::2]
    quoted = [part if not part or _BARE.fullmatch(part) else sh_quote(part) for part in literals]
    return quoted[0] + "".join(f'"${name}"{rest}' for name, rest in zip(names, quoted[1:], strict=True))


def step_text(step: NamedStep) -> str:
    return step.run if step.run is not None else command_line(step.command or ())


def stage_steps(stage: Stage) -> Iterator[tuple[str, str]]:
    """(title, bash text) of each step of the stage itself."""
    title = stage.title or stage.id
    if stage.run is not None:
        yield title, "\n".join(text.rstrip("\n") for text in stage.run)
    elif stage.command is not None:
        yield title, command_line(stage.command)
    for step in stage.steps or ():
        yield (title if len(stage.steps or ()) == 1 else f"{title}: {step.title}"), step_text(step)


def has_runtime(runtime: Runtime) -> bool:
    """Whether jobs run inside a Python environment of their own."""
    return runtime.python is not None or runtime.conda is not None


def script(spec: ModelSpec, text: str, *, activated: bool) -> str:
    """The text as a whole script: strict, in the model's folder, in the model's Python environment if it has one."""
    lines = [STRICT]
    if activated and has_runtime(spec.runtime):
        lines.append('source "$PIPEGEN_HOME/activate"')
    if spec.model.path != ".":
        lines.append(f"cd {sh_quote(spec.model.path)}")
    return "\n".join([*lines, text.rstrip("\n")]) + "\n"


def with_retries(text: str, retries: int) -> str:
    """The script, tried again up to `retries` times if it fails."""
    if not retries:
        return text
    tries = " ".join(str(number) for number in range(1, retries + 2))
    loop = [
        f"for attempt in {tries}; do",
        '  if bash "$PIPEGEN_HOME/attempt.sh"; then exit 0; fi',
        '  echo "attempt $attempt failed" >&2',
        "done",
        "exit 1",
    ]
    return in_file(text, "attempt.sh", loop)


def in_model(spec: ModelSpec, path: str) -> str:
    """A path of the model from the repository's root."""
    return path if spec.model.path == "." else f"{spec.model.path}/{path}"
