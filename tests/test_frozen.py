from __future__ import annotations

import copy
import dataclasses
import pickle
from dataclasses import FrozenInstanceError, asdict, field, replace

import pytest

from pipegen.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Empty:
    pass


@dataclass(frozen=True, slots=True)
class Base:
    name: str


@dataclass(frozen=True, slots=True)
class Value(Base):
    """As pipegen's own: some defaults, a default that is made, and a field that does not count."""

    size: int = 3
    parts: dict[str, int] = field(default_factory=dict, repr=False)
    place: str = field(default="", compare=False)

    @property
    def label(self) -> str:
        return f"{self.name}-{self.size}"


@dataclasses.dataclass(frozen=True, slots=True)
class Plain:
    """The same, by the standard library."""

    name: str
    size: int = 3
    parts: dict[str, int] = field(default_factory=dict, repr=False)
    place: str = field(default="", compare=False)


CASES = [
    pytest.param(("a",), {}, id="defaults"),
    pytest.param(("a", 4, {"b": 1}, "here"), {}, id="all by position"),
    pytest.param((), {"place": "there", "name": "a"}, id="all by name"),
]


@pytest.mark.parametrize(("args", "kwargs"), CASES)
def test_a_value_is_what_the_standard_library_would_make(args: tuple[object, ...], kwargs: dict[str, object]) -> None:
    value, plain = Value(*args, **kwargs), Plain(*args, **kwargs)  # type: ignore[arg-type]
    assert asdict(value) == asdict(plain)
    assert repr(value) == repr(plain).replace("Plain", "Value")
    assert asdict(replace(value, name="b")) == asdict(replace(plain, name="b"))
    assert value.label == f"{value.name}-{value.size}"


@pytest.mark.parametrize(
    ("args", "kwargs"), [((), {}), (("a",), {"name": "b"}), (("a",), {"weight": 1}), (("a", 1, {}, "", 5), {})]
)
def test_a_value_of_other_fields_is_refused(args: tuple[object, ...], kwargs: dict[str, object]) -> None:
    for _ in range(2):
        with pytest.raises(TypeError, match="__init__"):
            Value(*args, **kwargs)  # type: ignore[arg-type]


def test_values_are_equal_and_of_one_hash_when_the_fields_that_count_are() -> None:
    assert Value("a", place="here") == Value("a", place="there")
    assert Value("a") != Value("b")
    assert Base("a") != Value("a")
    assert {Base("a"): 1}[Base("a")] == 1
    assert hash(Base("a")) != hash(Base("b"))
    assert Empty() == Empty()
    assert len({Empty(), Empty()}) == 1
    with pytest.raises(TypeError, match="unhashable"):
        hash(Value("a"))


def test_a_default_that_is_made_is_made_for_each_value() -> None:
    assert Value("a").parts is not Value("b").parts


def test_a_value_cannot_be_changed_and_takes_no_other_attributes() -> None:
    value = Value("a")
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'name'"):
        value.name = "b"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'other'"):
        value.other = "b"  # type: ignore[attr-defined]
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'name'"):
        del value.name
    assert not hasattr(value, "__dict__")
    assert value == Value("a")


def test_a_value_can_be_matched_copied_and_sent_to_another_process() -> None:
    match Value("a", 4):
        case Value("a", size):
            assert size == 4
        case _:
            pytest.fail("the value was not matched")
    value = Value("a", parts={"b": 1})
    assert copy.copy(value) == copy.deepcopy(value) == pickle.loads(pickle.dumps(value)) == value  # noqa: S301


def test_classes_whose_values_change_are_refused() -> None:
    with pytest.raises(TypeError, match=r"dataclasses\.dataclass"):
        dataclass(frozen=False, slots=True)
