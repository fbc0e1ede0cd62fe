"""Tries each seeded change and says which test finds it out: `make mutations`, or with words that its name must have.

A change that the tests let pass survives; one that cannot be rendered, that changes nothing or that only makes tests
crash is invalid. Both fail.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree as ET

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from conformance.mutations import Mutation, checkout
from conformance.seeded import MUTATIONS
from deliveries import ROOT

_PROGRAM = Path(__file__).with_name("mutated_rendering.py")
_FINDINGS = ("assert", "AssertionError", "UnknownConstruct", "conformance.", "ExceptionGroup")
_TESTS_FAILED = 1
_LONGEST = 160


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a change: the test that found it out and what it said, or why it is none."""

    mutation: Mutation
    verdict: str
    test: str = ""
    words: str = ""
    seconds: float = 0.0

    @property
    def row(self) -> str:
        test = self.test.removeprefix("tests/conformance/")
        cells = (str(self.mutation), self.verdict, test, self.words, f"{self.seconds:.0f}")
        return f"| {' | '.join(each.replace('|', chr(92) + '|') for each in cells)} |"


# ---------------------------------------------------------------- what is rendered


def invalid(mutations: Sequence[Mutation], folder: Path) -> Mapping[Mutation, str]:
    """The changes that cannot be applied, cannot be rendered or change nothing, with the reason."""
    found: dict[Mutation, str] = {}
    places: dict[Mutation, Path] = {}
    for number, each in enumerate(mutations):
        try:
            places[each] = checkout(folder / str(number), each)
        except ValueError as problem:
            found[each] = str(problem)
    asked = [(str(place), each.target) for each, place in places.items()]
    faults = _faults(checkout(folder / "whole"), asked)
    return found | {each: why for each, why in zip(places, faults, strict=True) if why}


def _faults(whole: Path, asked: Sequence[tuple[str, str]]) -> list[str]:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'generator'}:{ROOT / 'tests'}"}
    command, text = [sys.executable, str(_PROGRAM)], json.dumps([str(whole), asked])
    done = subprocess.run(command, input=text, stdout=subprocess.PIPE, text=True, env=environment, check=True)
    return [str(each) for each in json.loads(done.stdout)]


# ---------------------------------------------------------------- what tests say


def tested(place: Path, tests: Sequence[str], *options: str) -> tuple[int, list[tuple[str, str]]]:
    """The exit code of the tests with pipegen as it is in that folder, and the failures: test and first line."""
    report = place / "report.xml"
    paths = f"pythonpath={place / 'generator'} tests ."
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", paths, f"--junitxml={report}"]
    environment = {**os.environ, "PYTHONPATH": str(place / "generator")}
    done = subprocess.run(
        [*command, *options, *tests], cwd=ROOT, env=environment, check=False, capture_output=True, text=True
    )
    if not report.exists():
        raise RuntimeError(f"{done.stdout}\n{done.stderr}")
    return done.returncode, list(_failures(report))


def _failures(report: Path) -> Iterator[tuple[str, str]]:
    for case in ET.parse(report).iter("testcase"):  # noqa: S314  (pytest has just written it)
        for found in (*case.findall("failure"), *case.findall("error")):
            test = f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}"
            yield test, _first_line(found.get("message", ""))


def _first_line(text: str) -> str:
    line = text.removeprefix("failed on setup with ").strip('"').partition("\n")[0]
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."


def tried(mutation: Mutation, folder: Path) -> Tried:
    began = time.monotonic()
    code, failures = tested(checkout(folder, mutation), mutation.tests, "-x")
    took = time.monotonic() - began
    if code == 0:
        return Tried(mutation, "SURVIVED", seconds=took)
    if code != _TESTS_FAILED or not failures:
        return Tried(mutation, "INVALID", words=f"pytest ended with {code}", seconds=took)
    test, words = failures[0]
    verdict = "caught" if words.startswith(_FINDINGS) else "INVALID"
    return Tried(mutation, verdict, test, words, took)


def red(results: Sequence[Tried], folder: Path) -> dict[str, str]:
    """The tests that found changes out, but fail without any, too."""
    found = dict.fromkeys(each.test for each in results if each.verdict == "caught")
    return dict(tested(checkout(folder), tuple(found))[1]) if found else {}


# ---------------------------------------------------------------- the table


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def main(words: Sequence[str]) -> int:
    mutations = [each for each in MUTATIONS if all(word in str(each) for word in words)]
    with TemporaryDirectory() as name:
        folder = Path(name)
        wrong = invalid(mutations, folder / "rendered")
        say("| change | | test | what it says | seconds |\n|---|---|---|---|---|")
        results = []
        for number, each in enumerate(mutations):
            done = Tried(each, "INVALID", words=wrong[each]) if each in wrong else tried(each, folder / f"{number}")
            say(done.row)
            results.append(done)
        always_red = red(results, folder / "unchanged")
    left = [each for each in results if each.verdict != "caught" or each.test in always_red]
    for test, why in always_red.items():
        say(f"\n{test} fails without a change, too: {why}")
    say(f"\n{len(results) - len(left)} of {len(results)} changes are caught.")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
