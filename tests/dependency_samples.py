"""Locks in all forms for the same three packages, and environments of real interpreters that hold some of them."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

A, B = "a" * 64, "b" * 64

PYPROJECT = """\
[project]
name = "Demo.Model"
version = "1.0"
dependencies = ["click>=8.1", "jinja2[i18n]>=3.1,<4", "old; python_version < '3'"]
[project.optional-dependencies]
train = ["colorama~=0.4.5", "demo-model[more]"]
more = ["nothing; python_version < '3'"]
"""

REQUIREMENTS = f"""\
# made by a tool
--index-url https://example.org/simple
click==8.1.7 \\
    --hash=sha256:{A} \\
    --hash=sha256:{B}
    # via demo-model
Jinja2==3.1.4 --hash=sha256:{A}
colorama==0.4.6 ; sys_platform != "none" \\
    --hash=sha512:{A}{B}
"""

_FILES = f"""\
sdist = {{ url = "https://example.org/x.tar.gz", hash = "sha256:{A}" }}
wheels = [{{ url = "https://example.org/x.whl", hash = "sha256:{B}" }}]
"""

UV = f"""\
version = 1
[[package]]
name = "click"
version = "8.1.7"
source = {{ registry = "https://example.org/simple" }}
{_FILES}
dependencies = [{{ name = "colorama", marker = "sys_platform == 'win32'" }}]
[[package]]
name = "colorama"
version = "0.4.6"
source = {{ registry = "https://example.org/simple" }}
{_FILES}
[[package]]
name = "demo-model"
version = "1.0"
source = {{ editable = "." }}
dependencies = [{{ name = "click" }}, {{ name = "jinja2" }}]
[package.optional-dependencies]
train = [{{ name = "colorama" }}]
[[package]]
name = "jinja2"
version = "3.1.4"
source = {{ registry = "https://example.org/simple" }}
{_FILES}
"""

_POETRY_FILES = f'files = [{{file = "x.whl", hash = "sha256:{A}"}}, {{file = "x.tar.gz", hash = "sha256:{B}"}}]'

POETRY = f"""\
[[package]]
name = "click"
version = "8.1.7"
optional = false
{_POETRY_FILES}
[package.dependencies]
colorama = {{version = "*", markers = "platform_system == \\"Windows\\""}}
[[package]]
name = "colorama"
version = "0.4.6"
optional = true
{_POETRY_FILES}
[[package]]
name = "Jinja2"
version = "3.1.4"
optional = false
{_POETRY_FILES}
[package.dependencies]
Babel = {{version = ">=2.7", optional = true}}
[package.extras]
i18n = ["click (>=8)"]
[metadata]
lock-version = "2.1"
content-hash = "{A}"
"""

PYLOCK = f"""\
lock-version = "1.0"
created-by = "a tool"
[[packages]]
name = "click"
version = "8.1.7"
wheels = [{{ url = "https://example.org/click.whl", hashes = {{ md5 = "{"0" * 32}", sha256 = "{A}" }} }}]
[[packages]]
name = "jinja2"
version = "3.1.4"
sdist = {{ url = "https://example.org/jinja2.tar.gz", hashes = {{ sha256 = "{A}" }} }}
[[packages]]
name = "colorama"
version = "0.4.6"
archive = {{ url = "https://example.org/colorama.zip", hashes = {{ sha512 = "{A}{B}" }} }}
"""

CONDA = f"""\
# platform: linux-64
@EXPLICIT
https://example.org/conda/noarch/click-8.1.7-pyh707e725_0.conda#sha256:{A}
https://example.org/conda/linux-64/Jinja2-3.1.4-py_0.tar.bz2#{B}
https://example.org/conda/noarch/colorama-0.4.6-pyhd8ed1ab_0.conda#sha256:{A}
https://example.org/conda/linux-64/libgcc-ng-13.2.0-h807b86a_5.conda#sha256:{A}
"""

LOCKS = {
    "requirements.txt": REQUIREMENTS,
    "uv.lock": UV,
    "poetry.lock": POETRY,
    "pylock.toml": PYLOCK,
    "conda-linux-64.txt": CONDA,
}

LOCKED = {"click": "8.1.7", "Jinja2": "3.1.4", "colorama": "0.4.6"}


def environment(folder: Path, packages: dict[str, str]) -> str:
    """The interpreter of a new environment without pip, in which these packages are recorded as installed."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", "--symlinks", str(folder)], check=True)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}, scheme="venv"))
    for name, version in packages.items():
        record(site, name, version)
    return str(folder / "bin" / "python")


def record(site: Path, name: str, version: str) -> None:
    """What an installer leaves behind of a package."""
    information = site / f"{name}-{version}.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", "utf-8")
