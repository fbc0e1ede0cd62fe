"""Messages to people: which pipelines send which, and the script really sends them over HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from deliveries import CONFIG, ROOT
from local_models import BEHAVIOUR, DELIVERIES, ordinary_start
from local_run import LocalRun
from local_trace import Trace
from local_world import World, new_world
from pipegen.delivery import Begin, Complete, Delivery, Pipeline, Run, SecretValue, When
from pipegen.plan import plan
from specs import spec_from

FAIL = "exit 3\n"
PATH = "model-specs/fraud-detection.yaml"


def delivery(**notify: object) -> Delivery:
    """The fraud model, whose rollout asks people half-way, with messages."""
    data = yaml.safe_load((ROOT / PATH).read_text("utf-8"))
    data["secrets"] = ["TEAMS_URL"]
    data["notify"] = {"webhook": "TEAMS_URL", **notify}
    return plan(spec_from(data), CONFIG, PATH)


def pipeline(of: Delivery, pipeline_id: str) -> Pipeline:
    (found,) = (each for each in of.pipelines if each.id == pipeline_id)
    return found


def notices(of: Pipeline) -> list[str]:
    steps = [step for job in of.jobs for step in job.steps if isinstance(step, Run)]
    return sorted({step.id for step in steps if step.id.startswith("notify-")})


# ---------------------------------------------------------------- where messages are sent


@pytest.mark.parametrize(
    ("pipeline_id", "expected"),
    [
        ("change", []),
        ("review", []),
        ("deliver-prod", ["notify-approval-waiting", "notify-deployed", "notify-failed", "notify-restored"]),
        ("schedule-monitor", ["notify-failed"]),
        ("action-rollback", ["notify-approval-waiting", "notify-failed", "notify-rolled-back"]),
    ],
)
def test_each_pipeline_tells_of_what_can_happen_in_it(pipeline_id: str, expected: list[str]) -> None:
    assert notices(pipeline(delivery(), pipeline_id)) == expected


def test_only_the_moments_that_the_spec_names_are_told() -> None:
    found = {each for of in delivery(moments=["restored"]).pipelines for each in notices(of)}
    assert found == {"notify-restored"}


def test_a_spec_without_messages_has_none() -> None:
    assert not [each for of in DELIVERIES.values() for each in of.pipelines if notices(each)]


def test_every_message_is_advisory_and_reads_the_address_as_a_secret() -> None:
    for of in delivery().pipelines:
        for job in of.jobs:
            for step in job.steps:
                if isinstance(step, Run) and step.id.startswith("notify-"):
                    assert step.advisory
                    (variable,) = step.variables
                    assert isinstance(variable.value, SecretValue)
                    assert variable.value.environment is None


def test_no_other_step_reads_the_address() -> None:
    for of in delivery().pipelines:
        for job in of.jobs:
            for step in job.steps:
                if isinstance(step, Run) and not step.id.startswith("notify-"):
                    assert "TEAMS_URL" not in {each.name for each in step.variables}


def test_an_approval_is_told_of_before_it_is_asked() -> None:
    phases = pipeline(delivery(), "deliver-prod").phases
    asking = [phase for phase in phases if phase.approval]
    assert asking
    for phase in asking:
        (before,) = phase.needs
        (told,) = (each for each in phases if each.id == before)
        assert [job.id for wave in told.waves for job in wave] == [f"notify-{phase.approval.id}"]  # type: ignore[union-attr]
        assert told.environment is None


def test_a_deployment_is_told_of_once_it_is_complete_and_a_restore_at_its_end() -> None:
    for phase in pipeline(delivery(), "deliver-dev").phases:
        if phase.deployment is None:
            continue
        steps = phase.deployment.jobs[-1].job.steps
        deployed = next(place for place, step in enumerate(steps) if isinstance(step, Run) and "deployed" in step.id)
        assert isinstance(steps[deployed - 1], Complete)
        assert any(isinstance(step, Begin) for step in steps[:deployed])
        undo = [step.id for step in steps if isinstance(step, Run) and step.when is When.UNDO]
        assert undo == ["restore", "ledger-restore", "champion-restore", "notify-restored"]


# ---------------------------------------------------------------- runs that send them


@dataclass
class Chat:
    """A chat that keeps what it is told."""

    address: str
    told: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200

    @property
    def first_lines(self) -> list[str]:
        return [each["text"].splitlines()[0] for each in self.told]


@pytest.fixture
def chat() -> Iterator[Chat]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            kept.told.append(json.loads(self.rfile.read(length)))
            self.send_response(kept.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept = Chat(f"http://127.0.0.1:{server.server_port}/hooks/s3cr3t")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield kept
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass(frozen=True)
class ChattyWorld(World):
    """A world whose secrets are the address of the chat."""

    address: str = ""

    def secret(self, value: SecretValue, part: str = "") -> str:
        return self.address if value.name == "TEAMS_URL" else super().secret(value, part)


def ran(tmp_path: Path, chat: Chat, pipeline_id: str, behaviour: dict[str, str], **how: object) -> Trace:
    of = delivery()
    made = new_world(tmp_path / "world", PATH, (ROOT / PATH).read_text("utf-8"), of.path, ("dev", "prod", "main"))
    world = ChattyWorld(made.folder, chat.address)
    world.behave({**BEHAVIOUR["fraud-detection"], **behaviour})
    if pipeline_id == "deliver-prod":  # which fetches what was validated on dev
        before = pipeline(of, "deliver-dev")
        assert LocalRun(before, world, replace(ordinary_start(before), run_id="0")).run().succeeded
        chat.told.clear()
    planned = pipeline(of, pipeline_id)
    return LocalRun(planned, world, replace(ordinary_start(planned), **how)).run()  # type: ignore[arg-type]


def test_a_delivery_that_goes_well_tells_of_each_approval_and_each_deployment(tmp_path: Path, chat: Chat) -> None:
    assert ran(tmp_path, chat, "deliver-prod", {}).succeeded
    assert chat.first_lines == [
        "fraud-detection was deployed to serving-staging",
        "Approval waiting: Deploy fraud-detection to serving-prod (2 of fraud-release, model-risk)",
        "Approval waiting: Go on with fraud-detection in serving-prod: All of the traffic (1 of fraud-release)",
        "fraud-detection was deployed to serving-prod",
    ]


def test_a_deployment_that_fails_tells_of_its_restore_and_of_the_failed_run(tmp_path: Path, chat: Chat) -> None:
    assert not ran(tmp_path, chat, "deliver-dev", {"verify": FAIL}).succeeded
    assert chat.first_lines == [
        "fraud-detection in serving-dev: the deployment failed and was undone",
        "fraud-detection: deliver dev failed",
    ]


def test_a_restore_that_fails_is_not_called_a_success(tmp_path: Path, chat: Chat) -> None:
    ran(tmp_path, chat, "deliver-dev", {"verify": FAIL, "restore": FAIL})
    assert chat.first_lines[0] == "fraud-detection in serving-dev: the deployment failed and could NOT be undone"


def test_a_rejection_half_way_tells_of_the_restore(tmp_path: Path, chat: Chat) -> None:
    ran(tmp_path, chat, "deliver-prod", {}, refused=("serving-prod-full",))
    assert "fraud-detection in serving-prod: the deployment failed and was undone" in chat.first_lines


@pytest.mark.parametrize("environment", ["serving-dev", "serving-prod"])
def test_a_rollback_tells_who_is_waited_for_where_somebody_is(environment: str, tmp_path: Path, chat: Chat) -> None:
    branch = "dev" if environment == "serving-dev" else "prod"
    given = {"version": "1.2", "environment": environment}
    assert ran(tmp_path, chat, "action-rollback", {}, branch=branch, parameters=given).succeeded
    waiting = ["Approval waiting: Roll back fraud-detection in serving-prod (2 of fraud-release, model-risk)"]
    rolled_back = f"fraud-detection was rolled back in {environment}"
    assert chat.first_lines == [*(waiting if environment == "serving-prod" else []), rolled_back]
    assert "version: 1.2" in chat.told[-1]["text"].splitlines()


def test_a_chat_that_is_down_changes_no_result_and_its_address_is_not_shown(tmp_path: Path, chat: Chat) -> None:
    chat.status = 503
    trace = ran(tmp_path, chat, "deliver-dev", {})
    assert trace.succeeded
    output = trace.step("deploy-serving-dev/notify-deployed").output
    assert "error: the message was not delivered: HTTPError 503" in output
    assert "s3cr3t" not in output


# ---------------------------------------------------------------- the text


def sent(chat: Chat, variables: dict[str, str], **notify: object) -> dict[str, Any]:
    job = pipeline(delivery(**notify), "deliver-dev").failed
    assert job is not None
    (step,) = job.steps
    assert isinstance(step, Run)
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    given = {
        "PATH": path,
        "TEAMS_URL": chat.address,
        "PIPEGEN_RUN_URL": "https://ci.example.com/1?a=b&c=d",
        **variables,
    }
    subprocess.run(["bash", "-c", step.script], env=given, check=True, timeout=60, capture_output=True, text=True)
    return chat.told[-1]


def test_a_message_says_what_is_known_of_the_run(chat: Chat) -> None:
    known = {"PIPEGEN_VERSION": "1.2.3", "PIPEGEN_BRANCH": "dev", "PIPEGEN_COMMIT": "abc", "PIPEGEN_ACTOR": "Ann B"}
    assert sent(chat, known)["text"].splitlines() == [
        "fraud-detection: deliver dev failed",
        "version: 1.2.3",
        "branch: dev",
        "commit: abc",
        "started by: Ann B",
        "https://ci.example.com/1?a=b&c=d",
    ]


@pytest.mark.parametrize(
    "name", ["<!channel>", "[x](http://evil)", "a`b", "$(id)", 'x"; import os', "*b*\n# x", "<@U1>"]
)
def test_whatever_a_branch_or_a_person_is_called_is_plain_text(name: str, chat: Chat) -> None:
    lines = sent(chat, {"PIPEGEN_BRANCH": name, "PIPEGEN_ACTOR": name})["text"].splitlines()
    assert len(lines) == 4
    assert not set("<>[]()`*!$\"';") & set("".join(lines[1:3]))


def test_a_card_holds_the_same_lines(chat: Chat) -> None:
    card = sent(chat, {"PIPEGEN_BRANCH": "dev"}, form="adaptive-card")
    (attachment,) = card["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert [block["text"] for block in attachment["content"]["body"]] == [
        "fraud-detection: deliver dev failed",
        "branch: dev",
        "https://ci.example.com/1?a=b&c=d",
    ]


def test_an_address_that_is_none_is_not_shown(chat: Chat) -> None:
    chat.address = "not an address s3cr3t"
    with pytest.raises(subprocess.CalledProcessError) as caught:
        sent(chat, {})
    assert "s3cr3t" not in caught.value.stderr
    assert "the message was not delivered: ValueError" in caught.value.stderr
