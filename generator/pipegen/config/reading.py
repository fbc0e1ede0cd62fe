"""Reading pipegen.toml: its text becomes a `Config`, or findings at their places."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pipegen import __version__
from pipegen.config import (
    OTHER_VERSION,
    CompanyStep,
    Config,
    Ledger,
    Names,
    Pin,
    Registry,
)
from pipegen.config.rules import findings
from pipegen.config.shape import ADDRESS, VERSION, PipegenToml, pipegen_toml, tables
from pipegen.config.shape import CompanyStep as StepShape
from pipegen.config.versions import REQUIREMENT, satisfies, specifier
from pipegen.diagnostics import Diagnostic, Finding, Refused, has_errors
from pipegen.spec.forms import TOML
from pipegen.spec.shape import shape_as
from pipegen.target_names import BUILT_IN, is_known
from pipegen.toml_source import TomlSource

FORMAT = 1


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A pipegen.toml: what it says, where it says it, and the warnings about it.

    The flow, the environments and the defaults that all specs share are plain data in `source.data`, right in shape.
    """

    config: Config
    source: TomlSource
    warnings: tuple[Diagnostic, ...] = ()


def read_file(text: str, name: str) -> ConfigFile:
    """The file and its meaning; `Refused` with all that is wrong with it."""
    source = TomlSource.parse(name, text)
    outdated = next(_newer_format(source), None) or next(_other_version(source), None)
    if outdated:
        raise Refused([source.diagnostic(outdated)])
    toml, misfits = _shaped(source)
    if toml is None:
        raise Refused(misfits)
    found = tuple(source.diagnostic(finding) for finding in findings(toml, tables(toml)))
    if has_errors(found):
        raise Refused(found)
    return ConfigFile(_config(toml), source, found)


# ---------------------------------------------------------------- what comes before all else


def _newer_format(source: TomlSource) -> Iterator[Finding]:
    """PG024: what a newer pipegen wrote cannot be judged by this one."""
    said = source.data.get("format")
    if isinstance(said, int) and not isinstance(said, bool) and said > FORMAT:
        message = f"the file is of a newer format: {said}, and pipegen {__version__} knows {FORMAT}"
        yield Finding(("format",), "PG024", message, "install a newer pipegen: pip install --upgrade mlops-pipegen")


def _other_version(source: TomlSource) -> Iterator[Finding]:
    """PG025: another pipegen may read the file differently, so nothing else of it is judged."""
    required = source.data.get("required-version")
    if not isinstance(required, str) or not re.search(REQUIREMENT, required) or satisfies(__version__, required):
        return
    message = f"this is pipegen {__version__}, and the repository requires {required}"
    yield Finding(("required-version",), OTHER_VERSION, message, f"install it: {_installation(source, required)}")


def _installation(source: TomlSource, required: str) -> str:
    """The command that installs what is required: the pinned version where that fits."""
    pin = source.data.get("pipegen")
    said = {key: value for key, value in pin.items() if isinstance(value, str)} if isinstance(pin, dict) else {}
    version, index = said.get("version", ""), said.get("index", "")
    fits = re.fullmatch(VERSION, version) and satisfies(version, required)
    what = f"mlops-pipegen=={version}" if fits else f"'mlops-pipegen{specifier(required)}'"
    from_index = f"--index-url {index} " if re.fullmatch(ADDRESS, index) else ""
    return f"pip install {from_index}{what}"


# ---------------------------------------------------------------- shape


@dataclass(frozen=True, slots=True)
class _OwnCodes:
    """The file under the codes that findings about its shape have."""

    source: TomlSource

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def text(self) -> str:
        return self.source.text

    @property
    def data(self) -> Mapping[str, object]:
        return self.source.data

    def diagnostic(self, finding: Finding, *, at_key: bool = False) -> Diagnostic:
        return self.source.diagnostic(_own_code(finding), at_key=at_key)


def _own_code(finding: Finding) -> Finding:
    if finding.code == "PG102" and finding.path[0] == "pipegen":
        message = f"[pipegen] does not pin one exact wheel: it has no key {finding.path[-1]!r}"
        hint = "give `version` and `sha256`, and `index` or `wheel` where it does not come from PyPI"
        return replace(finding, code="PG023", message=message, hint=hint)
    return replace(finding, code="PG021" if finding.code == "PG101" else "PG022")


def _shaped(source: TomlSource) -> tuple[PipegenToml | None, tuple[Diagnostic, ...]]:
    """The file in its shape, or all that does not fit."""
    odd = tuple(source.diagnostic(finding) for finding in source.oddities())
    others = tuple(each for each in source.data if each not in PipegenToml.model_fields and is_known(each))
    toml, misfits = shape_as(pipegen_toml(tuple(dict.fromkeys((*BUILT_IN, *others)))), _OwnCodes(source), TOML)
    places = {each.span for each in odd}
    other = (each for each in dict.fromkeys(misfits) if each.span not in places)
    return (None if odd else toml), (*odd, *other)


# ---------------------------------------------------------------- meaning


def _config(toml: PipegenToml) -> Config:
    return Config(
        host=toml.repository.host,
        default_branch=toml.repository.default_branch,
        targets=toml.repository.targets,
        pin=Pin(**toml.pipegen.model_dump()) if toml.pipegen else None,
        ledger=Ledger(**toml.ledger.model_dump()) if toml.ledger else None,
        registry=Registry(**toml.registry.model_dump()) if toml.registry else None,
        names={name: named for name, table in tables(toml).items() if (named := table.names()) != Names()},
        own={name: own for name, table in tables(toml).items() if (own := table.own()) is not None},
        steps_before=tuple(map(_step, toml.steps.before)),
        steps_after=tuple(map(_step, toml.steps.after)),
    )


def _step(step: StepShape) -> CompanyStep:
    return CompanyStep(step.title, step.run, step.timeout)
