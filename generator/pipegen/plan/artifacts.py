"""Artifacts on their way: packed once with a digest, checked before each use, carried between branches by a store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipegen.delivery import HOME, Download, PublishedValue, Run, Step, StepVariable, Upload
from pipegen.plan import selection
from pipegen.plan.commands import in_model
from pipegen.plan.variables import VERSION
from pipegen.quoting import sh_quote
from pipegen.scripts import STRICT
from pipegen.spec.model import ModelSpec
from pipegen.spec.stages import Stage

_TAR = "tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner"
KEEP = '"$PIPEGEN_HOME/pipegen/bin/python" -I -m pipegen.registry keep'
FETCH = '"$PIPEGEN_HOME/pipegen/bin/python" -I -m pipegen.registry fetch'
"""The commands of the store where a spec has a registry and no store of its own.

Of one source tree the last model that was validated counts; a version never becomes another.
"""

VALUES = "values"
"""The artifact that carries published values between branches."""


@dataclass(frozen=True, slots=True)
class Made:
    """Something that a stage leaves for later ones; `path` is its place in the checkout, None for the usual one.

    `files` are what it is gathered from instead: the place of each in the checkout, and its name in the artifact.
    """

    name: str
    path: str | None
    files: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Available:
    """What earlier jobs of the pipeline made: artifact -> job, and value -> job."""

    artifacts: Mapping[str, str]
    values: Mapping[str, str]

    def published(self) -> tuple[PublishedValue, ...]:
        return tuple(PublishedValue(job, name) for name, job in self.values.items())


NOTHING = Available({}, {})


def evidence_artifact(stage: Stage, environment: str | None) -> str:
    """What a stage leaves of its own about the model: metrics, lineage, the reports of its gates.

    Of a stage that runs in each environment there is one for each.
    """
    apart = environment if selection.per_environment(stage) else None
    return f"evidence-{stage.id}-{apart}" if apart else f"evidence-{stage.id}"


def is_evidence(artifact: str) -> bool:
    return artifact.startswith("evidence-")


def made(spec: ModelSpec, stage: Stage) -> tuple[Made, ...]:
    """The artifacts that the spec says a stage makes."""
    return tuple(Made(each.name, in_model(spec, each.path) if each.path else None) for each in stage.produces)


def digest_name(artifact: str) -> str:
    return f"PIPEGEN_DIGEST_{artifact.upper().replace('-', '_')}"


def remote_name(artifact: str) -> str:
    return f"PIPEGEN_ARTIFACT_{artifact.upper().replace('-', '_')}"


def packed_file(artifact: str) -> str:
    return f"{HOME}/packed/{artifact}.tar"


def published_names(artifacts: Iterable[Made]) -> tuple[str, ...]:
    return tuple(name for each in artifacts for name in (digest_name(each.name), remote_name(each.name)))


def pack(artifact: Made) -> Run:
    """One tar that depends on the content alone; its digest leaves the job among the published values."""
    name = artifact.name
    gathered = "" if artifact.path is None else f'cp -a {sh_quote(artifact.path)} "$PIPEGEN_ARTIFACTS/{name}"\n'
    if artifact.files:
        folder = f'"$PIPEGEN_ARTIFACTS/{name}"'
        gathered = f"mkdir -p {folder}\n"
        gathered += "".join(f"cp {sh_quote(place)} {folder}/{file}\n" for place, file in artifact.files)
    return Run(
        id=f"pack-{name}", title=f"Pack {name}", script=f"{STRICT}\n{gathered}{_pack_lines(name)}", timeout_minutes=30
    )


def _pack_lines(name: str) -> str:
    file = packed_file(name)
    return (
        f'if [ ! -e "$PIPEGEN_ARTIFACTS/{name}" ]; then echo "error: {name} was not made" >&2; exit 1; fi\n'
        f'{_TAR} -cf {file} -C "$PIPEGEN_ARTIFACTS" {name}\n'
        f"digest=\"$(sha256sum {file} | cut -d' ' -f1)\"\n"
        "{\n"
        f'  echo "{digest_name(name)}=$digest"\n'
        f'  echo "{remote_name(name)}={name}-$PIPEGEN_ATTEMPT"\n'
        '} >> "$PIPEGEN_OUTPUTS"\n'
    )


def hand_over(artifact: Made) -> Upload:
    return Upload(artifact.name, packed_file(artifact.name))


def obtain(artifact: str, job: str, *, unpack: bool = True) -> tuple[Step, ...]:
    """The steps that fetch an artifact from an earlier job and check its digest before anything reads it."""
    file = packed_file(artifact)
    lines = [STRICT, f'echo "$EXPECTED_DIGEST  {file}" | sha256sum --check --strict']
    if unpack:
        lines.append(f'tar -xf {file} -C "$PIPEGEN_ARTIFACTS"')
    expected = StepVariable("EXPECTED_DIGEST", PublishedValue(job, digest_name(artifact)))
    return (
        Download(artifact, job, file, PublishedValue(job, remote_name(artifact))),
        Run(f"check-{artifact}", f"Check {artifact}", "\n".join(lines) + "\n", (expected,), timeout_minutes=30),
    )


# ---------------------------------------------------------------- the store


def source_digest(spec: ModelSpec) -> str:
    """Bash that prints the digest of the model's source tree."""
    paths = " ".join(sh_quote(f":(glob){path}") for path in spec.model.paths)
    folders = " ".join(part for part in (sh_quote(spec.model.path), paths) if part)
    return f"git ls-files --stage -- {folders} | sha256sum | cut -d' ' -f1"


