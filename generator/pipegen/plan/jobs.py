"""Jobs out of stages: one checkout, one installation, the stages' steps, what goes in and out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipegen.config import Config, Ledger
from pipegen.delivery import (
    HOME,
    Cache,
    Checkout,
    CollectOutputs,
    Job,
    Parameter,
    Prepare,
    PublishSummary,
    PublishTests,
    Run,
    Step,
    UsePython,
    When,
)
from pipegen.diagnostics import KeyPath
from pipegen.plan import artifacts, gates, judging
from pipegen.plan.artifacts import Available
from pipegen.plan.commands import has_runtime, in_model, script, stage_steps, step_text, with_retries
from pipegen.plan.flow import Occasion
from pipegen.plan.selection import job_key
from pipegen.plan.variables import index_variables, job_variables, stage_variables
from pipegen.quoting import sh_quote
from pipegen.scripts import STRICT
from pipegen.spec.model import ModelSpec
from pipegen.spec.stages import NamedStep, Stage

ORDINARY_RUNNER = "default"
SETUP_MINUTES = 30
"""What a job may take beside its stages: checkout, artifacts, results."""

PREPARATION = (
    f"{STRICT}\n"
    f"rm -rf {HOME}\n"
    f"mkdir -p {HOME}/artifacts {HOME}/packed\n"
    f": > {HOME}/outputs\n"
    f": > {HOME}/summary.md\n"
    'exclude="$(git rev-parse --git-path info/exclude)"\n'
    'mkdir -p "${exclude%/*}"\n'
    f"printf '/%s/\\n' {HOME} >> \"$exclude\"\n"
)
"""The script of `Prepare`."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What the jobs of a pipeline have in common."""

    spec: ModelSpec
    config: Config
    occasion: Occasion
    extra: Mapping[str, str]
    parameters: tuple[Parameter, ...] = ()
    carries: bool = False
    """Whether what is made here goes on to another branch, and its metrics with it."""
    deploys: bool = False
    """Whether what is made here is deployed in the same run."""
    spec_path: str = ""

    @property
    def recording(self) -> bool:
        """Whether what is known of the model goes into the ledger, at the end of this run or of a later one."""
        return self.ledger is not None and (self.deploys or self.carries)

    @property
    def ledger(self) -> Ledger | None:
        """The ledger, if pipelines can install what writes it."""
        return self.config.ledger if self.config.pin else None

    def made_by(
        self, stage: Stage, environment: str | None = None, occasion: Occasion | None = None
    ) -> tuple[artifacts.Made, ...]:
        """What a stage leaves for later jobs of this pipeline or of the branch it is carried to.

        `occasion` is that of the branch from which it was carried.
        """
        judged = gates.judged_elsewhere(self.spec, stage, None if self.carries or occasion else self.occasion)
        due = occasion or self.occasion
        evidence = gates.evidence(self.spec, stage, due, environment, judged=judged, recorded=self.recording)
        return (*artifacts.made(self.spec, stage), *evidence)

    def runner_of(self, stage: Stage) -> str | None:
        """Where a stage runs at this occasion; None for the CI system's ordinary runner."""
        runner = stage.runner or self.spec.runtime.runner
        for override in stage.override:
            if override.runner and self.occasion.among(override.at, default=()):
                runner = override.runner
        return None if runner == ORDINARY_RUNNER else runner

    @property
    def checking(self) -> bool:
        """Whether nothing can be released here, so that a cache may be read."""
        return self.occasion.kind in {"change", "review"}


def origin_of(spec: ModelSpec, stage: Stage) -> KeyPath:
    return ("stages", [each.id for each in spec.stages].index(stage.id))


def consumed(setting: Setting, stage: Stage, environment: str | None, available: Available) -> tuple[str, ...]:
    """The artifacts that a stage gets: those it names, else all made before it; evidence only for its gates."""
    spec = setting.spec
    makers = (gates.source_of(spec, stage, gate) for gate in gates.applying(stage, setting.occasion) if gate.metric)
    judged = {artifacts.evidence_artifact(maker, environment) for maker in makers if maker}
    earlier = spec.stages[: [each.id for each in spec.stages].index(stage.id)]
    before = {each.name for maker in earlier for each in maker.produces}
    named = before if stage.consumes is None else set(stage.consumes)
    return tuple(name for name in available.artifacts if name in named | judged)


