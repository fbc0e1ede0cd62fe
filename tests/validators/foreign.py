"""Words of one CI system in the file of another, where a shell or nobody reads them, and every linter is content.

`$(Build.SourceBranch)` in a GitHub script is a command that does not exist; bash goes on with an empty text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from .report import Report

_WORDS = {
    "github": re.compile(
        r"\$\{\{ *(?:github|secrets|needs|steps|inputs|matrix|runner|vars|job)\b|\bGITHUB_[A-Z]+\b|\bRUNNER_TEMP\b"
        r"|::(?:set-output|add-mask|group|error|warning|notice)\b"
    ),
    "azure": re.compile(
        r"\$\((?:Build|System|Agent|Pipeline|Environment|Release)\.|##vso\[|##\[|\$\{\{ *(?:parameters|variables)\b"
        r"|\b(?:BUILD_(?:SOURCE|REASON|ARTIFACT|REPOSITORY|REQUESTED)|SYSTEM_|AGENT_|PIPELINE_WORKSPACE)[A-Z]*\b"
        r"|\$\[ *\w+\("
    ),
    "jenkins": re.compile(
        r"\bcurrentBuild\b|\bJENKINS_[A-Z]+\b|\bCHANGE_(?:ID|TARGET|BRANCH|URL|AUTHOR)\b"
        r"|\$\{?(?:BRANCH_NAME|BUILD_(?:URL|NUMBER|TAG|ID))\b"
    ),
    "gitlab": re.compile(r"\$\{?(?:CI_[A-Z]+|GITLAB_(?:USER|CI|FEATURES)\b)|\$\[\["),
}


def reports(owner: str, file: Path) -> Iterator[Report]:
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        for system, words in _WORDS.items():
            found = words.search(line)
            if found and system != owner:
                yield Report(file, number, "hardening", "foreign-word", f"{found[0]!r} is a word of {system}")
