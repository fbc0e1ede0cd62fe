"""Semantic versions, their order, and the smallest that is enough for what changed."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pipegen.gates.version import Change, bump
from pipegen.gates.version_numbers import Bump, Semver, is_enough, least, parse_semver
from pipegen.gates.version_numbers import text_of as core_text

BUMPS = st.sampled_from(list(Bump))
ASKING = st.lists(st.builds(Change, st.text(max_size=2), st.none(), st.just("x"), BUMPS), max_size=5)
NUMBERS = st.integers(0, 3)
PRERELEASES = st.sampled_from(["", "-1", "-2", "-10", "-alpha", "-alpha.1", "-alpha.beta", "-rc.1", "-rc.1.1"])
SEMVERS = st.builds(lambda a, b, c, end: parse_semver(f"{a}.{b}.{c}{end}"), NUMBERS, NUMBERS, NUMBERS, PRERELEASES)


@given(found=ASKING, more=BUMPS)
def test_another_cause_never_lowers_what_is_asked_for(found: list[Change], more: Bump) -> None:
    assert bump([*found, Change("x", None, "y", more)]) == max(bump(found), more)


@given(before=SEMVERS, claimed=SEMVERS, asked=BUMPS, less=BUMPS)
def test_what_is_enough_for_more_is_enough_for_less(before: Semver, claimed: Semver, asked: Bump, less: Bump) -> None:
    if is_enough(claimed, before, asked) and less <= asked:
        assert is_enough(claimed, before, less)
    assert least(before, min(asked, less)) <= least(before, max(asked, less))


@given(before=SEMVERS, claimed=SEMVERS, asked=BUMPS)
def test_the_smallest_version_is_enough_and_no_release_below_it_is(
    before: Semver, claimed: Semver, asked: Bump
) -> None:
    smallest = parse_semver(before.text if asked is Bump.NONE else core_text(least(before, asked)))
    assert smallest is not None
    assert is_enough(smallest, before, asked)
    if not claimed.prerelease and claimed.precedence < smallest.precedence:
        assert not is_enough(claimed, before, asked)


def test_versions_are_ordered_as_semver_says() -> None:
    ordered = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11"]
    numbers = [parse_semver(text) for text in [*ordered, "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0"]]
    precedences = [number.precedence for number in numbers if number]
    assert len(precedences) == len(numbers)
    assert all(low < high for low, high in pairwise(precedences))
