"""The picture of a delivery shows every control of it, reads as it should, and keeps text as text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from deliveries import CONFIG, ROOT, SPECS, delivery_of
from pipegen.cli import main
from pipegen.delivery import (
    Action,
    Approval,
    Change,
    Delivery,
    Job,
    Merged,
    Phase,
    Pipeline,
    Review,
    Run,
    Scheduled,
    Tagged,
)
from pipegen.explanation.picture import as_mermaid, as_svg, picture
from pipegen.explanation.picture.chains import BODY, TITLE
from pipegen.explanation.picture.clock import clock
from pipegen.explanation.picture.mermaid import escaped
from pipegen.explanation.picture.shapes import Box, Group
from pipegen.explanation.picture.svg import drawing
from pipegen.explanation.picture.typography import printable, width, wrapped
from pipegen.explanation.picture.values import Frame, Kind, Picture
from pipegen.plan import plan
from pipegen.spec.model import ModelSpec

PICTURES = Path(__file__).parent / "pictures"
WRITERS = {"svg": as_svg, "mmd": as_mermaid}
SVG = "{http://www.w3.org/2000/svg}"
NAMES = [path.stem for path in SPECS]
BY_NAME = {path.stem: path for path in SPECS}
HOSTILE = (
    '"]; click n1 "javascript:alert(1)"',
    "`code` **b** _i_",
    "</title><script>alert(1)</script>",
    '%%{init: {"theme":"dark"}}%%',
    "a;b#quot;#35;",
    "line\nend\nsubgraph x",
    "end",
    "www.evil.example a@b.c https://x.y",
    "1. list",
    "style: x#34;",
    "ﬂ°°60¶ß",
    "]]>",
    "&amp;<br/>",
    "fa:fa-car $$x$$",
    "\u202eabc",
    "{{x}} (y) [z] |p| --> ~~~",
    "\\n \\",
    "日本語 é",
)


AssertText = Callable[[Path, str], None]


@pytest.fixture
def assert_text(request: pytest.FixtureRequest) -> AssertText:
    """Compares a text with a file, or writes the file with --update-golden."""

    def compare(file: Path, text: str) -> None:
        if request.config.getoption("--update-golden"):
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, "utf-8", newline="\n")
        assert file.read_text("utf-8") == text

    return compare


@cache
def shipped(name: str) -> Delivery:
    return delivery_of(BY_NAME[name])


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314  (our own)


def words_of_svg(text: str) -> str:
    return " ".join(each.text or "" for each in parsed(text).iter(f"{SVG}text"))


def words_of_mermaid(text: str) -> str:
    """The labels as Mermaid shows them."""
    plain = re.sub(r"#([0-9]+);", lambda match: chr(int(match[1])), text.replace("<br/>", " "))
    return plain.replace("\N{WORD JOINER}", "")


SHOWN: dict[str, Callable[[Picture], str]] = {
    "svg": lambda told: words_of_svg(as_svg(told)),
    "mmd": lambda told: words_of_mermaid(as_mermaid(told)),
}


# ---------------------------------------------------------------- the shipped specs


@pytest.mark.parametrize("form", WRITERS)
@pytest.mark.parametrize("name", NAMES)
def test_the_pictures_of_the_shipped_specs_are_the_ones_at_hand(name: str, form: str, assert_text: AssertText) -> None:
    assert_text(PICTURES / f"{name}.{form}", WRITERS[form](picture(shipped(name))))


def test_every_picture_has_a_spec() -> None:
    assert {path.stem for path in PICTURES.iterdir()} == set(NAMES)


def test_the_documentation_shows_the_picture_that_is_drawn(assert_text: AssertText) -> None:
    assert_text(ROOT / "docs" / "churn-prediction.svg", as_svg(picture(shipped("churn-prediction"))))


# ---------------------------------------------------------------- what is shown


def phases(delivery: Delivery) -> Iterator[Phase]:
    for pipeline in delivery.pipelines:
        yield from pipeline.phases


def approvals(delivery: Delivery) -> Iterator[Approval]:
    for phase in phases(delivery):
        asked = [phase.approval, *(part.approval for part in (phase.deployment.jobs if phase.deployment else ()))]
        yield from (each for each in asked if each is not None)


@pytest.mark.parametrize("form", SHOWN)
@pytest.mark.parametrize("name", NAMES)
def test_every_approval_is_shown(name: str, form: str) -> None:
    delivery = shipped(name)
    shown = SHOWN[form](picture(delivery))
    for each in approvals(delivery):
        assert f"Approval {each.count} of {', '.join(each.approvers)} within" in shown
    for rule in delivery.merge_rules:
        asked = f"{rule.approvals} approval" if rule.approvals else "no approval needed"
        assert f"Pull request from {' or '.join(rule.sources)} {asked}" in shown


@pytest.mark.parametrize("form", SHOWN)
@pytest.mark.parametrize("name", NAMES)
def test_every_gate_is_shown(name: str, form: str) -> None:
    delivery = shipped(name)
    shown = SHOWN[form](picture(delivery))
    steps = (step for phase in phases(delivery) for job in phase.jobs for step in job.steps)
    gates = [step.title for step in steps if isinstance(step, Run) and step.title.startswith("Gate: ")]
    for bound in (bound for gate in gates for bound in gate.removeprefix("Gate: ").split(", ")):
        assert bound in shown


@pytest.mark.parametrize("form", SHOWN)
@pytest.mark.parametrize("name", NAMES)
def test_every_event_environment_and_deployment_with_its_steps_is_shown(name: str, form: str) -> None:
    delivery = shipped(name)
    shown = SHOWN[form](picture(delivery))
    for phase in phases(delivery):
        assert (phase.environment or "") in shown
        if phase.deployment:
            assert phase.title in shown
            steps = [step for job in phase.jobs for step in job.steps if isinstance(step, Run)]
            titles = [step.title for step in steps if step.origin[:1] == ("stages",) and step.origin[-1] != "gates"]
            assert not [title for title in titles if title not in shown]
    for pipeline in delivery.pipelines:
        assert occasion(pipeline) in shown


def occasion(pipeline: Pipeline) -> str:
    """Words without which nobody would know what starts the pipeline."""
    match pipeline.event:
        case Change(branches):
            return f"{' or '.join(branches)} every push"
        case Review():
            return "every pull request"
        case Merged(branch):
            return f"{branch} after every merge"
        case Tagged(pattern, branch):
            return f"{pattern} every such tag on {branch}"
        case Scheduled(name, cron, branch):
            return f"{name} {' '.join(clock(cron))} on {branch}"
        case Action(_, _, branches):
            return f"{pipeline.title} somebody starts it from {' or '.join(branches)}"


@pytest.mark.parametrize("name", NAMES)
def test_what_is_drawn_one_after_the_other_waits_for_it(name: str) -> None:
    """The frames of a track stand in a row, so each of its phases must need the one before."""
    for pipeline in shipped(name).pipelines:
        for only in {phase.only for phase in pipeline.phases}:
            track = [phase for phase in pipeline.phases if phase.only == only]
            assert all(before.id in after.needs for before, after in pairwise(track))


def frames(told: Picture, lane: str) -> list[Frame]:
    return [frame for each in told.lanes if each.start.titles == (lane,) for frame in each.frames]


def test_the_way_of_a_change_to_production_reads_in_order() -> None:
    told = picture(shipped("churn-prediction"))
    assert [each.start.titles[0] for each in told.promotion] == ["feat/*", "dev", "prod", "main"]
    assert [each.start.titles[0] for each in told.besides] == ["monitor", "deploy", "rollback"]
    (prod,) = frames(told, "prod")
    assert [(node.kind, node.titles[0]) for node in prod.nodes] == [
        (Kind.APPROVAL, "Approval"),
        (Kind.WORK, "Unit tests"),
        (Kind.WORK, "Build and train"),
        (Kind.WORK, "Business rules"),
        (Kind.GATE, "Gate"),
        (Kind.GATE, "Gate"),
        (Kind.CHANGE, "Deploy"),
        (Kind.CHANGE, "Verify"),
        (Kind.CHANGE, "Enter the deployment to prod into the ledger"),
        (Kind.BACK, "Restore what ran before"),
    ]


def test_a_rollout_asks_half_way_and_its_way_back_covers_all_that_has_begun() -> None:
    prod = frames(picture(shipped("fraud-detection")), "prod")[-1]
    assert prod.unit is not None
    assert [node.kind for node in prod.unit.chain].index(Kind.APPROVAL) == 3
    assert (prod.unit.begins, prod.unit.ends) == (1, len(prod.unit.chain))
    assert prod.unit.always is not None


def test_what_comes_before_a_deployment_begins_is_not_undone() -> None:
    (dev,) = [frame for frame in frames(picture(shipped("demand-forecast")), "dev") if frame.unit]
    assert dev.unit is not None
    before = [(node.kind, node.titles[0]) for node in dev.unit.chain[: dev.unit.begins]]
    assert before == [(Kind.WORK, "Remember what runs now"), (Kind.GATE, "Gate")]
    assert dev.unit.ends == len(dev.unit.chain)


def test_the_gates_that_ask_before_a_deployment_begins_are_drawn_as_one() -> None:
    (dev,) = [frame for frame in frames(picture(shipped("churn-prediction")), "dev") if frame.unit]
    assert dev.unit is not None
    assert dev.unit.chain[0].lines == (
        "may be deployed to dev",
        "as good as what dev runs: auc (may be worse by 0.005)",
        "the version is high enough for dev",
    )


def test_a_deployment_that_is_drawn_already_is_not_drawn_again_but_still_asks() -> None:
    told = picture(shipped("fraud-detection"))
    last = frames(told, "Retrain and deploy now")[-1]
    (((node,),),) = last.waves
    assert last.before is not None
    assert node.lines[-2:] == ("as drawn at prod", "with its gates and approvals")


def test_a_deployment_that_is_judged_otherwise_is_drawn_again() -> None:
    last = frames(picture(shipped("fraud-detection")), "deploy")[-1]
    assert last.condition == "only if environment is serving-prod"
    assert last.unit is not None
    assert last.unit.chain[0].lines == ("may be deployed to serving-prod after serving-staging",)


def test_a_pull_request_that_runs_other_checks_than_a_push_gets_a_lane_of_its_own() -> None:
    stages = [{"id": "test", "run": "pytest"}, {"id": "slow", "title": "Slow tests", "run": "pytest", "at": ["review"]}]
    spec = {"pipegen": 1, "model": {"name": "churn", "owner": "retention"}, "stages": stages}
    told = picture(plan(ModelSpec.model_validate(spec), CONFIG, "model-specs/churn.yaml"))
    assert [each.start.titles[0] for each in told.promotion][:2] == ["feat/*", "Every pull request"]


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("0 6 * * *", ("every day", "at 06:00 UTC")),
        ("0 6 1 * *", ("on day 1 of every month", "at 06:00 UTC")),
        ("30 2 * * 1-5", ("Monday to Friday", "at 02:30 UTC")),
        ("5 0 * * 0", ("every Sunday", "at 00:05 UTC")),
        ("5 0 * * 7", ("every Sunday", "at 00:05 UTC")),
        ("0 6 24 12 *", ("every 24 December", "at 06:00 UTC")),
        ("0 6 1 * 1", ("cron 0 6 1 * 1", "in UTC")),
        ("0 6 * 3 *", ("cron 0 6 * 3 *", "in UTC")),
        ("0 6 * * 1,3", ("cron 0 6 * * 1,3", "in UTC")),
        ("*/5 * * * *", ("cron */5 * * * *", "in UTC")),
    ],
)
def test_a_timer_is_told_in_words_where_words_are_exact(cron: str, expected: tuple[str, ...]) -> None:
    assert clock(cron) == expected


# ---------------------------------------------------------------- hostile text


def spoiled(delivery: Delivery, text: str) -> Delivery:
    """With the text wherever a spec's own words get into a picture."""
    return replace(
        delivery,
        title=text,
        owner=text,
        pipelines=tuple(
            replace(each, title=text, phases=tuple(_phase(phase, text) for phase in each.phases))
            for each in delivery.pipelines
        ),
    )