def _key_lines(spec: ModelSpec, *, version: bool) -> list[str]:
    if version:
        return [f'key="{spec.model.name}/version-${VERSION}"']
    return [f'tree="$({source_digest(spec)})"', f'key="{spec.model.name}/source-$tree"']


def keep(spec: ModelSpec, artifact: str, variables: tuple[StepVariable, ...], *, version: bool) -> Run:
    """Puts a packed artifact into the store, under the digest of its source tree or under its version."""
    file = packed_file(artifact)
    lines = [
        STRICT,
        *_key_lines(spec, version=version),
        f'export PIPEGEN_ARTIFACT="{artifact}"',
        f'export PIPEGEN_ARTIFACT_KEY="$key/{artifact}"',
        f'export PIPEGEN_ARTIFACT_FILE="$PWD/{file}"',
        f"PIPEGEN_ARTIFACT_DIGEST=\"$(sha256sum {file} | cut -d' ' -f1)\"",
        "export PIPEGEN_ARTIFACT_DIGEST",
        *_in_model(spec, spec.store.put if spec.store else (KEEP if version else f"{KEEP} --replace",)),
    ]
    under = "its version" if version else "its source"
    step_id = f"keep-{artifact}-by-{'version' if version else 'source'}"
    return Run(
        step_id,
        f"Keep {artifact} under {under}",
        "\n".join(lines) + "\n",
        variables,
        origin=("store", "put"),
    )


def fetch(spec: ModelSpec, artifact: str, variables: tuple[StepVariable, ...], *, version: bool) -> Run:
    """Gets an artifact out of the store and checks it against the digest recorded with it; what is not there fails."""
    file = packed_file(artifact)
    recorded = f"{HOME}/packed/{artifact}.sha256"
    lines = [
        STRICT,
        *_key_lines(spec, version=version),
        f'export PIPEGEN_ARTIFACT="{artifact}"',
        f'export PIPEGEN_ARTIFACT_KEY="$key/{artifact}"',
        f'export PIPEGEN_ARTIFACT_FILE="$PWD/{file}"',
        f'export PIPEGEN_ARTIFACT_DIGEST_FILE="$PWD/{recorded}"',
        "(",
        *_in_model(spec, spec.store.get if spec.store else (FETCH,)),
        ")",
        f"if [ ! -s {file} ] || [ ! -s {recorded} ]; then",
        '  echo "error: the store holds nothing under $PIPEGEN_ARTIFACT_KEY" >&2; exit 1',
        "fi",
        f"echo \"$(tr -d '[:space:]' < {recorded})  {file}\" | sha256sum --check --strict",
        f'tar -xf {file} -C "$PIPEGEN_ARTIFACTS"',
    ]
    return Run(
        f"fetch-{artifact}",
        f"Fetch {artifact} from the store",
        "\n".join(lines) + "\n",
        variables,
        origin=("store", "get"),
    )


def _in_model(spec: ModelSpec, texts: Iterable[str]) -> list[str]:
    lines = [text.rstrip("\n") for text in texts]
    return lines if spec.model.path == "." else [f"cd {sh_quote(spec.model.path)}", *lines]


def again(artifact: str) -> Run:
    """Publishes the digest and name of an artifact that was fetched, as if it had been made here."""
    file = packed_file(artifact)
    text = (
        f"{STRICT}\n"
        f"digest=\"$(sha256sum {file} | cut -d' ' -f1)\"\n"
        f'echo "{digest_name(artifact)}=$digest" >> "$PIPEGEN_OUTPUTS"\n'
        f'echo "{remote_name(artifact)}={artifact}-$PIPEGEN_ATTEMPT" >> "$PIPEGEN_OUTPUTS"\n'
    )
    return Run(f"publish-{artifact}", f"Hand on {artifact}", text, timeout_minutes=30)


def write_values(names: Iterable[str], available: Available) -> Run:
    """Packs published values into an artifact, for another branch."""
    listed = tuple(names)
    lines = [f'  echo "{name}=${name}"' for name in listed]
    text = (
        f'{STRICT}\nmkdir -p "$PIPEGEN_ARTIFACTS/{VALUES}"\n{{\n'
        + "\n".join(lines)
        + f'\n}} > "$PIPEGEN_ARTIFACTS/{VALUES}/values"\n'
        f'{_TAR} -cf {packed_file(VALUES)} -C "$PIPEGEN_ARTIFACTS" {VALUES}\n'
    )
    variables = tuple(StepVariable(name, PublishedValue(available.values[name], name)) for name in listed)
    return Run("pack-values", "Pack published values", text, variables, timeout_minutes=10)


def read_values() -> Run:
    text = f'{STRICT}\ncat "$PIPEGEN_ARTIFACTS/{VALUES}/values" >> "$PIPEGEN_OUTPUTS"\n'
    return Run("publish-values", "Hand on published values", text, timeout_minutes=10)
