"""Portable bash: the script text that every target carries unchanged."""

from __future__ import annotations

from collections.abc import Sequence

STRICT = "set -euo pipefail"

_COLLECT = r"""
LC_ALL=C
declare -A seen=()
while IFS= read -r line || [ -n "$line" ]; do
  name="${line%%=*}" value="${line#*=}"
  case "$line" in
    "") continue ;;
    @NAMES@) ;;
    *=*) echo "error: $name is in PIPEGEN_OUTPUTS, but the spec does not say that it is published" >&2; exit 1 ;;
    *) echo "error: a line of PIPEGEN_OUTPUTS is not NAME=value" >&2; exit 1 ;;
  esac
  if ! [[ "$value" =~ ^[A-Za-z0-9\ ._:/@+=,~%#?\&()*-]{0,1000}$ ]]; then
    echo "error: the value of $name is too long or has a character that cannot be handed on safely" >&2; exit 1
  fi
  seen[$name]="$value"
done < "$PIPEGEN_OUTPUTS"
for name in @WORDS@; do
  if [ -z "${seen[$name]+set}" ]; then
    echo "error: $name was not written to PIPEGEN_OUTPUTS" >&2; exit 1
  fi
done
for name in @WORDS@; do
  value="${seen[$name]}"
  @HAND_OVER@
done
"""


def collect(names: Sequence[str], hand_over: str) -> str:
    """A script that reads $PIPEGEN_OUTPUTS and runs `hand_over` for each declared name.

    `hand_over` is one bash statement that reads $name and $value. The script fails if a line is not NAME=value, a name
    is missing or not declared, or a value is longer than 1000 characters or holds one that is not harmless. The last
    line of a name counts. Ranges such as A-Z hold ASCII letters alone only in the C locale.
    """
    text = _COLLECT.replace("@NAMES@", "|".join(f"{name}=*" for name in names)).replace("@WORDS@", " ".join(names))
    return STRICT + text.replace("@HAND_OVER@", hand_over)


def with_secret_files(script: str, names: Sequence[str]) -> str:
    """The script with each named variable turned from a secret's content into the path of a file that holds it.

    mktemp lets only the owner read the files, and they are removed at exit. Call it where the CI system hands over a
    secret file's content in the variable <name>_CONTENT.
    """
    if not names:
        return script
    lines: list[str] = []
    for name in names:
        lines += [
            f'{name}="$(mktemp)"',
            f'printf \'%s\' "${name}_CONTENT" > "${name}"',
            f"unset {name}_CONTENT",
            f"export {name}",
        ]
    files = " ".join(f'"${name}"' for name in names)
    return script.replace(STRICT, "\n".join([STRICT, *lines, f"trap 'rm -f -- {files}' EXIT"]), 1)


def in_file(script: str, name: str, lines: Sequence[str]) -> str:
    """A script that puts another one into $PIPEGEN_HOME/<name> as it is, and goes on with `lines`."""
    end = "PIPEGEN_END"
    while end in script:
        end += "_"
    return (
        "\n".join([STRICT, f"cat > \"$PIPEGEN_HOME/{name}\" <<'{end}'", f"{script.rstrip(chr(10))}\n{end}", *lines])
        + "\n"
    )


def limited(script: str, minutes: int) -> str:
    """The script, ended with a failure of its own after that time.

    Call it where the CI system's own limit would count as more than a failure of the step.
    """
    return in_file(script, "limited.sh", [f'timeout --kill-after=30s {minutes}m bash "$PIPEGEN_HOME/limited.sh"'])
