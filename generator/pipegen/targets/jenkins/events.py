"""Events: the guard that lets a run go on, the timer and the form that start it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, assert_never

from pipegen.delivery import Action, Change, Event, Merged, Parameter, Pipeline, Review, Scheduled, Tagged
from pipegen.quoting import sh_quote
from pipegen.scripts import STRICT
from pipegen.targets.jenkins.view import Asked, Condition, Guard, Timer

PERSON = "UserIdCause"
TIMER = "TimerTrigger"

_IS_A_BRANCH = ((Condition("not", "changeRequest"),), (Condition("not", "buildingTag"),))


def guard(event: Event) -> Guard:
    """The only place of a file that asks why the run takes place."""
    match event:
        case Change(branches):
            pushed = tuple(_ref("branch", pattern) for pattern in branches)
            return Guard(f"A push to {_either(branches)}.", (pushed, *_IS_A_BRANCH))
        case Review(targets):
            names = tuple(target.branch for target in targets)
            return Guard(
                f"A pull request into {_either(names)}.", (tuple(Condition("target", name) for name in names),)
            )
        case Merged(branch):
            text = f"A commit on {branch}; a person who starts the job delivers the branch once more."
            return Guard(text, ((_ref("branch", branch),), *_IS_A_BRANCH, (Condition("not cause", TIMER),)))
        case Tagged(pattern, branch):
            return Guard(f"A tag {pattern}; the first stage checks that it is on {branch}.", ((_ref("tag", pattern),),))
        case Scheduled(_, cron, branch):
            text = f"The timer ({cron}, UTC) on {branch}, or a person who does not want to wait for it."
            causes = (Condition("cause", TIMER), Condition("cause", PERSON))
            return Guard(text, ((_ref("branch", branch),), *_IS_A_BRANCH, causes))
        case Action():
            # The parameters have their defaults on every other run, the first scan of a new job included.
            text = "A person or a program with an account asked for it; the first stage checks from where."
            return Guard(text, ((Condition("cause", PERSON),),))
        case _:
            assert_never(event)


def _ref(kind: Literal["branch", "tag"], pattern: str) -> Condition:
    """A name is compared as it is: Jenkins' usual comparison, GLOB, ignores case and stops `*` at a slash."""
    if "*" not in pattern:
        return Condition(kind, pattern)
    literal = re.sub(r"[^\w/*-]", r"\\\g<0>", pattern, flags=re.ASCII)
    return Condition(kind, f"^{literal.replace('*', '.*')}$", "REGEXP")


def timer(event: Event) -> Timer | None:
    return Timer(event.branch, event.cron) if isinstance(event, Scheduled) else None


def parameters(event: Event) -> tuple[Asked, ...]:
    return tuple(map(_asked, event.parameters)) if isinstance(event, Action) else ()


def _asked(parameter: Parameter) -> Asked:
    """A field of the form, under the name of its variable.

    Jenkins makes each parameter a variable and ignores case: one named `path` would be PATH.
    """
    name, description, default = parameter.variable, parameter.description, parameter.default
    match parameter.type:
        case "boolean":
            return Asked("boolean", name, description, "", checked=default == "true", choices=())
        case "choice":
            # Jenkins offers the first choice.
            choices = sorted(parameter.choices, key=lambda choice: choice != default)
            return Asked("choice", name, description, "", checked=False, choices=tuple(choices))
        case "string" | "integer" | "number":
            return Asked("string", name, description, default, checked=False, choices=())
        case _:
            assert_never(parameter.type)


def compare_script(pipeline: Pipeline) -> str | None:
    """Says by its exit code whether a push concerns the model; a tag, a timer and a person always do."""
    if not pipeline.paths or not isinstance(pipeline.event, Change | Merged):
        return None
    paths = "".join(f" \\\n  {sh_quote(f':(glob){path}')}" for path in pipeline.paths)
    return f'#!/usr/bin/env bash\n{STRICT}\ngit diff --quiet "$BEFORE" HEAD --{paths}\n'


def _either(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