def _phase(phase: Phase, text: str) -> Phase:
    asked = replace(phase.approval, approvers=(text, text)) if phase.approval else None
    waves = tuple(tuple(_job(job, text) for job in wave) for wave in phase.waves)
    unit = phase.deployment
    parts = tuple(replace(part, job=_job(part.job, text)) for part in unit.jobs) if unit else ()
    return replace(
        phase, title=f"{text}.", approval=asked, waves=waves, deployment=replace(unit, jobs=parts) if unit else None
    )


def _job(job: Job, text: str) -> Job:
    steps = tuple(replace(step, title=text) if isinstance(step, Run) else step for step in job.steps)
    return replace(job, title=text, runner=text, steps=steps)


TEXTS = st.one_of(st.sampled_from(HOSTILE), st.text(min_size=1, max_size=60)).filter(lambda text: text.strip())
LABEL = r'"(?:[A-Za-z0-9 ,._/-]|#[0-9]+;|<br/>)+"'
STATEMENT = re.compile(
    rf"graph LR|  end|  subgraph p\d+\[{LABEL}\]|  n\d+ (?:-->|---|-\.->)(?:\|{LABEL}\|)? n\d+"
    rf"|  n\d+(?:\[{LABEL}\]|\({LABEL}\)|\(\[{LABEL}\]\)|\[\({LABEL}\)\]|\{{\{{{LABEL}\}}\}}):::[a-z]+"
    r"|  classDef [a-z]+ [a-z0-9#:, -]+|  class [p0-9,]+ panel"
)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    told = picture(spoiled(shipped("fraud-detection"), text))
    shown = {form: write(told) for form, write in SHOWN.items()}
    first = printable(text).split(maxsplit=1)[0]
    assert all(first in words.replace(" ", "") or first in words for words in shown.values())
    tags = {each.tag.removeprefix(SVG) for each in parsed(as_svg(told)).iter()}
    assert tags == {"svg", "title", "desc", "rect", "path", "circle", "text"}


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_no_text_changes_the_structure_of_a_picture(text: str) -> None:
    delivery = shipped("churn-prediction")
    plain, spoilt = picture(spoiled(delivery, "plain")), picture(spoiled(delivery, text))
    assert [each.tag for each in parsed(as_svg(spoilt))][:3] == [f"{SVG}title", f"{SVG}desc", f"{SVG}rect"]
    lines = as_mermaid(spoilt).splitlines()
    assert not [line for line in lines if not STATEMENT.fullmatch(line)]
    assert [line for line in lines if '"' not in line] == [
        line for line in as_mermaid(plain).splitlines() if '"' not in line
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("serving-prod", "serving-prod"),
        ("auc at least 0.80", "auc at least 0.80"),
        ("feat/*", "feat#47;#42;"),
        ("1. list", "1#46; list"),
        ('a "b"', "a #34;b#34;"),
        ("a\nb", "a b"),
        ("$$x", "#36;#8288;#36;x"),
        ("\x07", "#65533;"),
    ],
)
def test_labels_hold_nothing_that_mermaid_reads(text: str, expected: str) -> None:
    assert escaped(text) == expected


