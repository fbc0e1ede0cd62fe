"""The first job of a pipeline: whether this run is allowed, and its parameters are what they must be."""

from __future__ import annotations

from collections.abc import Sequence

from pipegen.delivery import Job, JobVariable, Parameter, ParameterValue, Phase, Run
from pipegen.plan.flow import Arrival
from pipegen.plan.jobs import opening
from pipegen.quoting import sh_quote
from pipegen.scripts import STRICT
from pipegen.spec.model import ModelSpec

GUARD = "guard"
ANY_STRING = "[A-Za-z0-9._:/@+-]{1,200}"
_PATTERNS = {"integer": "-?[0-9]{1,15}", "number": r"-?[0-9]{1,15}(\.[0-9]{1,10})?", "boolean": "true|false"}


def phase(job: Job) -> Phase:
    """A phase of its own, before any approval is asked."""
    return Phase("start", job.title, None, None, ((job,),), None, (), None, job.origin)


def review_job(spec: ModelSpec, spec_path: str, targets: Sequence[Arrival]) -> Job | None:
    """Refuses a pull request into a branch from one that the flow does not lead from.

    Models of one repository may have different flows, so a change that does not touch the model is none of its
    business.
    """
    if all("*" in target.sources for target in targets):
        return None
    cases = "".join(_allowed(target.trunk, target.sources) for target in targets if "*" not in target.sources)
    text = (
        f'{STRICT}\n{_unless_untouched(spec, spec_path)}case "$PIPEGEN_TARGET_BRANCH|$PIPEGEN_BRANCH" in\n{cases}'
        + "".join(f"  {_literal(target.trunk)}\\|*) ;;\n" for target in targets if "*" in target.sources)
        + '  *) echo "error: the flow does not lead from $PIPEGEN_BRANCH to $PIPEGEN_TARGET_BRANCH" >&2; exit 1 ;;\n'
        + "esac\n"
    )
    steps = (
        *(opening(spec, depth=0) if spec.model.path != "." else ()),
        Run(GUARD, "Check the branch flow", text, timeout_minutes=5, origin=("flow",)),
    )
    return Job(GUARD, "Check the branch flow", steps, timeout_minutes=30, origin=("flow",))


def _unless_untouched(spec: ModelSpec, spec_path: str) -> str:
    """Lines that end the script well if the change touches nothing of the model; where that is unknown, it does."""
    if spec.model.path == ".":
        return ""
    paths = " ".join(
        sh_quote(path) for path in (spec.model.path, *(f":(glob){each}" for each in spec.model.paths), spec_path)
    )
    return (
        'target="refs/remotes/origin/$PIPEGEN_TARGET_BRANCH"\n'
        'if git rev-parse --quiet --verify "$target" > /dev/null &&\n'
        f'  git diff --quiet "$target...HEAD" -- {paths}; then\n'
        f'  echo "this change does not touch {spec.model.name}"; exit 0\nfi\n'
    )


def _allowed(target: str, sources: Sequence[str]) -> str:
    patterns = " | ".join(f"{_literal(target)}\\|{_glob(source)}" for source in sources)
    return f"  {patterns}) ;;\n"


def _literal(branch: str) -> str:
    return sh_quote(branch)


def _glob(pattern: str) -> str:
    """A pattern for `case`, in which `*` stands for any characters."""
    return "*".join(sh_quote(part) if part else "" for part in pattern.split("*"))


def tag_job(spec: ModelSpec, arrival: Arrival) -> Job:
    """Refuses a tag on a commit that the branch does not hold."""
    ref = sh_quote(f"refs/remotes/origin/{arrival.trunk}")
    text = (
        f"{STRICT}\nif ! git merge-base --is-ancestor HEAD {ref}; then\n"
        f'  echo "error: $PIPEGEN_BRANCH is not on branch {arrival.trunk}" >&2; exit 1\nfi\n'
    )
    steps = (
        *opening(spec, depth=0),
        Run(GUARD, "Check that the tag is on its branch", text, timeout_minutes=10, origin=arrival.origin),
    )
    return Job(GUARD, "Check the tag", steps, timeout_minutes=30, origin=arrival.origin)


def action_job(
    parameters: Sequence[Parameter], refs: Sequence[tuple[str, Sequence[str]]], origin: tuple[str | int, ...]
) -> Job:
    """Checks where the action was started, and each parameter.

    `refs` are pairs of (environment or "", patterns of branches and tags).
    """
    lines = [STRICT, *_ref_lines(refs), *(line for parameter in parameters for line in _parameter_lines(parameter))]
    variables = tuple(JobVariable(each.variable, ParameterValue(each.name)) for each in parameters)
    step = Run(GUARD, "Check branch and parameters", "\n".join(lines) + "\n", timeout_minutes=5, origin=origin)
    return Job(GUARD, "Check the request", (step,), variables=variables, timeout_minutes=10, origin=origin)


def _ref_lines(refs: Sequence[tuple[str, Sequence[str]]]) -> list[str]:
    asked = '"$PIPEGEN_PARAM_ENVIRONMENT|$PIPEGEN_BRANCH"' if all(name for name, _ in refs) else '"|$PIPEGEN_BRANCH"'
    cases = [f"  {' | '.join(_case(name, ref) for ref in allowed)}) ;;" for name, allowed in refs]
    known = "; ".join(f"{name}: {', '.join(allowed)}" if name else ", ".join(allowed) for name, allowed in refs)
    refusal = f'  *) echo "error: started from $PIPEGEN_BRANCH; start it from" {sh_quote(known)} >&2; exit 1 ;;'
    return [f"case {asked} in", *cases, refusal, "esac"]


def _case(environment: str, ref: str) -> str:
    return (sh_quote(environment) if environment else "") + "\\|" + _glob(ref)


def pattern_of(parameter: Parameter) -> str:
    """The extended regular expression that the whole value has to match."""
    if parameter.choices:
        return "|".join(choice.replace(".", "[.]").replace("+", "[+]") for choice in parameter.choices)
    return parameter.pattern or _PATTERNS.get(parameter.type, ANY_STRING)


def _parameter_lines(parameter: Parameter) -> list[str]:
    pattern = pattern_of(parameter)
    name = parameter.variable
    lines = [
        f"pattern={sh_quote(f'^({pattern})$')}",
        f'if ! [[ "${name}" =~ $pattern ]]; then',
        f'  echo "error: parameter {parameter.name} is not of its form" >&2; exit 1',
        "fi",
    ]
    for bound, sign in ((parameter.minimum, "<"), (parameter.maximum, ">")):
        if bound:
            test = (
                f"awk -v value=\"${name}\" -v bound={sh_quote(bound)} 'BEGIN {{ exit !(value + 0 {sign} bound + 0) }}'"
            )
            side = "below" if sign == "<" else "above"
            lines.append(f'if {test}; then echo "error: parameter {parameter.name} is {side} {bound}" >&2; exit 1; fi')
    return lines
