"""From the files of a repository to the text of its pipelines, one spec at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipegen import config as configuration
from pipegen.config import CONFIG_FILE, STAGE_FOLDER, Config
from pipegen.delivery import Delivery, Verdict
from pipegen.diagnostics import Diagnostic, Located, Refused, Severity, has_errors
from pipegen.header import REPOSITORY, digest_inputs, with_header
from pipegen.plan.verdict import verdict
from pipegen.resources import TEMPLATES
from pipegen.source import Source
from pipegen.spec.model import ModelSpec
from pipegen.stage_kinds import StageKind
from pipegen.targets import Files, target_of
from pipegen.validation import capability_diagnostics, load_kinds, validate

if TYPE_CHECKING:
    from pipegen.config.reading import ConfigFile
    from pipegen.layers.bases import Bases

SHARED_TABLES = frozenset({"flow", "environments", "defaults"})
"""What pipegen.toml says about all specs; the rest of it is the configuration."""
_OFFERED = frozenset({"PG237", "PG274"})
"""Findings about what nothing uses: where pipegen.toml offers it to all specs, they say nothing about one of them."""


@dataclass(frozen=True, slots=True)
class Repository:
    """What all specs of a repository have in common; `kind_texts` maps a stage kind to its file's text.

    `shared` is pipegen.toml as the layer below all specs, `bases` are the files that they extend, as far as read.
    """

    root: Path
    config: Config
    kinds: Mapping[str, StageKind]
    kind_texts: Mapping[str, str]
    diagnostics: tuple[Diagnostic, ...]
    shared: Located | None = None
    bases: Bases = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Compiled:
    """What became of one spec: `delivery` and `files` are None where errors stand in the way.

    `files` maps each target to its files, each with its header. `inputs` are the texts of the files that the spec is
    made from besides itself, by path.
    """

    path: str
    source: Located | None
    spec: ModelSpec | None
    delivery: Delivery | None
    targets: tuple[str, ...]
    files: Mapping[str, Files] | None
    diagnostics: tuple[Diagnostic, ...]
    inputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def all_files(self) -> Files:
        return {path: text for files in (self.files or {}).values() for path, text in files.items()}


def open_repository(root: Path) -> Repository:
    """The repository's configuration and stage kinds; `Refused` where pipegen.toml cannot be used."""
    file = _config_file(root)
    sources = tuple(_kind_sources(root))
    kinds, diagnostics = load_kinds(sources)
    texts = {kind: source.text for source in sources for kind in [Path(source.name).stem]}
    if file is None:
        return Repository(root, Config(), kinds, texts, diagnostics)
    shared = file.source if SHARED_TABLES & file.source.data.keys() else None
    return Repository(root, file.config, kinds, texts, (*file.warnings, *diagnostics), shared)


def _config_file(root: Path) -> ConfigFile | None:
    try:
        return configuration.read_file((root / CONFIG_FILE).read_text("utf-8-sig"), CONFIG_FILE)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        unreadable = Diagnostic(CONFIG_FILE, None, Severity.ERROR, "PG001", f"the file cannot be read: {reason}")
        raise Refused([unreadable]) from None


def _kind_sources(root: Path) -> Iterator[Source]:
    shipped = TEMPLATES / "stages"
    for folder, shown in ((shipped, "pipegen"), (root / STAGE_FOLDER, "")):
        if shown == "" and (not folder.is_dir() or folder.resolve() == shipped.resolve()):
            continue
        for file in sorted(folder.glob("*.yaml")):
            yield Source.read(file, (Path(shown) / STAGE_FOLDER / file.name).as_posix())


def load_spec(repository: Repository, path: str, targets: tuple[str, ...] = ()) -> Compiled:
    """One spec, read, validated and planned, not yet rendered; `targets` overrules the spec's own list."""
    planned = plan_spec(repository, path, targets)
    if planned.delivery is None or planned.source is None:
        return planned
    found = list(planned.diagnostics)
    for name in planned.targets:
        found += capability_diagnostics(planned.delivery, name, target_of(name), repository.config, planned.source)
    return replace(planned, diagnostics=tuple(found))


def plan_spec(repository: Repository, path: str, targets: tuple[str, ...] = ()) -> Compiled:
    """One spec as `load_spec` has it, but for what its targets cannot keep: what it means, wherever it runs."""
    try:
        source, inputs, disagreements = _source(repository, path)
    except Refused as refused:
        return Compiled(path, None, None, None, targets, None, refused.diagnostics)
    config = replace(repository.config, targets=targets) if targets else repository.config
    validated = validate(source, config, repository.kinds, tuple(inputs))
    spec, delivery = validated.spec, None if disagreements else validated.delivery
    chosen = targets or (spec.targets if spec and spec.targets else repository.config.targets)
    found = (each for each in validated.diagnostics if not (each.file == CONFIG_FILE and each.code in _OFFERED))
    diagnostics = sorted((*disagreements, *found), key=lambda each: each.sort_key)
    return Compiled(path, source, spec, delivery, tuple(chosen), None, tuple(diagnostics), inputs)


