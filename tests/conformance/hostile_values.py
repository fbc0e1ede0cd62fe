"""Values that would be commands, expressions or escapes if anything took them for text, and a model full of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

from conformance.random_specs import NAME

PROGRAM = "pwn"
"""A program that nothing calls: a call of it means that a value was executed."""
TEXTS = (
    f'1"; echo PWN""ED; {PROGRAM}; "',
    f"1'; {PROGRAM}; '",
    "$(touch x)",
    "`touch x`",
    f"$({PROGRAM})",
    f"`{PROGRAM}`",
    f"; {PROGRAM} #",
    f"&& {PROGRAM} || {PROGRAM} | {PROGRAM} &",
    "${{ secrets }}",
    "${{ 1 + 1 }}",
    "${{ '${{' }}",
    "$[ 1 ]",
    "$[variables.x]",
    "$(Build.SourceBranch)",
    "$$(Build.SourceBranch)",
    "$(PIPEGEN_MODEL)",
    "$PIPEGEN_MODEL ${PIPEGEN_MODEL} $$",
    "${1 + 1} ${params} \\${x} \\$x",
    "'''",
    '"""',
    f"''' + '{PROGRAM}'.execute() + '''",
    "\\",
    "\\\\'",
    "\\u0027 \\n",
    "%0A::set-output name=a::b",
    "::error::x",
    "::add-mask::1",
    "##vso[task.setvariable variable=PATH]x",
    "##[error]x %AZP25 %25",
    "$CI_JOB_TOKEN $[[ inputs.x ]]",
    "{{ x }} {% x %} #{x} <%= x %>",
    "- a: b # c",
    "*a &b !c |d >e @f %g",
    "~ on yes 0123 1e3",
    "PIPEGEN_END",
    "END",
    "<b>&amp;</b> [x](y)",
    "é 模型 😀",
)
LINES = (
    f"a\n{PROGRAM}\nb",
    "a\n",
    "\n",
    "'\n''",
    "a\tb",
    f"a\\\n{PROGRAM}",
    "::error::x\n##vso[task.complete result=Failed]",
    " a  b ",
)
"""More than a line, or with spaces at its ends."""
BRANCHES = (
    f'feat/1";{PROGRAM};echo${{IFS}}PWN""ED;"',
    f"feat/$({PROGRAM})`{PROGRAM}`$(touch${{IFS}}x)",
    f"feat/';{PROGRAM};'''&&{PROGRAM}||{PROGRAM}",
    "feat/${{secrets}}${{'$'}}{{x}}",
    "feat/$(Build.SourceBranch)$(PIPEGEN_MODEL)/$PIPEGEN_MODEL${y}$",
    "feat/%0A%0D%25;##vso]é-模型",
)
"""Names that git takes."""
MESSAGE = "\n\n".join(TEXTS)
"""What the commits of the repository say."""
STARTER = f"Eve $({PROGRAM}) `{PROGRAM}` \"; {PROGRAM}; ' ${{{{ x }}}} ##vso[x] %0A"

Data = dict[str, Any]
_LOOK = 'set -- "$(mktemp "$SEEN/XXXXXXXX")" "$@"\nenv -0 > "$1.variables"\nprintf "%s\\0" "${@:2}" > "$1.arguments"\n'
"""What the model's scripts do: they write down what they find."""


def variables() -> dict[str, str]:
    return {f"TEXT_{number}": text for number, text in enumerate((*TEXTS, *LINES))}


def parameters() -> list[dict[str, str]]:
    """The values of all runs of the action: each is given once."""
    every = (*TEXTS, *LINES)
    parts = [every[start : start + PARAMETERS] for start in range(0, len(every), PARAMETERS)]
    return [{f"note_{number}": text for number, text in enumerate(part)} for part in parts]


PARAMETERS = 16
DEFAULTS = tuple(text for text in TEXTS if "${{" not in text)


def spec(seen: Path) -> Data:
    """A model of all pipelines, in which people wrote such texts wherever they may write freely."""
    said = cycle(TEXTS)
    words = [text for text in (*TEXTS, *LINES) if "$" not in text]
    return {
        "pipegen": 1,
        "model": {"name": NAME, "owner": "a team", "title": next(said), "description": next(said), "path": "models/x"},
        "flow": [{"branch": "feat/*"}, {"branch": "dev", "environments": ["prod"], "approvals": {"merge": 1}}],
        "environments": {"prod": _prod(said)},
        "variables": {"SEEN": str(seen), **variables()},
        "stages": [
            {
                "id": "test",
                "title": next(said),
                "command": ["bash", "-euc", _LOOK.replace("$SEEN", "$0"), "$SEEN", *words],
                "steps_before": [{"title": next(said), "run": _LOOK}],
            },
            {
                "id": "titles",
                "title": next(said),
                "at": ["merged"],
                "steps": [{"title": text, "run": "true"} for text in TEXTS],
            },
            {
                "id": "train",
                "title": next(said),
                "run": _LOOK,
                "override": [{"at": ["change"], "variables": {"OVERRIDDEN": TEXTS[0]}}],
                "variables": {"OVERRIDDEN": TEXTS[1]},
            },
            {"id": "deploy", "title": next(said), "deploys": True, "install": False, **_deployment(said)},
        ],
        "schedules": {"nightly": {"cron": "0 3 * * *", "stages": ["test"], "variables": {"OF_TIMER": TEXTS[2]}}},
        "actions": {
            "again": _action(said),
            "strict": {"stages": ["train"], "parameters": {"note": {"type": "string"}}},
        },
        "allow_weaker": [
            {"target": "jenkins", "control": "initiator of approval prod", "reason": f"because {next(said)}"}
        ],
    }


def _prod(said: Iterator[str]) -> Data:
    return {
        "title": next(said),
        "variables": {"OF_PLACE": TEXTS[4], "INPUT_LIKE": TEXTS[16], "PATHS": TEXTS[9]},
        "approvals": {"approvers": ["release"], "expires": "2d"},
    }


def _deployment(said: Iterator[str]) -> Data:
    return {
        "rollout": [{"id": "all", "title": next(said), "run": _LOOK}],
        "restore": _LOOK,
        "rollback": _LOOK,
        "verify": _LOOK,
    }


def _action(said: Iterator[str]) -> Data:
    """Its pattern lets everything through."""
    return {
        "title": next(said),
        "stages": ["train"],
        "variables": {"OF_ACTION": TEXTS[3]},
        "parameters": {
            f"note_{number}": {
                "type": "string",
                "pattern": "([^a]|a){0,300}",
                "default": DEFAULTS[number],
                "description": next(said),
            }
            for number in range(PARAMETERS)
        },
    }


# ---------------------------------------------------------------- what scripts found


@dataclass(frozen=True)
class Seen:
    """What a script of the model found: its variables, and the arguments that it was called with."""

    variables: Mapping[str, str]
    arguments: tuple[str, ...]


def found_in(folder: Path) -> Sequence[Seen]:
    return [_read(file) for file in sorted(folder.glob("*.variables"))]


def _read(file: Path) -> Seen:
    given = dict(each.split("=", 1) for each in _words(file))
    return Seen(given, tuple(_words(file.with_suffix(".arguments"))))


def _words(file: Path) -> list[str]:
    return file.read_bytes().decode("utf-8").split("\0")[:-1]
