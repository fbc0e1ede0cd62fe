"""What is installed in the environment of an interpreter, as that interpreter itself says."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from pipegen.gates.dependencies import Installed
from pipegen.gates.reading import CannotJudgeError
from pipegen.gates.specifiers import normalised

_SECONDS = 120
# A folder that is on the path twice, for example by a link, does not make its packages installed twice.
_ASK = """
import importlib.metadata, json, os, platform, sys
info = sys.implementation.version
version = "{0.major}.{0.minor}.{0.micro}".format(info)
if info.releaselevel != "final":
    version += info.releaselevel[0] + str(info.serial)
found = {
    (each.metadata["Name"] or "", each.version or "", os.path.realpath(each.locate_file("")))
    for each in importlib.metadata.distributions()
}
print(json.dumps({
    "environment": {
        "implementation_name": sys.implementation.name,
        "implementation_version": version,
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": platform.python_version(),
        "python_version": ".".join(platform.python_version_tuple()[:2]),
        "sys_platform": sys.platform,
    },
    "packages": sorted([name, version] for name, version, _ in found),
}))
"""


def installed_in(python: Path) -> Installed:
    """Ask an interpreter, isolated from the current folder and the user's own packages."""
    command = [str(python), "-I", "-c", _ASK]
    try:
        done = subprocess.run(  # noqa: S603  (the interpreter that the user names)
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=True
        )
        answer = json.loads(done.stdout)
        packages = tuple((normalised(name) or "without a name", version) for name, version in answer["packages"])
        return Installed(packages, answer["environment"])
    except subprocess.CalledProcessError as error:
        last = error.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise CannotJudgeError(f"{python}: it failed with exit code {error.returncode}: {''.join(last)}") from error
    except subprocess.TimeoutExpired as error:
        raise CannotJudgeError(f"{python}: it did not answer within {_SECONDS} seconds") from error
    except OSError as error:
        raise CannotJudgeError(f"{python}: {error.strerror or 'cannot be started'}") from error
    except (ValueError, TypeError, KeyError) as error:
        raise CannotJudgeError(f"{python}: its answer is not that of a Python interpreter") from error
