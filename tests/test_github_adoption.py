"""The commands of docs/adopting-github.md, run with a `gh` that notes what it is asked for."""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from pages import Block, blocks, text_of
from pipegen.config import Config, Pin
from pipegen.plan.verdict import verdict
from pipegen.targets import github
from pipegen.targets.github.embedded import script_text

PAGE = "docs/adopting-github.md"
BLOCKS = [block for block in blocks(PAGE) if block.language == "text" and "gh " in block.text]

GH = f"""#!{sys.executable}
import json, sys
words = sys.argv[1:]
body = json.load(sys.stdin) if "--input" in words else None
with open("asked", "a") as asked:
    asked.write(json.dumps([words, body]) + chr(10))
print(77 if "--jq" in words else "")
"""


def asked(block: Block, folder: Path) -> list[tuple[list[str], Any]]:
    """What the block asks GitHub's command line for."""
    (folder / "gh").write_text(GH, encoding="utf-8")
    (folder / "gh").chmod(0o755)
    paths = {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    script = f"set -euo pipefail\n{block.text}"
    subprocess.run(["bash", "-c", script], cwd=folder, env=os.environ | paths, check=True, capture_output=True)
    return [json.loads(line) for line in (folder / "asked").read_text("utf-8").splitlines()]


def everything(folder: Path) -> list[tuple[list[str], Any]]:
    found = []
    for number, block in enumerate(BLOCKS):
        (folder / str(number)).mkdir()
        found += asked(block, folder / str(number))
    return found


KNOWN = {
    ("PUT", "environments/{name}"): {"deployment_branch_policy", "reviewers", "prevent_self_review", "wait_timer"},
    ("POST", "environments/{name}/deployment-branch-policies"): {"name", "type"},
    ("POST", "rulesets"): {"name", "target", "enforcement", "bypass_actors", "conditions", "rules"},
}
"""The endpoints of GitHub's documentation, and the keys that they take."""


def test_every_command_runs_and_asks_for_what_there_is(tmp_path: Path) -> None:
    found = everything(tmp_path)
    assert len(found) > 5
    for words, body in found:
        if words[0] == "api" and "--method" in words:
            method, path = words[2], words[3].removeprefix("repos/{owner}/{repo}/").split("/")
            place = "/".join([path[0], *(["{name}"] if len(path) > 1 else []), *path[2:]])
            fields = {word.split("=")[0] for before, word in itertools.pairwise(words) if before == "-f"}
            assert set(body or {}) | fields <= KNOWN[method, place], words
        else:
            assert words[:2] in (["secret", "set"], ["api", "orgs/acme/teams/ml-release"]), words


def test_the_ruleset_requires_the_check_that_there_is(tmp_path: Path) -> None:
    (ruleset,) = [body for words, body in everything(tmp_path) if words[-3].endswith("/rulesets")]
    rules = {rule["type"]: rule.get("parameters") for rule in ruleset["rules"]}
    (required,) = rules["required_status_checks"]["required_status_checks"]
    config = Config(pin=Pin("0.1.0", "0" * 64, requirements="requirements/pipegen.txt"))
    (text,) = github.root(config, verdict(config, "github")).values()
    assert f"\n  {required['context']}:\n    name: {required['context']}\n" in text
    assert ruleset["bypass_actors"] == []


def test_every_complaint_of_the_table_is_one_of_the_check() -> None:
    complaints = re.findall(r"^\| `(.+?)` \|", text_of(PAGE), re.MULTILINE)
    assert len(complaints) > 3
    program = script_text("await_reviews")
    for complaint in complaints:
        said = complaint.removeprefix("the review of M ").replace("failure", "{result}")
        for letter, value in {"M": "{review.model}", "N": "{number}", "B": "{into}"}.items():
            said = re.sub(rf"\b{letter}\b", value, said)
        assert said in program