def stage_job(
    setting: Setting, members: Sequence[Stage], environment: str | None, available: Available, suffix: str = ""
) -> Job:
    """One job for stages that share it; `suffix` tells apart the jobs of several environments."""
    spec, first = setting.spec, members[0]
    made = tuple(each for stage in members for each in setting.made_by(stage, environment))
    publishes = (*(name for stage in members for name in stage.publishes), *artifacts.published_names(made))
    wanted = tuple(
        dict.fromkeys(name for stage in members for name in consumed(setting, stage, environment, available))
    )
    steps: list[Step] = [*preparation(setting, members, environment)]
    for name in wanted:
        steps += artifacts.obtain(name, available.artifacts[name])
    for stage in members:
        steps += stage_work(setting, stage, members, environment)
    steps += [artifacts.pack(each) for each in made]
    steps += [CollectOutputs(publishes)] if publishes else []
    steps += [artifacts.hand_over(each) for each in made]
    steps.append(PublishSummary())
    return Job(
        id=f"{job_key(first)}{suffix}",
        title=f"{_title(members)} in {environment}" if suffix else _title(members),
        steps=tuple(steps),
        environment=environment,
        variables=job_variables(spec, environment, setting.extra, available.published(), setting.parameters),
        runner=setting.runner_of(first),
        image=spec.runtime.image,
        timeout_minutes=job_minutes(steps),
        publishes=publishes,
        origin=origin_of(spec, first),
    )


def _title(members: Sequence[Stage]) -> str:
    return ", ".join(stage.title or stage.id for stage in members)


def job_minutes(steps: Sequence[Step]) -> int:
    return SETUP_MINUTES + sum(step.timeout_minutes for step in steps if isinstance(step, Run))


# ---------------------------------------------------------------- before the stages


def preparation(
    setting: Setting,
    members: Sequence[Stage],
    environment: str | None,
    *,
    depth: int | None = None,
    with_registry: bool = False,
) -> Iterator[Step]:
    """Checkout, of so many commits, and what the stages need around them."""
    spec = setting.spec
    tools = (*spec.runtime.requires, *(tool for stage in members for tool in stage.requires))
    yield from opening(spec, tuple(dict.fromkeys(tools)), depth)
    if any(stage.install for stage in members):
        yield from _installation(setting, environment)
    judged = any(gates.applying(stage, setting.occasion) for stage in members)
    entered = setting.ledger is not None and any(stage.deploys for stage in members)
    if with_registry:
        yield from gates.install_with_registry(setting.config)
    elif (judged or entered) and setting.config.pin:
        yield gates.install(setting.config.pin)


def opening(spec: ModelSpec, tools: Sequence[str] = (), depth: int | None = None) -> Iterator[Step]:
    """The checkout and pipegen's folder in it."""
    checkout = spec.runtime.checkout
    yield Checkout(checkout.depth if depth is None else depth, checkout.lfs)
    yield Prepare(PREPARATION)
    if tools:
        text = (
            f"{STRICT}\nfor tool in {' '.join(sh_quote(tool) for tool in tools)}; do\n"
            '  command -v "$tool" > /dev/null || { echo "error: this runner has no $tool" >&2; exit 1; }\ndone\n'
        )
        yield Run("tools", "Check required tools", text, timeout_minutes=5, origin=("runtime", "requires"))


