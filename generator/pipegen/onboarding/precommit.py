"""The entry of a repository's .pre-commit-config.yaml that runs pipegen before each commit."""

from __future__ import annotations

import yaml

from pipegen.config import Pin
from pipegen.onboarding.yaml_edits import with_item
from pipegen.yaml_text import Node, emit

HOOK_FILE = ".pre-commit-config.yaml"
_IDS = frozenset({"pipegen-render", "pipegen-check"})
_COMMENT = "# Runs before each commit, once `pre-commit install` was run in the clone.\n"


def hook_entry(pin: Pin | None, *, repository: str | None, version: str) -> str:
    """The entry as a list of one item.

    The hook comes from a git repository if one is named, else from where the pipelines get pipegen, else from PATH.
    """
    if repository:
        return _text({"repo": repository, "rev": f"v{version}", "hooks": [{"id": "pipegen-render"}]})
    wheels = _requirements(pin)
    hook: dict[str, Node] = {
        "id": "pipegen-render",
        "name": "pipegen render",
        "entry": "pipegen render --prune --fail-on-change",
        "language": "python" if wheels else "system",
        **({"additional_dependencies": list(wheels)} if wheels else {}),
        "always_run": True,
        "pass_filenames": False,
        "require_serial": True,
        "stages": ["pre-commit", "pre-merge-commit", "manual"],
    }
    return _text({"repo": "local", "hooks": [hook]})


def _requirements(pin: Pin | None) -> tuple[str, ...]:
    """What pre-commit installs; nothing for a wheel in the repository, as it installs in a folder of its own."""
    match pin:
        case Pin(wheel=str(wheel)):
            return (f"mlops-pipegen @ {wheel}#sha256={pin.sha256}",) if wheel.startswith("https://") else ()
        case Pin():
            return f"--index-url={pin.index}", f"mlops-pipegen=={pin.version}"
    return ()


def _text(entry: dict[str, Node]) -> str:
    return emit([entry])


def new_hook_file(entry: str) -> str:
    indented = "".join(f"  {line}\n" for line in entry.splitlines())
    return f"{_COMMENT}repos:\n{indented}"


def has_hook(text: str) -> bool:
    """Whether a configuration of pre-commit runs pipegen already."""
    try:
        read = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return False
    entries = read.get("repos") if isinstance(read, dict) else None
    hooks = [each.get("hooks") for each in entries if isinstance(each, dict)] if isinstance(entries, list) else []
    listed = [hook for each in hooks if isinstance(each, list) for hook in each if isinstance(hook, dict)]
    return any(hook.get("id") in _IDS for hook in listed)


def with_hook(text: str, entry: str) -> str | None:
    """The configuration with the entry behind the others; None where the entry must be added by hand."""
    return with_item(text, "repos", entry)
