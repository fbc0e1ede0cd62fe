"""The gate on dependencies: a lock that pins by hash, held against what is declared and what is installed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipegen.gates.checks import Wrong, check, named, nearest
from pipegen.gates.reading import CannotJudgeError
from pipegen.gates.report import Judgement, Verdict
from pipegen.gates.specifiers import Requirement, applies, is_same_version, satisfies

_STRONG = {"sha256": 64, "sha384": 96, "sha512": 128, "sha3_256": 64, "sha3_512": 128, "blake2b": 128, "blake2s": 64}
"""Algorithms of hashes that protect, and how many hexadecimal digits they have."""

Environment = Mapping[str, str | frozenset[str]]
"""The values that markers are evaluated with; extras and groups of dependencies, in pylock.toml, are sets."""


@dataclass(frozen=True, slots=True)
class Pin:
    """One package of a lock; `faults` say what keeps it from being exactly one content."""

    name: str
    version: str
    where: str
    marker: str = ""
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Need:
    """That one package needs another."""

    name: str
    extras: tuple[str, ...] = ()
    marker: str = ""


@dataclass(frozen=True, slots=True)
class Lock:
    """What a lock says; `own` are the project's own packages, which are pinned by the commit.

    Of a lock for every environment at once, `needs` says what each package asks for, by its name and extra, and
    `roots` where that begins; None if the lock does not say. Without `needs`, all of it is to be installed.
    """

    form: str
    pins: tuple[Pin, ...]
    own: frozenset[str] = frozenset()
    needs: Mapping[tuple[str, str], tuple[Need, ...]] | None = None
    roots: tuple[Need, ...] | None = None


@dataclass(frozen=True, slots=True)
class Declared:
    """A requirement and where it stands."""

    requirement: Requirement
    where: str


@dataclass(frozen=True, slots=True)
class Installed:
    """What an interpreter's environment holds: each package's name and version, and the values of its markers."""

    packages: tuple[tuple[str, str], ...]
    environment: Environment = field(default_factory=dict)


def hash_faults(hashes: Iterable[str]) -> tuple[str, ...]:
    """What is wrong with hashes written ALGORITHM:HEX, any of which is enough to be accepted."""
    given = list(dict.fromkeys(hashes))
    if not given:
        return ("it has no hash",)
    return tuple(fault for each in given if (fault := _hash_fault(each)))


def _hash_fault(text: str) -> str:
    algorithm, _, digits = text.partition(":")
    if algorithm not in _STRONG:
        return f"{algorithm or 'nothing'} does not protect: a hash is sha256 or stronger"
    right = re.fullmatch(r"[0-9a-fA-F]+", digits) and len(digits) == _STRONG[algorithm]
    return "" if right else f"{digits!r} is not a digest of {algorithm}"


def judge_lock(lock: Lock, environment: Environment) -> tuple[Judgement, ...]:
    """Whether each package is pinned to exactly one content."""
    if not lock.pins:
        raise CannotJudgeError("the lock holds no package")
    faulty = [Wrong(pin.name, f"{pin.where}: {fault}") for pin in lock.pins for fault in pin.faults]
    again = [] if lock.needs is not None else list(_pinned_twice(lock, environment))
    own = f", the project's own left out: {named(sorted(lock.own))}" if lock.own else ""
    return check("locked packages", "pinned, with strong hashes", [*faulty, *again], f"{len(lock.pins)} packages{own}")


def _pinned_twice(lock: Lock, environment: Environment) -> Iterator[Wrong]:
    for name, pins in _applying(lock, environment).items():
        if len({pin.version for pin in pins}) > 1:
            yield Wrong(name, f"pinned more than once: {', '.join(f'{pin.version} ({pin.where})' for pin in pins)}")


def _applying(lock: Lock, environment: Environment) -> dict[str, list[Pin]]:
    found: dict[str, list[Pin]] = {}
    for pin in lock.pins:
        if applies(pin.marker, environment):
            found.setdefault(pin.name, []).append(pin)
    return found


def judge_declared(lock: Lock, declared: Sequence[Declared], environment: Environment) -> tuple[Judgement, ...]:
    """Whether each declared requirement that applies here is in the lock, by a version that it allows."""
    here = [each for each in declared if applies(each.requirement.marker, environment)]
    left_out = [each.requirement.name for each in declared if each not in here]
    pins = _applying(lock, environment)
    said = f", {len(left_out)} left out whose marker does not apply: {named(left_out)}" if left_out else ""
    wrong = (each for declaration in here for each in _inconsistent(declaration, pins, lock.own))
    return check("declared requirements", "met by the lock", wrong, f"{len(here)} requirements{said}")


def _inconsistent(declared: Declared, pins: Mapping[str, Sequence[Pin]], own: Collection[str]) -> Iterator[Wrong]:
    name, specifier = declared.requirement.name, declared.requirement.specifier
    if name not in pins:
        if name not in own:
            yield Wrong(name, f"{declared.where} declares it, the lock does not hold it{nearest(name, pins)}")
        return
    for pin in pins[name]:
        # A lock for every environment may hold several versions; the one that is installed is judged by --python.
        yield from _unmet(pin, specifier, declared.where) if specifier and pin.version else ()


def _unmet(pin: Pin, specifier: str, where: str) -> Iterator[Wrong]:
    try:
        met = satisfies(pin.version, specifier)
    except CannotJudgeError as error:
        yield Wrong(pin.name, f"{pin.where}: {error}", verdict=Verdict.CANNOT_JUDGE)
        return
    if not met:
        yield Wrong(pin.name, f"{where} declares {specifier}, {pin.where} pins {pin.version}", pin.version)


def judge_installed(
    lock: Lock, installed: Installed, declared: Sequence[Declared], allowed: Collection[str]
) -> tuple[Judgement, ...]:
    """Whether an environment holds what the lock says, at those versions, and nothing else."""
    pins = _applying(lock, installed.environment)
    names = [name for name, _ in installed.packages]
    wrong = [
        *_other_versions(installed, pins),
        *_extra(names, pins, {pin.name for pin in lock.pins}, {*allowed, *lock.own}),
        *_missing(names, _wanted(lock, pins, declared, installed.environment)),
        *(Wrong(name, "installed twice") for name in dict.fromkeys(names) if names.count(name) > 1),
    ]
    return check("installed packages", "what the lock says", wrong, f"{len(names)} packages")


def _other_versions(installed: Installed, pins: Mapping[str, Sequence[Pin]]) -> Iterator[Wrong]:
    for name, version in installed.packages:
        locked = [pin.version for pin in pins.get(name, ()) if pin.version]
        if locked and not any(is_same_version(version, each) for each in locked):
            yield Wrong(name, f"{version} is installed, the lock says {' or '.join(locked)}", version)


def _extra(
    names: Sequence[str], pins: Collection[str], locked: Collection[str], known: Collection[str]
) -> Iterator[Wrong]:
    for name in names:
        if name in locked and name not in pins:
            yield Wrong(name, "installed, though the lock does not ask for it in this environment")
        elif name not in locked and name not in known:
            yield Wrong(name, "installed, but not in the lock")


def _missing(names: Sequence[str], wanted: Iterable[str]) -> Iterator[Wrong]:
    for name in wanted:
        if name not in names:
            yield Wrong(name, "in the lock, but not installed")


def _wanted(
    lock: Lock, pins: Collection[str], declared: Sequence[Declared], environment: Environment
) -> Collection[str]:
    """The names that must be installed."""
    if lock.needs is None:
        return pins
    roots = lock.roots
    if roots is None:
        if not declared:
            raise CannotJudgeError("which part of the lock is to be installed is not known: give --declared")
        asked = (each.requirement for each in declared)
        roots = tuple(Need(each.name, each.extras, each.marker) for each in asked)
    return {name for name, _ in _reached(roots, lock.needs, environment)} - lock.own


def _reached(
    roots: Sequence[Need], needs: Mapping[tuple[str, str], tuple[Need, ...]], environment: Environment
) -> set[tuple[str, str]]:
    reached: set[tuple[str, str]] = set()
    ahead = list(roots)
    while ahead:
        need = ahead.pop()
        if applies(need.marker, environment):
            for place in {(need.name, extra) for extra in ("", *need.extras)} - reached:
                reached.add(place)
                ahead += needs.get(place, ())
    return reached
