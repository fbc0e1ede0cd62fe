"""What a spec's environments define and what runs in them uses: the table that `gate config` judges."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pipegen.delivery import Delivery, Run
from pipegen.plan.flow import environments
from pipegen.plan.variables import STORE_SCOPE, secret_variables
from pipegen.rules.texts import stage_texts, texts
from pipegen.spec.flow import Environment, Secret
from pipegen.spec.model import Action, ModelSpec, Schedule

Table = Mapping[str, Mapping[str, object]]

_LARGEST_FILE = 1_000_000
_WORD = re.compile(rb"[A-Z][A-Z0-9_]{2,}")
# What a shell or a machine sets, and what libraries that talk to a registry read by themselves.
_OF_THE_SHELL = re.compile(
    r"[a-z_].*|PIPEGEN_\w+|HOME|PATH|PWD|OLDPWD|USER|TMPDIR|LANG|LC_\w+|RANDOM|SECONDS|BASH\w*|PORT"
)
_OF_A_REGISTRY = re.compile(r"(MLFLOW|DATABRICKS|SNOWFLAKE)_\w+")
_READ_BY = {
    "aws": "AWS_",
    "az": "AZURE_",
    "databricks": "DATABRICKS_",
    "gcloud": "GOOGLE_",
    "kubectl": "KUBE",
    "mlflow": "MLFLOW_",
    "snow": "SNOWFLAKE_",
}
"""Programs, and how the variables begin that they read by themselves."""


def environment_table(spec: ModelSpec, delivery: Delivery, root: Path) -> Table:
    """Each environment in which stages run: its variables with their values, its secrets, and who uses what.

    `root` is the repository's: a name that stands in a file of the model is used by it.
    """
    in_files = _names_in(_files(spec, root))
    running = _stages_by_environment(delivery)
    return {
        "environments": {
            name: _environment(spec, environment, running[name], in_files)
            for name, environment in environments(spec).items()
            if name in running
        }
    }


def _environment(
    spec: ModelSpec, environment: Environment, running: Iterable[int], in_files: frozenset[str]
) -> dict[str, object]:
    variables = {**spec.variables, **environment.variables}
    secrets = [*_secret_names(spec.secrets), *_secret_names(environment.secrets), *environment.identity]
    defined = {*variables, *secrets}
    stages = {
        spec.stages[index].id: sorted(_needed(spec, index) | _read_by_programs(spec, index, defined))
        for index in sorted(running)
    }
    beside = {
        f"files of {spec.model.path}": sorted(defined & in_files),
        "pipegen": sorted(defined & frozenset(_beside_stages(spec, defined))),
    }
    return {"variables": variables, "secrets": list(dict.fromkeys(secrets)), "uses": {**stages, **beside}}


def _secret_names(secrets: Mapping[str, Secret]) -> Iterator[str]:
    for name, secret in secrets.items():
        yield from secret_variables(name, secret)


def _stages_by_environment(delivery: Delivery) -> dict[str, set[int]]:
    """The stages, by their index, that have a script in each environment."""
    found: dict[str, set[int]] = {}
    for pipeline in delivery.pipelines:
        for job in (each for each in pipeline.jobs if each.environment is not None):
            runs = (step.origin for step in job.steps if isinstance(step, Run))
            indexes = {origin[1] for origin in runs if origin[:1] == ("stages",) and isinstance(origin[1], int)}
            if indexes:
                found.setdefault(str(job.environment), set()).update(indexes)
    return found


def _needed(spec: ModelSpec, index: int) -> frozenset[str]:
    """The names that a stage's scripts need from outside of the stage."""
    stage = spec.stages[index]
    own = {*stage.variables, *(name for each in stage.override for name in each.variables)}
    published = {name for each in spec.stages for name in each.publishes}
    operations: tuple[Schedule | Action, ...] = (*spec.schedules.values(), *spec.actions.values())
    started = {name for each in operations for name in each.variables}
    needed = {name for text in stage_texts(stage, index) for name in text.names if not text.sets(name)}
    return frozenset(name for name in needed - own - published - started if not _OF_THE_SHELL.fullmatch(name))


def _read_by_programs(spec: ModelSpec, index: int, defined: Iterable[str]) -> frozenset[str]:
    said = " ".join(text.text for text in stage_texts(spec.stages[index], index))
    words = {*re.findall(r"[a-z]+", said), *spec.stages[index].requires, *spec.runtime.requires}
    beginnings = tuple(start for program, start in _READ_BY.items() if program in words)
    return frozenset(name for name in defined if beginnings and name.startswith(beginnings))


def _beside_stages(spec: ModelSpec, defined: Iterable[str]) -> Iterator[str]:
    """What the installation, the store, the archive, the registry and messages use."""
    yield from (name for text in texts(spec) if text.stage is None for name in text.names)
    yield from (index.secret for index in spec.runtime.indexes if index.secret)
    yield from (name for name in defined if spec.registry and _OF_A_REGISTRY.fullmatch(name))
    for name, secret in spec.secrets.items():
        yield from secret_variables(name, secret) if STORE_SCOPE in (secret.stages or ()) else ()
    if spec.notify:
        yield spec.notify.webhook


def _files(spec: ModelSpec, root: Path) -> Iterator[Path]:
    patterns = ["**/*" if spec.model.path == "." else f"{spec.model.path}/**/*", *spec.model.paths]
    for pattern in patterns:
        yield from (file for file in root.glob(pattern) if file.is_file() and ".git" not in file.parts)


def _names_in(files: Iterable[Path]) -> frozenset[str]:
    """Every word of upper-case letters in files of a size that people write."""
    found: set[bytes] = set()
    for file in files:
        if file.stat().st_size <= _LARGEST_FILE:
            found.update(_WORD.findall(file.read_bytes()))
    return frozenset(word.decode("ascii") for word in found)
