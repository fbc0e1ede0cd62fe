"""The verdict: the one result that the repository's host requires before a merge, for all models together.

It depends on pipegen.toml alone, so that two people who add two models change no file in common, and a model that is
added changes no setting. It judges the change, so it runs nothing that the change brings: Python is started apart from
the files around it (`-I`), and the organisation's own steps are left out.
"""

from __future__ import annotations

from pipegen.config import CHECK_RUNNER, Config, Pin
from pipegen.delivery import (
    HOME,
    VERDICT,
    Checkout,
    Job,
    Prepare,
    PublishSummary,
    Run,
    Step,
    Verdict,
)
from pipegen.plan.jobs import PREPARATION
from pipegen.quoting import sh_quote
from pipegen.scripts import STRICT

CODES = {"PG288": "the repository has no check of its own"}

_PIPEGEN = '"$PIPEGEN_HOME/pipegen/bin/pipegen"'
_MODELS_FILE = f"{HOME}/models"
_WAIT_MINUTES = 330


def verdict(config: Config, target: str) -> Verdict | None:
    """The verdict on `target`; None if pipegen.toml does not pin the pipegen that pipelines install."""
    pin = config.pin
    if pin is None:
        return None
    steps: tuple[Step, ...] = (
        Checkout(depth=0),
        Prepare(PREPARATION),
        _install(pin),
        _compare(),
        _find(target),
        PublishSummary(),
    )
    job = Job(VERDICT, VERDICT, steps, runner=CHECK_RUNNER, timeout_minutes=60)
    return Verdict(job, _MODELS_FILE, _WAIT_MINUTES)


def _install(pin: Pin) -> Run:
    old = "error: pipegen needs Python 3.11 or newer, and this runner has an older one"
    text = (
        f"{STRICT}\n"
        "python3 -I -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||\n"
        f"  {{ echo {sh_quote(old)} >&2; exit 1; }}\n"
        'python3 -I -m venv "$PIPEGEN_HOME/pipegen"\n'
        '"$PIPEGEN_HOME/pipegen/bin/python" -I -m pip install --quiet --disable-pip-version-check \\\n'
        f"  --only-binary :all: --require-hashes --index-url {sh_quote(pin.index)} \\\n"
        f"  -r {sh_quote(pin.requirements)}\n"
    )
    return Run("install-pipegen", "Install pipegen", text, timeout_minutes=15)


def _compare() -> Run:
    """What an earlier run found out on this machine counts for nothing here."""
    return Run("compare", "Compare files and specs", f"{STRICT}\n{_PIPEGEN} render --check --no-cache\n")


def _find(target: str) -> Run:
    """The branch that the pull request goes into is compared with what would be merged."""
    text = (
        f"{STRICT}\n"
        'into="refs/remotes/origin/$PIPEGEN_TARGET_BRANCH"\n'
        f'{_PIPEGEN} models --target {target} --changed-since "$into" --into "$PIPEGEN_TARGET_BRANCH" \\\n'
        f"  > {_MODELS_FILE}\n"
        f'echo "models that the change concerns:"; cat {_MODELS_FILE}\n'
    )
    return Run("find-models", "Find the models that the change concerns", text, timeout_minutes=15)
