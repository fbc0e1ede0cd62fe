"""Steps of a job as calls of bash functions, each with its script behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import assert_never

from pipegen.delivery import (
    Begin,
    Cache,
    Checkout,
    CollectOutputs,
    Complete,
    Download,
    Prepare,
    PublishSummary,
    PublishTests,
    Run,
    Step,
    Upload,
    UsePython,
    When,
)
from pipegen.quoting import one_line, sh_quote
from pipegen.scripts import STRICT, collect
from pipegen.targets.gitlab.functions import CLOSING, HANDED, PUBLISHED
from pipegen.targets.gitlab.names import BEGUN, COMPLETE, published_variable
from pipegen.targets.gitlab.values import assignments, word

_MINUTES = 10
_LONG_MINUTES = 30


def step_lines(steps: Sequence[Step], job: str, *, told: bool) -> Iterator[str]:
    """The steps in order, those that close the job last; `told` says that other jobs hear how far it has come."""
    closing = [step for step in steps if isinstance(step, Run) and step.when is not When.SUCCESS]
    if closing:
        yield _in_file(CLOSING, "".join(map(_run, closing)))
    for number, step in enumerate(steps):
        if step not in closing:
            yield from _lines(step, number, job, told=told)
    if closing:
        yield f"source {CLOSING}"


def closing_minutes(steps: Sequence[Step]) -> int:
    """How long the steps may take that run after a cancellation."""
    return sum(step.timeout_minutes + 1 for step in steps if isinstance(step, Run) and step.when is not When.SUCCESS)


def _lines(step: Step, number: int, job: str, *, told: bool) -> Iterator[str]:
    match step:
        case Checkout() | Cache() | PublishTests() | PublishSummary():
            return  # the runner does it, by the keys of the job
        case Prepare(script):
            yield _call(_own("prepare"), "Prepare", _MINUTES, script)
        case UsePython(version):
            yield _call(_own("python"), f"Check for Python {version}", _MINUTES, _python_check(version))
        case Run():
            yield _run(step)
        case CollectOutputs(names):
            yield _call(_own("publish"), "Publish values", _MINUTES, _collect(names, job))
        case Upload():
            yield _call(_own(f"upload-{number}"), f"Hand on {step.name}", _LONG_MINUTES, _upload(step, job))
        case Download():
            yield _fetch(step, number)
        case Begin():
            yield f"pipegen_mark begun{f' {BEGUN}' if told else ''}"
        case Complete():
            yield f"pipegen_mark complete{f' {COMPLETE}' if told else ''}"
        case _:
            assert_never(step)


# ---------------------------------------------------------------- calls


def _own(identifier: str) -> str:
    """What a step of pipegen's own is called; stages have no underscore in their names, so it meets none of theirs."""
    return f"_{identifier}"


def _run(step: Run) -> str:
    when = "advisory" if step.advisory else step.when.value
    return _call(step.id, step.title, step.timeout_minutes, step.script, when, tuple(assignments(step)))


def _call(
    identifier: str, title: str, minutes: int, script: str, when: str = "success", variables: Sequence[str] = ()
) -> str:
    """One call; variables before it are seen by its script alone."""
    end = _end(script)
    before = "".join(f"{each} \\\n" for each in variables)
    call = f"pipegen_step {identifier} {sh_quote(one_line(title))} {minutes} {when} <<'{end}'"
    return f"{before}{call}\n{_ended(script)}{end}\n"


def _in_file(path: str, text: str) -> str:
    end = _end(text, "PIPEGEN_FILE")
    return f"cat > {path} <<'{end}'\n{_ended(text)}{end}\n"


def in_file(path: str, text: str) -> str:
    """Lines that write a text to a file and read it as bash."""
    return f"{_in_file(path, text)}source {path}\n"


def _end(script: str, word: str = "PIPEGEN_END") -> str:
    """A line that is none of the script's."""
    lines = set(script.split("\n"))
    while word in lines:
        word += "_"
    return word


def _ended(text: str) -> str:
    return text if text.endswith("\n") else f"{text}\n"


# ---------------------------------------------------------------- scripts of pipegen's own


def _python_check(version: str) -> str:
    """Runners and images bring their Pythons along; a third number of the version must be met too."""
    short = ".".join(version.split(".")[:2])
    missing = f'{{ echo "error: this runner has no python{short}" >&2; exit 1; }}'
    lines = [STRICT, f"command -v python{short} > /dev/null || {missing}"]
    if version != short:
        other = f'{{ echo "error: this runner has $(python{short} --version), not {version}" >&2; exit 1; }}'
        lines.append(f'[ "$(python{short} --version)" = "Python {version}" ] || {other}')
    return "\n".join(lines) + "\n"


def _collect(names: Sequence[str], job: str) -> str:
    prefix = published_variable(job, "")
    return collect(names, f'printf \'{prefix}%s=%s\\n\' "$name" "$value" >> {PUBLISHED}')


def _upload(step: Upload, job: str) -> str:
    folder = f'"{HANDED}/{job}/{step.name}-$PIPEGEN_ATTEMPT"'
    return f"{STRICT}\nmkdir -p {folder}\ncp {sh_quote(step.file)} {folder}/\n"


def _fetch(step: Download, number: int) -> str:
    file = PurePosixPath(step.file)
    lines = (
        STRICT,
        f"mkdir -p {sh_quote(str(file.parent))}",
        f'cp "{HANDED}/{step.job}/$REMOTE_NAME/"{sh_quote(file.name)} {sh_quote(step.file)}',
    )
    variables = (f"REMOTE_NAME={word(step.remote_name)}",)
    return _call(
        _own(f"download-{number}"), f"Fetch {step.name}", _LONG_MINUTES, "\n".join(lines) + "\n", variables=variables
    )
