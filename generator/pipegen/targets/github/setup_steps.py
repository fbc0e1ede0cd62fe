"""Steps that make a machine ready: checkout, pipegen's folder, Python, packages kept from earlier runs."""

from __future__ import annotations

from typing import assert_never

from pipegen.delivery import PATH_VARIABLES, Cache, Checkout, Job, Prepare, UsePython
from pipegen.quoting import github_text
from pipegen.scripts import STRICT
from pipegen.targets.github.pins import pinned
from pipegen.targets.github.run_texts import after_strict
from pipegen.targets.github.scene import Scene
from pipegen.targets.github.variables import expression
from pipegen.yaml_text import Node, present

Setup = Checkout | Prepare | UsePython | Cache

_CONDA_PACKAGES = "/tmp/conda-packages"  # noqa: S108  (a path on a machine that serves one job)
_CACHED = {"pip": "~/.cache/pip", "conda": _CONDA_PACKAGES}


def setup_node(step: Setup, scene: Scene) -> Node:
    match step:
        case Checkout():
            return _checkout(step, scene)
        case Prepare():
            return _prepare(step, scene)
        case UsePython():
            return _python(step, scene)
        case Cache():
            return _cache(step, scene)
        case _:
            assert_never(step)


def _checkout(step: Checkout, scene: Scene) -> Node:
    options: dict[str, Node] = {
        "persist-credentials": False,
        "fetch-depth": None if step.depth == 1 else step.depth,
        "lfs": True if step.lfs else None,
    }
    return {"name": "Check out", "uses": pinned("actions/checkout", scene.file.config), "with": present(options)}


def _prepare(step: Prepare, scene: Scene) -> Node:
    """Paths are set while the job runs: inside a container the workspace is elsewhere than GitHub's expressions say."""
    # In a container git takes the checkout for somebody else's and refuses to read it.
    trust = ['git config --global --add safe.directory "$GITHUB_WORKSPACE"'] if scene.job.image else []
    paths = [f'  echo "{name}=$GITHUB_WORKSPACE/{path}"' for name, path in PATH_VARIABLES.items()]
    text = github_text(after_strict(step.script, trust)).rstrip("\n")
    return {"name": "Prepare", "run": "\n".join([text, "{", *paths, '} >> "$GITHUB_ENV"']) + "\n"}


def _python(step: UsePython, scene: Scene) -> Node:
    name = f"Python {step.version}"
    if scene.is_on_hosted_machine:
        action = pinned("actions/setup-python", scene.file.config)
        return {"name": name, "uses": action, "with": {"python-version": step.version}}
    command = f"python{'.'.join(step.version.split('.')[:2])}"
    lines = [
        STRICT,
        f"command -v {command} > /dev/null ||",
        f'  {{ echo "error: this runner has no {command}" >&2; exit 1; }}',
    ]
    return {"name": name, "run": "\n".join(lines) + "\n"}


def _cache(step: Cache, scene: Scene) -> Node:
    files = ", ".join("'" + file.replace("'", "''") + "'" for file in step.key_files)
    prefix = f"{step.kind}-{expression('runner.os')}-{expression('runner.arch')}-"
    options = {"path": _CACHED[step.kind], "key": prefix + expression(f"hashFiles({files})"), "restore-keys": prefix}
    action = pinned("actions/cache", scene.file.config)
    return {"name": f"Packages of earlier checks ({step.kind})", "uses": action, "with": options}


def cache_variables(job: Job) -> dict[str, str]:
    """Where conda keeps packages: by itself beside its installation; pip's place is the same everywhere."""
    keeps_conda = any(isinstance(step, Cache) and step.kind == "conda" for step in job.steps)
    return {"CONDA_PKGS_DIRS": _CONDA_PACKAGES} if keeps_conda else {}
