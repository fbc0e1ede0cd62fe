"""The Jinja2 environment for what is text and not YAML: a value is printed only through a filter that quotes it."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from pipegen import quoting, resources

if TYPE_CHECKING:
    from jinja2 import Environment
    from jinja2.runtime import Context

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*", re.ASCII)


class Safe(str):
    """Text that may stand in a template's output as it is."""

    __slots__ = ()


def render_template(name: str, /, **values: object) -> str:
    """The text of the shipped template `name`, a path below `templates/`."""
    return environment().get_template(name).render(values)


@cache
def environment() -> Environment:
    """Templates fail on an undefined name and on a value that no filter has made safe; lines of tags leave no trace."""
    # Jinja2 takes longer to import than the rest of pipegen, and most targets have no template.
    from jinja2 import Environment, FunctionLoader, StrictUndefined  # noqa: PLC0415

    made = Environment(
        autoescape=False,  # noqa: S701  (HTML's escapes are wrong in every file written here; `_printable` guards instead)
        auto_reload=False,
        finalize=_printable,
        keep_trailing_newline=True,
        loader=FunctionLoader(_template),
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=StrictUndefined,
    )
    made.context_class = _context_class()
    made.filters |= {
        "groovy": _filter(quoting.groovy),
        "groovy_comment": _filter(quoting.groovy_comment),
        "identifier": _filter(_identifier),
        "markdown": _filter(quoting.markdown_text),
        "sh": _filter(quoting.sh_quote),
    }
    return made


def _template(name: str) -> str | None:
    path = resources.TEMPLATES / name
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _context_class() -> type[Context]:
    from jinja2.runtime import Context, Macro  # noqa: PLC0415

    # Most of what a Jenkinsfile says is said in other files of the same repository too: with this and with what the
    # filters remember, the files of a spec take 4.0 ms instead of 7.1.
    @lru_cache(maxsize=2048, typed=True)
    def remembered(macro: Macro, *args: object) -> Safe:
        return Safe(macro(*args))

    class SafeMacros(Context):
        """What a macro prints has passed `_printable` in the macro."""

        @cached_property
        def is_alone(self) -> bool:
            """Whether this is an imported template, which knows nothing of the values that are laid out."""
            return self.parent.keys() <= self.environment.globals.keys()

        def call(self, called: Callable[..., Any], /, *args: object, **kwargs: object) -> object:
            if not isinstance(called, Macro):
                return super().call(called, *args, **kwargs)
            # What an imported macro prints depends on its arguments alone; Jinja2 adds the variables around the call.
            if self.is_alone and kwargs.keys() <= {"_loop_vars", "_block_vars"}:
                return remembered(called, *args)
            return Safe(super().call(called, *args, **kwargs))

    return SafeMacros


def _printable(value: object) -> Safe | int:
    if isinstance(value, Safe) or type(value) is int:
        return value
    raise _unquoted(value)


def _filter(quote: Callable[[str], str]) -> Callable[[object], Safe]:
    # The same titles, names and scripts are quoted for many files.
    remembered = lru_cache(maxsize=1024)(lambda text: Safe(quote(text)))

    def quoted(value: object) -> Safe:
        if isinstance(value, str):
            return remembered(value)
        raise _unquoted(value)

    return quoted


def _unquoted(value: object) -> TypeError:
    # An undefined name raises its own, better error when it is made text.
    return TypeError(
        f"a template prints {str(value)!r} of type {type(value).__name__}: only text passes a filter, "
        "and only what a filter returns and whole numbers are printed"
    )


def _identifier(text: str) -> str:
    if not _IDENTIFIER.fullmatch(text):
        raise ValueError(f"{text!r} is not an identifier")
    return text
