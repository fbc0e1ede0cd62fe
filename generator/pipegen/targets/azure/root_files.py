"""The files of the repository as a whole: the check that gives the verdict, and the run that it has reviews in."""

from __future__ import annotations

from dataclasses import replace

from pipegen.config import CHECK_RUNNER, Config
from pipegen.delivery import VERDICT, Job, Phase, Pipeline, Review, Verdict
from pipegen.quoting import sh_quote
from pipegen.scripts import STRICT
from pipegen.targets.azure.bash import bash, own
from pipegen.targets.azure.document import definition, repositories
from pipegen.targets.azure.embedded import script_text
from pipegen.targets.azure.jobs import Line, ordinary_job
from pipegen.targets.azure.names import (
    FOLDER,
    MODELS_IN_A_RUN,
    REVIEWS,
    REVIEWS_FILE,
    TARGET,
    VERDICT_FILE,
)
from pipegen.targets.azure.places import places_of
from pipegen.targets.azure.pools import pool
from pipegen.targets.azure.texts import script
from pipegen.targets.azure.triggers import NOTHING, pull_requests
from pipegen.targets.azure.variables import PULL_REQUEST, TOLD_PARAMETERS, pipeline_variables
from pipegen.yaml_text import Node, emit, present

_TOKEN = {"TOKEN": "$(System.AccessToken)"}
_REFUSE = f"""\
{STRICT}
if [ "$BUILD_REASON" != PullRequest ]; then
  echo "##vso[task.logissue type=error]pull requests alone have a verdict: this run was not started by one"
  exit 1
fi
"""
_AFTER = 10
"""Minutes by which the waiting step outlives its own limit, so that it can say which review it waited for."""
_CANCEL = 10


def root(config: Config, verdict: Verdict | None) -> dict[str, str]:
    """Path -> text of the check and of the run that holds reviews."""
    if verdict is None:
        return {}
    return {VERDICT_FILE: emit(_check(config, verdict)), REVIEWS_FILE: emit(_reviews(config))}


# ---------------------------------------------------------------- the check


def _check(config: Config, verdict: Verdict) -> Node:
    head: dict[str, Node] = {
        **pull_requests(config.host),
        "resources": _resources(config),
        "pool": pool(config, None),
        "variables": pipeline_variables((("PIPEGEN_EVENT", "review"),), PULL_REQUEST),
    }
    stage: Node = {
        "stage": VERDICT,
        "displayName": VERDICT,
        "dependsOn": [],
        "isSkippable": False,
        "jobs": [_check_job(config, verdict)],
    }
    heading = (
        "The check of the whole repository: a host requires its result, and of no other pipeline.\n"
        f"It compares files and specs, has the reviews of the models that the change concerns run in {REVIEWS},\n"
        "and ends as they do."
    )
    return definition(head, [stage], config, heading)


def _check_job(config: Config, verdict: Verdict) -> Node:
    mapped = config.runner(TARGET, CHECK_RUNNER) is not None
    job = replace(verdict.job, runner=CHECK_RUNNER if mapped else None)
    minutes = job.timeout_minutes + verdict.wait_minutes + _AFTER + _CANCEL
    node = ordinary_job(replace(job, timeout_minutes=minutes), _line(config, job))
    if not isinstance(node, dict) or not isinstance(steps := node["steps"], list):
        raise TypeError("a job is a mapping with a list of steps")
    after = node.get("cancelTimeoutInMinutes", 0)
    ends = {"cancelTimeoutInMinutes": (after if isinstance(after, int) else 0) + _CANCEL}
    refuse = own("Check what started the run", _REFUSE)
    whole = [refuse, *steps, _wait(verdict), _cancel(verdict)]
    return {key: each for key, each in node.items() if key not in {"steps", *ends}} | ends | {"steps": whole}


def _line(config: Config, job: Job) -> Line:
    phase = Phase(VERDICT, VERDICT, None, None, ((job,),), None, (), None, ())
    pipeline = Pipeline(VERDICT, VERDICT, Review(()), (), (phase,), (), ())
    return Line(pipeline, places_of(pipeline), config)


def _queued(verdict: Verdict) -> str:
    return f"{verdict.models_file}.queued"


def _wait(verdict: Verdict) -> Node:
    given = (verdict.models_file, _queued(verdict), REVIEWS, str(MODELS_IN_A_RUN), str(verdict.wait_minutes))
    text = _program("reviews", " ".join(map(sh_quote, given)))
    return bash("Have the reviews run", text, None, minutes=verdict.wait_minutes + _AFTER, env=_TOKEN)


def _cancel(verdict: Verdict) -> Node:
    """A step of its own also runs when people cancel, and when the other one was killed."""
    noted = sh_quote(_queued(verdict))
    text = f"{STRICT}\nif [ ! -e {noted} ]; then exit 0; fi\n" + _program("cancel", noted, strict="")
    return bash(
        "Cancel what nobody waits for any more",
        text,
        None,
        condition="always()",
        minutes=_CANCEL,
        env=_TOKEN,
        is_advisory=True,
    )


def _program(name: str, arguments: str, *, strict: str = f"{STRICT}\n") -> str:
    """Isolated: no file of a pull request stands in for a module of Python."""
    return script(f"{strict}python3 -I - {arguments} <<'END'\n{script_text(name)}END\n")


# ---------------------------------------------------------------- the reviews


def _reviews(config: Config) -> Node:
    told: list[Node] = [{"name": name, "type": "string", "default": ""} for name in TOLD_PARAMETERS]
    models: Node = {"name": "models", "displayName": "Models, with commas between them", "type": "string"}
    given = {name: f"${{{{ parameters.{name} }}}}" for name in TOLD_PARAMETERS}
    template = f"/{FOLDER}/${{{{ model }}}}/review.yml@self"
    head: dict[str, Node] = {
        **NOTHING,
        "parameters": [models, *told],
        "resources": _resources(config),
        "pool": pool(config, None),
    }
    each: Node = {"${{ each model in split(parameters.models, ',') }}": [{"template": template, "parameters": given}]}
    heading = (
        f"The reviews of some models in one run, which the check of {VERDICT_FILE} queues for a pull request.\n"
        "Nothing depends on its result but that check: no host requires it."
    )
    return definition(head, [each], config, heading)


def _resources(config: Config) -> Node:
    return present({"repositories": repositories(config)})