# ---------------------------------------------------------------- the drawing


def apart(one: Box, other: Box) -> bool:
    beside = one.right <= other.x or other.right <= one.x
    return beside or one.bottom <= other.y or other.bottom <= one.y


def assert_sound(drawn: Group) -> None:
    """Nothing covers anything else, nothing is cut off, and no text is wider than its place."""
    assert not [pair for pair in combinations(drawn.boxes, 2) if not apart(*pair)]
    for box in drawn.boxes:
        assert box.x >= 0
        assert box.right <= drawn.width
        assert box.bottom <= drawn.height
        assert all(width(line, TITLE, bold=True) <= box.width for line in box.title)
        assert all(width(line, BODY) <= box.width for line in box.lines)
    for line in drawn.words:
        assert line.x + width(line.text, line.size, bold=line.bold) <= drawn.width
        assert line.y <= drawn.height
    panels = [Box(Kind.WORK, each.x, each.y, each.width, each.height, (), ()) for each in drawn.panels]
    assert not [pair for pair in combinations(panels, 2) if not apart(*pair)]
    for panel in panels:
        outside = [box for box in drawn.boxes if not apart(panel, box) and not is_inside(box, panel)]
        assert not outside


def is_inside(box: Box, panel: Box) -> bool:
    return panel.x < box.x and box.right < panel.right and panel.y < box.y and box.bottom < panel.bottom


