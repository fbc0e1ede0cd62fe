"""`pipegen simulate`: what a run would do, before anything is pushed."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from pipegen.cli.console import chosen, complete_specs, finish, report
from pipegen.compiler import plan_spec
from pipegen.delivery import Delivery
from pipegen.simulation import Ending, Outcomes, simulate, started
from pipegen.simulation.reading import UnknownWordError, answers_of, faults_of, occurrence_of
from pipegen.simulation.telling import as_json, as_text


@click.command("simulate")
@click.argument("spec", type=click.Path(path_type=Path), shell_complete=complete_specs)
@click.option(
    "--event",
    required=True,
    metavar="EVENT",
    help="change:BRANCH, review:SOURCE:TARGET, merged:BRANCH, tagged:TAG, scheduled:NAME or action:NAME[:BRANCH].",
)
@click.option("--with", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter of the action.")
@click.option("--changed", multiple=True, metavar="PATH", help="What the change touches; by default the model.")
@click.option("--by", "starter", default="", metavar="PERSON", help="Who pushed, merged or started the run.")
@click.option("--approve", "approved", multiple=True, metavar="APPROVAL=PERSON,...", help="These people say yes.")
@click.option("--reject", "rejected", multiple=True, metavar="APPROVAL[=PERSON]", help="Somebody says no after them.")
@click.option("--expire", "expired", multiple=True, metavar="APPROVAL", help="Nobody says more until its time is over.")
@click.option("--fail", "failed", multiple=True, metavar="JOB[/SCRIPT]", help="This script of the job fails.")
@click.option("--time-out", "timed_out", multiple=True, metavar="JOB[/SCRIPT]", help="It takes longer than it may.")
@click.option("--cancel", "cancelled", multiple=True, metavar="JOB[/SCRIPT]", help="A person ends the run during it.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="For people or programs.")
def command(
    spec: Path,
    event: str,
    parameters: tuple[str, ...],
    changed: tuple[str, ...],
    starter: str,
    approved: tuple[str, ...],
    rejected: tuple[str, ...],
    expired: tuple[str, ...],
    failed: tuple[str, ...],
    timed_out: tuple[str, ...],
    cancelled: tuple[str, ...],
    form: str,
) -> None:
    """What a run of SPEC would do: which jobs run, what waits for whom, what each holds, what happens on failure.

    Nothing is run and nothing is written. What is not said to fail succeeds; an approval that nobody answers waits.
    Without a script, a job fails in the one that it exists for; in a deployment, the first that changes something. The
    stage of a deployment stands for its jobs.

    \b
    Examples:
      pipegen simulate model-specs/churn-prediction.yaml --event merged:prod --approve prod=alice
      pipegen simulate model-specs/churn-prediction.yaml --event merged:dev --fail deploy-dev
      pipegen simulate model-specs/churn-prediction.yaml --event action:rollback --with version=1.4.0
    """  # noqa: D301  (click reads a backspace as: keep these lines)
    delivery = _delivery(spec)
    endings = ((Ending.FAILED, failed), (Ending.TIMED_OUT, timed_out), (Ending.CANCELLED, cancelled))
    try:
        starts = started(delivery, occurrence_of(delivery, event, parameters), changed or None)
        pipelines = [each.pipeline for each in starts]
        answers = answers_of(pipelines, approved, rejected, expired)
        faults = faults_of(pipelines, [(ending, each) for ending, them in endings for each in them])
        outcomes = Outcomes(dict(faults), answers, starter)
    except UnknownWordError as error:
        raise click.UsageError(str(error)) from None
    traces = [simulate(each, outcomes) for each in starts]
    told = as_json(event, traces) if form == "json" else as_text(event, traces, shutil.get_terminal_size().columns)
    click.echo(told, nl=False)


def _delivery(spec: Path) -> Delivery:
    """What the spec plans; exits with its findings where it plans nothing."""
    work = chosen((spec,))
    if len(work.paths) != 1:
        raise click.UsageError(f"{spec} holds {len(work.paths)} specs: name one")
    planned = plan_spec(work.repository, work.paths[0])
    if planned.delivery is None:
        diagnostics = (*work.repository.diagnostics, *planned.diagnostics)
        report(diagnostics)
        finish(diagnostics)
    return planned.delivery
