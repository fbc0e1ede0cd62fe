"""What a repository gets that takes up pipegen: its configuration, the schema for editors, the hook, attributes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipegen.config import CONFIG_FILE, Config, Pin
from pipegen.onboarding.precommit import HOOK_FILE, has_hook, hook_entry, new_hook_file, with_hook
from pipegen.resources import SCHEMAS
from pipegen.targets import target_of
from pipegen.templating import Safe, render_template

SCHEMA_FILE = "model-specs/model-spec.schema.json"
ATTRIBUTES_FILE = ".gitattributes"


@dataclass(frozen=True, slots=True)
class Adoption:
    """What a repository takes up; `hook` False: no hook. `hook_repository` is a git repository that holds the hooks."""

    config: Config
    version: str
    hook: bool = True
    hook_repository: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of one file: its new text, or None where it stays as it is. `remedy` is what is left to do."""

    path: str
    verb: str
    text: str | None
    remedy: str = ""


def files_to_read(adoption: Adoption) -> tuple[str, ...]:
    return (CONFIG_FILE, SCHEMA_FILE, *((HOOK_FILE,) if adoption.hook else ()), ATTRIBUTES_FILE)


def steps(adoption: Adoption, standing: Mapping[str, str | None]) -> Iterator[Step]:
    """One step for each file of `files_to_read`; `standing` has their texts, None for a file that there is not."""
    yield _whole(CONFIG_FILE, standing, config_text(adoption))
    yield _schema(standing[SCHEMA_FILE])
    if adoption.hook:
        yield _hook(standing[HOOK_FILE], adoption)
    yield _attributes(standing[ATTRIBUTES_FILE], adoption.config)


def _whole(path: str, standing: Mapping[str, str | None], text: str) -> Step:
    return Step(path, "wrote", text) if standing[path] is None else Step(path, "already there", None)


def _schema(standing: str | None) -> Step:
    text = schema_text()
    if standing is None:
        return Step(SCHEMA_FILE, "wrote", text)
    remedy = "" if standing == text else f"it is not this pipegen's schema: pipegen schema > {SCHEMA_FILE}"
    return Step(SCHEMA_FILE, "already there", None, remedy)


def _hook(standing: str | None, adoption: Adoption) -> Step:
    entry = hook_entry(adoption.config.pin, repository=adoption.hook_repository, version=adoption.version)
    if standing is None:
        return Step(HOOK_FILE, "wrote", new_hook_file(entry))
    if has_hook(standing):
        return Step(HOOK_FILE, "already there", None)
    extended = with_hook(standing, entry)
    if extended is None:
        return Step(HOOK_FILE, "left alone", None, f"add to its `repos`:\n{entry}")
    return Step(HOOK_FILE, "added to", extended)


def _attributes(standing: str | None, config: Config) -> Step:
    lacking = [line for line in attribute_lines(config) if line not in (standing or "").splitlines()]
    if not lacking:
        return Step(ATTRIBUTES_FILE, "already there", None)
    text = standing or ""
    text += "" if text.endswith("\n") or not text else "\n"
    verb = "wrote" if standing is None else "added to"
    return Step(ATTRIBUTES_FILE, verb, text + "".join(f"{line}\n" for line in lacking))


def attribute_lines(config: Config) -> Sequence[str]:
    """Lines by which the host folds generated files in reviews and leaves them out of its statistics."""
    attribute = "gitlab-generated" if config.host == "gitlab" else "linguist-generated"
    patterns = [pattern for name in config.targets for pattern in target_of(name).PATTERNS]
    pinned = [f"/{config.pin.requirements}"] if config.pin else []
    return [f"{pattern} {attribute}" for pattern in (*patterns, *pinned)]


def config_text(adoption: Adoption) -> str:
    """A commented pipegen.toml; without a pin the lines that would say it are comments."""
    config = adoption.config
    pin = config.pin or Pin(adoption.version, "0" * 64)
    return render_template(
        "onboarding/pipegen.toml.j2",
        host=_toml(config.host),
        default_branch=_toml(config.default_branch),
        targets=Safe(f"[{', '.join(_toml(name) for name in config.targets)}]"),
        required=_toml(f">={adoption.version}"),
        off=Safe("" if config.pin else "#"),
        version=_toml(pin.version),
        sha256=_toml(pin.sha256),
        index=_toml(pin.index),
        wheel=_toml(pin.wheel) if pin.wheel else None,
        examples=[Safe(f"#{line}") for name in config.targets for line in target_of(name).EXAMPLE.splitlines()],
    )


def _toml(value: str) -> Safe:
    """A basic string of TOML, which escapes as JSON does."""
    return Safe(json.dumps(value, ensure_ascii=False))


def schema_text() -> str:
    return (SCHEMAS / "model-spec.schema.json").read_text("utf-8")