@pytest.mark.parametrize("name", NAMES)
def test_nothing_overlaps_and_no_text_is_cut(name: str) -> None:
    assert_sound(drawing(picture(shipped(name))))


@settings(max_examples=30, deadline=None)
@given(TEXTS)
def test_nothing_overlaps_whatever_the_words(text: str) -> None:
    assert_sound(drawing(picture(spoiled(shipped("fraud-detection"), text))))


@given(st.text(max_size=80), st.floats(30, 300))
def test_wrapped_text_fits_and_loses_nothing(text: str, room: float) -> None:
    lines = wrapped(text, room, BODY)
    assert "".join(lines).replace(" ", "") == "".join(text.split())
    assert all(width(line, BODY) <= room for line in lines)


@pytest.mark.parametrize("name", NAMES)
def test_every_line_runs_along_the_axes(name: str) -> None:
    for line in drawing(picture(shipped(name))).lines:
        assert all(a == c or b == d for (a, b), (c, d) in pairwise(line.points))


def test_an_svg_needs_no_other_file_and_tells_what_it_shows() -> None:
    text = as_svg(picture(shipped("churn-prediction")))
    root = parsed(text)
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "picture-title picture-description"
    assert (root.findtext(f"{SVG}title") or "").startswith("Churn prediction")
    assert "Approval, 1 of ml-release" in (root.findtext(f"{SVG}desc") or "")
    assert not re.search(r"href|url\(|<script|<style|@import|<image", text)


# ---------------------------------------------------------------- the command


@pytest.mark.parametrize(("form", "expected"), [("svg", "svg"), ("mermaid", "mmd")])
def test_the_command_prints_the_picture_and_nothing_else(form: str, expected: str) -> None:
    done = CliRunner().invoke(main, ["explain", str(BY_NAME["churn-prediction"]), "--format", form])
    assert done.exit_code == 0, done.output
    assert done.stdout == (PICTURES / f"churn-prediction.{expected}").read_text("utf-8")


def test_a_broken_spec_gives_no_picture(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("pipegen: 1\nmodel: {name: broken}\n", "utf-8")
    done = CliRunner().invoke(main, ["explain", str(broken), "--format", "svg"])
    assert done.exit_code == 1
    assert done.stdout == ""
