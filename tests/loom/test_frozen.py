"""Values that are quick to make are frozen dataclasses like all others."""

from __future__ import annotations

import copy
import inspect
import pickle
from dataclasses import FrozenInstanceError, asdict, dataclass, field, replace
from typing import Any

import pytest

from loom.types.frozen import quickly_made
from loom.types.messages import Message, ToolCall


@dataclass(frozen=True, slots=True)
class Plain:
    name: str
    size: int = 3
    parts: list[str] = field(default_factory=list[str])
    cache: dict[str, int] = field(default_factory=dict[str, int], init=False, repr=False, compare=False)


@quickly_made
@dataclass(frozen=True, slots=True)
class Quick:
    name: str
    size: int = 3
    parts: list[str] = field(default_factory=list[str])
    cache: dict[str, int] = field(default_factory=dict[str, int], init=False, repr=False, compare=False)


def test_a_quickly_made_value_is_as_frozen_as_any() -> None:
    call = ToolCall("1", "ping", {"n": 1})

    with pytest.raises(FrozenInstanceError):
        call.name = "pong"  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(FrozenInstanceError):
        del call.name  # pyright: ignore[reportAttributeAccessIssue]
    assert type(call) is ToolCall


@pytest.mark.parametrize("arguments", [{"name": "a"}, {"name": "a", "size": 4}, {"name": "a", "parts": ["b"]}])
def test_a_quickly_made_value_takes_what_the_dataclass_took(arguments: dict[str, Any]) -> None:
    assert asdict(Quick(**arguments)) == asdict(Plain(**arguments))


@pytest.mark.parametrize("arguments", [{}, {"name": "a", "colour": 1}, {"name": "a", "cache": {}}])
def test_a_quickly_made_value_refuses_what_the_dataclass_refused(arguments: dict[str, Any]) -> None:
    for kind in (Plain, Quick):
        with pytest.raises(TypeError, match="__init__"):
            kind(**arguments)
    assert inspect.signature(Quick).parameters.keys() == inspect.signature(Plain).parameters.keys()


def test_quickly_made_values_share_no_defaults() -> None:
    one, other = Quick("a"), Quick("a")

    assert one == other
    assert one.parts is not other.parts
    assert one.cache is not other.cache


def test_quickly_made_values_are_compared_copied_replaced_and_pickled_as_others_are() -> None:
    message = Message("user", "Hello", [ToolCall("1", "ping")], "2", "ping", is_error=True)

    assert copy.deepcopy(message) == message
    assert pickle.loads(pickle.dumps(message)) == message  # noqa: S301  bytes of our own
    assert replace(message, content="Bye") == Message("user", "Bye", [ToolCall("1", "ping")], "2", "ping", True)
    assert repr(ToolCall("1", "ping")) == "ToolCall(id='1', name='ping', arguments={}, malformed='')"


def test_a_value_that_does_more_when_it_is_made_is_refused() -> None:
    @dataclass(frozen=True, slots=True)
    class Checked:
        name: str

        def __post_init__(self) -> None:
            """Look at the name."""

    with pytest.raises(TypeError, match="Checked"):
        quickly_made(Checked)