def load_source(repository: Repository, path: str) -> Located:
    """One spec with its layers, which knows where everything in it stands; `Refused` where it cannot be read."""
    source, _, _ = _source(repository, path)
    return source


def _source(repository: Repository, path: str) -> tuple[Located, Mapping[str, str], tuple[Diagnostic, ...]]:
    """A spec with all its layers, what it is made from besides itself, and what it says against pipegen.toml."""
    spec = Source.read(repository.root / path, path)
    if "extends" not in spec.data and repository.shared is None:
        return spec, {}, ()
    from pipegen.layers import Layered, layered  # noqa: PLC0415  (a spec that stands alone does not pay for it)
    from pipegen.layers.bases import base_of  # noqa: PLC0415

    whole = layered(spec, base_of(spec, repository.root, repository.bases), repository.shared)
    return (whole, whole.inputs, whole.disagreements) if isinstance(whole, Layered) else (whole, {}, ())


def compile_spec(repository: Repository, path: str, targets: tuple[str, ...] = ()) -> Compiled:
    """One spec to its files, or to what is wrong with it."""
    loaded = load_spec(repository, path, targets)
    if loaded.delivery is None or has_errors(loaded.diagnostics):
        return loaded
    return replace(loaded, files={name: _files(repository, loaded, name) for name in loaded.targets})


def _files(repository: Repository, loaded: Compiled, name: str) -> Files:
    if loaded.delivery is None or loaded.source is None:
        raise ValueError(f"{loaded.path} is not planned")
    target = target_of(name)
    inputs = digest_inputs({**loaded.inputs, **_inputs(repository, loaded.source)})
    command = f"pipegen render {loaded.path}"
    return {
        path: with_header(
            body, comment=target.COMMENT, target=name, spec=loaded.path, inputs_digest=inputs, command=command
        )
        for path, body in target.render(loaded.delivery, repository.config).items()
    }


def compile_root(repository: Repository, targets: tuple[str, ...] = ()) -> Compiled:
    """The files that a repository has once for all its models; they are made from pipegen.toml alone."""
    chosen = targets or repository.config.targets
    verdicts = {name: verdict(repository.config, name) for name in chosen}
    files = {name: _root_files(repository.config, name, verdicts[name]) for name in chosen}
    files |= {REPOSITORY: _requirements(repository.config)}
    told = () if all(verdicts.values()) else tuple(_without_verdict(repository.root))
    return Compiled(CONFIG_FILE, None, None, None, chosen, files, told)


def _root_files(config: Config, name: str, verdict: Verdict | None) -> Files:
    target = target_of(name)
    return {path: _root_file(body, target.COMMENT, name) for path, body in target.root(config, verdict).items()}


def _requirements(config: Config) -> Files:
    """What the verdict installs, the same on every target; without a pin nothing is installed."""
    if config.pin is None:
        return {}
    # A run about one spec does not read the locks.
    from pipegen.requirements import registry_requirements, requirements  # noqa: PLC0415

    files = {config.pin.requirements: requirements(config.pin)}
    if config.registry is not None:
        files[config.registry.requirements] = registry_requirements(config.pin)
    return {path: _root_file(text, "#", REPOSITORY) for path, text in files.items()}


def _root_file(body: str, comment: str, target: str) -> str:
    # The text is all that pipegen.toml has to do with such a file, so its own text is not an input.
    inputs = digest_inputs({"target": target})
    return with_header(
        body, comment=comment, target=target, spec=CONFIG_FILE, inputs_digest=inputs, command="pipegen render"
    )


def _without_verdict(root: Path) -> Iterator[Diagnostic]:
    """PG288; whoever has no pipegen.toml yet has not come to merges either."""
    if (root / CONFIG_FILE).exists():
        message = "no check of the repository: it does not pin the pipegen that pipelines install"
        hint = "set `version` and `sha256` in [pipegen], and `index` or `wheel` where it does not come from PyPI"
        yield Diagnostic(CONFIG_FILE, None, Severity.WARNING, "PG288", message, hint)


def _inputs(repository: Repository, source: Located) -> dict[str, str]:
    """What the files of a spec are made from: itself and the stage kinds it uses.

    pipegen.toml is not among them: a change of it touches the files whose text it changes, and no others.
    """
    stages = source.data.get("stages") if isinstance(source.data, dict) else None
    used = {stage.get("use") for stage in stages if isinstance(stage, dict)} if isinstance(stages, list) else set()
    kinds = {f"stage kind {kind}": text for kind, text in repository.kind_texts.items() if kind in used}
    return {source.name: source.text, **kinds}
