"""Show test results on the run's page: how many there are, and which failed."""

import os
import re
from pathlib import Path
from xml.etree import ElementTree  # noqa: ICN001


def plain(text: str) -> str:
    return re.sub(r"[^\w .,/=-]|_", r"\\\g<0>", " ".join(text[:200].split()))


with Path(os.environ["GITHUB_STEP_SUMMARY"]).open("a", encoding="utf-8") as page:
    for result in os.environ["RESULTS"].splitlines():
        file, _, title = result.partition(" = ")
        try:
            cases = list(ElementTree.parse(file).iter("testcase"))  # noqa: S314
        except (OSError, ElementTree.ParseError):
            page.write(f"### {plain(title)}: no results\n\n")
            continue
        bad = [case for case in cases if {"failure", "error"} & {part.tag for part in case}]
        page.write(f"### {plain(title)}: {len(cases)} tests, {len(bad)} failed\n\n")
        page.writelines(f"- {plain(case.get('classname', ''))} {plain(case.get('name', ''))}\n" for case in bad[:30])
        page.write("\n")
