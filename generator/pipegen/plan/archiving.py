"""The archive: a record of what reached the last branch, kept, and entered into the ledger."""

from __future__ import annotations

from pipegen.config import Config
from pipegen.delivery import Job, Merged, Phase, Pipeline, PublishSummary, Run, Step, Upload
from pipegen.plan import recording, registering
from pipegen.plan.commands import script
from pipegen.plan.flow import Arrival, Occasion
from pipegen.plan.jobs import Setting, job_minutes, opening
from pipegen.plan.pipelines import pipeline
from pipegen.plan.variables import job_variables
from pipegen.quoting import sh_quote
from pipegen.scripts import STRICT
from pipegen.spec.model import ModelSpec

RECORD = ".pipegen/record.tar"

_RECORD_SCRIPT = """
mkdir -p .pipegen/record
git archive --format=tar --output=.pipegen/record/source.tar HEAD -- @PATHS@
export RECORD_TREE RECORD_SPEC_SHA256 RECORD_SOURCE_SHA256 RECORD_TIME
RECORD_TREE="$(git rev-parse 'HEAD^{tree}')"
RECORD_SPEC_SHA256="$(sha256sum @SPEC@ | cut -d' ' -f1)"
RECORD_SOURCE_SHA256="$(sha256sum .pipegen/record/source.tar | cut -d' ' -f1)"
RECORD_TIME="$(date -u +%Y-%m-%dT%H:%M:%SZ)"
python3 -I - @OWNER@ @SPEC@ > .pipegen/record/record.json <<'END'
import json, os, sys
record = {
    "record": 1, "model": os.environ["PIPEGEN_MODEL"], "owner": sys.argv[1], "spec": sys.argv[2],
    "branch": os.environ["PIPEGEN_BRANCH"], "commit": os.environ["PIPEGEN_COMMIT"], "tree": os.environ["RECORD_TREE"],
    "spec_sha256": os.environ["RECORD_SPEC_SHA256"], "source_sha256": os.environ["RECORD_SOURCE_SHA256"],
    "recorded_at": os.environ["RECORD_TIME"], "run": os.environ["PIPEGEN_RUN_URL"],
    "actor": os.environ["PIPEGEN_ACTOR"],
}
print(json.dumps(record, indent=2, sort_keys=True))
END
tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf .pipegen/record.tar -C .pipegen record
sha256sum .pipegen/record.tar
"""


def archive_pipeline(spec: ModelSpec, config: Config, spec_path: str, arrival: Arrival) -> Pipeline:
    """A record of what reached the last branch: the model's files as they were, where they came from, and a digest."""
    setting = Setting(spec, config, Occasion("merged", arrival.trunk), {}, spec_path=spec_path)
    place = recording.ARCHIVE if setting.ledger else None
    steps: list[Step] = [*opening(spec), *recording.installed(setting), _record(spec, spec_path)]
    steps.append(Upload("record", RECORD, retention_days=90))
    if spec.archive:
        text = script(
            spec, 'export PIPEGEN_RECORD="$PIPEGEN_HOME/record.tar"\n' + "\n".join(spec.archive.run), activated=False
        )
        variables = registering.store_variables(spec, config, None)
        steps.append(Run("archive", "Keep the record", text, variables, origin=("archive", "run")))
    steps += [*recording.archived(setting), PublishSummary()]
    job = Job(
        id="archive",
        title="Record the release",
        steps=tuple(steps),
        environment=place,
        variables=job_variables(spec, place, setting.extra, (), ()),
        runner=spec.runtime.runner,
        timeout_minutes=job_minutes(steps),
        origin=arrival.origin,
    )
    phase = Phase("archive", "Archive", place, None, ((job,),), None, (), None, arrival.origin)
    return pipeline(
        spec,
        spec_path,
        f"archive-{arrival.id}",
        f"archive {arrival.trunk}",
        Merged(arrival.trunk),
        (phase,),
        arrival.origin,
    )


def _record(spec: ModelSpec, spec_path: str) -> Run:
    path = sh_quote(spec.model.path)
    paths = path if spec.model.path == "." else f"{path} {sh_quote(spec_path)}"
    body = (
        _RECORD_SCRIPT.replace("@PATHS@", paths)
        .replace("@SPEC@", sh_quote(spec_path))
        .replace("@OWNER@", sh_quote(spec.model.owner))
    )
    return Run("record", "Write the record", f"{STRICT}{body}", timeout_minutes=15, origin=("model",))
