"""The text of `run:`: the delivery's script with what only GitHub needs around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from pipegen.delivery import Run, SecretValue, TokenValue
from pipegen.quoting import github_text, sh_quote
from pipegen.scripts import STRICT, with_secret_files

_FORGET = "unset ACTIONS_ID_TOKEN_REQUEST_TOKEN ACTIONS_ID_TOKEN_REQUEST_URL"


def script_of(run: Run, *, signed: bool) -> str:
    """The script with files for its secret files and the tokens it names; `signed`: the job may ask for tokens."""
    files = [each.name for each in run.variables if isinstance(each.value, SecretValue) and each.value.type == "file"]
    tokens = [(each.name, each.value) for each in run.variables if isinstance(each.value, TokenValue)]
    lines = [line for name, token in tokens for line in _fetching(name, token)]
    lines += [_FORGET] if signed else []
    return github_text(after_strict(with_secret_files(run.script, files), lines))


def after_strict(script: str, lines: Sequence[str]) -> str:
    return script.replace(STRICT, "\n".join([STRICT, *lines]), 1)


def _fetching(name: str, token: TokenValue) -> Iterator[str]:
    """Fetch the token inside the step that uses it; neither it nor what buys it is ever part of a command line."""
    yield f"# {name}: a token that GitHub signs for this job and {token.audience} alone."
    yield (
        f'{name}="$(printf \'header = "Authorization: bearer %s"\\n\' "$ACTIONS_ID_TOKEN_REQUEST_TOKEN" |\n'
        "  curl --config - --silent --show-error --fail --retry 3 --max-time 60 \\\n"
        f'    "$ACTIONS_ID_TOKEN_REQUEST_URL&audience="{sh_quote(quote(token.audience, safe=""))} |\n'
        '  sed -n \'s/.*"value" *: *"\\([^"]*\\)".*/\\1/p\')"'
    )
    yield f'if [ -z "${name}" ]; then echo "error: GitHub gave no token for {name}" >&2; exit 1; fi'
    yield f'echo "::add-mask::${name}"'
    yield f"export {name}"