def _installation(setting: Setting, environment: str | None) -> Iterator[Step]:
    spec, runtime = setting.spec, setting.spec.runtime
    if runtime.python and not runtime.image:
        yield UsePython(runtime.python)
    if runtime.cache and setting.checking:
        keys = (
            (in_model(spec, runtime.conda.file),)
            if runtime.conda
            else (in_model(spec, "**/requirements*.txt"), in_model(spec, "**/*.lock"))
        )
        yield Cache(runtime.cache, keys)
    if not runtime.install and not has_runtime(runtime):
        return
    lines = [*_environment_lines(spec), *_index_lines(spec), *(text.rstrip("\n") for text in runtime.install)]
    text = script(spec, "\n".join(lines), activated=False)
    yield Run("install", "Install", text, index_variables(spec, environment), SETUP_MINUTES, origin=("runtime",))


def _environment_lines(spec: ModelSpec) -> list[str]:
    runtime = spec.runtime
    if runtime.conda:
        return [
            'conda="$(command -v conda || echo "${CONDA:-/opt/conda}/bin/conda")"',
            f'"$conda" env create --quiet --file {sh_quote(runtime.conda.file)} \\',
            f'  --prefix "$PIPEGEN_HOME/envs/{runtime.conda.name}"',
            'cat > "$PIPEGEN_HOME/activate" <<END',
            "set +u",
            'source "$("$conda" info --base)/etc/profile.d/conda.sh"',
            f'conda activate "$PIPEGEN_HOME/envs/{runtime.conda.name}"',
            "set -u",
            "END",
            'source "$PIPEGEN_HOME/activate"',
        ]
    if runtime.python:
        short = ".".join(runtime.python.split(".")[:2])
        return [
            f'python{short} -I -m venv "$PIPEGEN_HOME/venv"',
            'echo "source \'$PIPEGEN_HOME/venv/bin/activate\'" > "$PIPEGEN_HOME/activate"',
            'source "$PIPEGEN_HOME/activate"',
        ]
    return []


def _index_lines(spec: ModelSpec) -> list[str]:
    urls = []
    for index in spec.runtime.indexes:
        place = index.url.removeprefix("https://")
        urls.append(f"https://${{{index.secret}}}@{place}" if index.secret else index.url)
    lines = [f'export PIP_INDEX_URL="{urls[0]}"'] if urls else []
    return lines + ([f'export PIP_EXTRA_INDEX_URL="{" ".join(urls[1:])}"'] if urls[1:] else [])


# ---------------------------------------------------------------- the stages


def stage_work(setting: Setting, stage: Stage, members: Sequence[Stage], environment: str | None) -> Iterator[Step]:
    """The steps of one stage in a job: its own, those before and after, its gates and its results."""
    spec, origin = setting.spec, origin_of(setting.spec, stage)
    for position, (title, text) in enumerate(all_texts(stage), start=1):
        step_id = stage.id if position == 1 else f"{stage.id}-{position}"
        yield stage_run(setting, stage, environment, step_id, title, text)
    if stage.reports.junit:
        yield PublishTests(
            f"{stage.id}-results", stage.title or stage.id, in_model(spec, stage.reports.junit), stage.advisory
        )
    if setting.config.pin:
        yield from judging.steps(spec, stage, setting.occasion, members, environment, origin)


def all_texts(stage: Stage) -> Iterator[tuple[str, str]]:
    yield from named_texts(stage.steps_before)
    yield from stage_steps(stage)
    yield from named_texts(stage.steps_after)


def named_texts(steps: Sequence[NamedStep]) -> Iterator[tuple[str, str]]:
    yield from ((step.title, step_text(step)) for step in steps)


def stage_run(
    setting: Setting,
    stage: Stage,
    environment: str | None,
    step_id: str,
    title: str,
    text: str,
    when: When = When.SUCCESS,
) -> Run:
    """One script of a stage, with the stage's variables and secrets."""
    whole = script(setting.spec, text, activated=stage.install)
    minutes = stage.timeout or setting.spec.runtime.timeout
    return Run(
        id=step_id,
        title=title,
        script=with_retries(whole, stage.retries),
        variables=stage_variables(setting.spec, stage, setting.occasion, environment),
        timeout_minutes=minutes * (stage.retries + 1),
        advisory=stage.advisory,
        when=when,
        origin=origin_of(setting.spec, stage),
    )
