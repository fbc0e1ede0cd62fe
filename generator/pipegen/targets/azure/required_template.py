"""The template that every pipeline of a company extends."""

from __future__ import annotations

from dataclasses import dataclass

from pipegen.config import Config


@dataclass(frozen=True, slots=True)
class TemplateRepository:
    """Where the required template of Azure lives: `ref` is a full one, for example refs/tags/v3."""

    alias: str
    type: str
    name: str
    ref: str
    endpoint: str | None = None


@dataclass(frozen=True, slots=True)
class Extends:
    """The template that every Azure pipeline of the company must extend.

    `template` is the file alone, also where it lives in a `repository`. It gets the pipeline's stages as its parameter
    `parameter`, and `parameters` beside them.
    """

    template: str
    repository: TemplateRepository | None = None
    parameter: str = "stages"
    parameters: tuple[tuple[str, str | int | bool], ...] = ()


def required_template(config: Config) -> Extends | None:
    own = config.own.get("azure")
    return own if isinstance(own, Extends) else None
