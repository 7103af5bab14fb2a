"""Tools from all kinds of function and annotation: partials, classes, objects, Fields, nested dictionaries."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import math
import queue
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, NotRequired, Required, TypedDict

import pydantic
import pytest

from loom import RunContext, tool
from loom.config import ToolSpec
from loom.errors import ConfigError


def schema_of(func: Any) -> dict[str, Any]:
    return ToolSpec.from_function(func).to_input_schema()


def read(func: Any, **arguments: Any) -> dict[str, Any]:
    signature = ToolSpec.from_function(func).signature
    assert signature is not None
    return signature.read(signature.with_defaults(arguments))


def search(words: str, limit: int = 5) -> str:
    """Search.

    Args:
        words: what to look for
    """
    return words * limit


class Finder:
    """Find things."""

    def __init__(self, folder: str = ".") -> None:
        self.folder = folder

    async def __call__(self, words: str) -> str:
        """Find.

        Args:
            words: what to find
        """
        return self.folder + words


@dataclasses.dataclass
class Point:
    """A point."""

    x: int
    y: int = 0


def test_a_partial_is_the_function_that_it_is_of() -> None:
    spec = tool(functools.partial(search, limit=2))
    assert (spec.name, spec.description) == ("search", "Search.")
    properties = spec.to_input_schema()["properties"]
    assert properties["words"] == {"type": "string", "description": "what to look for"}
    assert properties["limit"] == {"type": "integer", "default": 2}
    assert list(schema_of(functools.partial(functools.partial(search, "cats")))["properties"]) == ["limit"]


def test_an_object_and_a_class_are_tools_named_by_the_class() -> None:
    spec = tool(Finder())
    assert (spec.name, spec.description) == ("Finder", "Find things.")
    assert spec.to_input_schema()["properties"] == {"words": {"type": "string", "description": "what to find"}}
    assert spec.signature is not None
    assert spec.signature.is_async
    made = tool(Point)
    assert (made.name, made.description) == ("Point", "A point.")
    assert made.to_input_schema()["properties"]["x"] == {"type": "integer"}
    assert made(1) == Point(1)


def test_a_tool_is_no_function_to_make_another_of() -> None:
    with pytest.raises(ConfigError, match="tool 'search' is one already"):
        tool(name="again")(tool(search))


COUNT = itertools.count()


def fields(
    source: Annotated[str, pydantic.Field(alias="from", description="whence")],
    kind: Annotated[int, pydantic.Field(alias="class")] = 3,
    number: int = pydantic.Field(default_factory=lambda: next(COUNT)),
    ratio: float = pydantic.Field(math.inf, ge=0),
    share: Annotated[float, pydantic.Field(default=0.5)] = 0.25,
) -> str:
    """Take fields.

    Args:
        kind: which
    """
    return source


def test_a_field_names_a_parameter_and_makes_its_default() -> None:
    schema = schema_of(fields)
    assert schema["required"] == ["from"]
    assert schema["properties"] == {
        "from": {"type": "string", "description": "whence"},
        "class": {"type": "integer", "description": "which", "default": 3},
        "number": {"type": "integer"},
        "ratio": {"type": "number", "minimum": 0},
        "share": {"type": "number", "default": 0.25},
    }
    assert [each.name for each in tool(fields).parameters if each.required] == ["from"]
    first, second = (read(fields, **{"from": "x"}) for _ in range(2))
    assert second["number"] == first["number"] + 1, "a default that is made is made for each call"
    assert first == {"source": "x", "kind": 3, "number": first["number"], "ratio": math.inf, "share": 0.25}
    with pytest.raises(ValueError, match="source is not a known field"):
        read(fields, source="x")


class Node(TypedDict):
    """A node."""

    value: Required[Annotated[int, pydantic.Field(ge=0)]]
    nodes: NotRequired[list[Node]]


class Loose(TypedDict, total=False):
    node: Required[Node]
    name: str


def nested(
    one: Node,
    noted: Annotated[Loose, pydantic.Field(description="a loose one")],
    many: Sequence[Node] | None = None,
    named: Mapping[str, Node] | None = None,
) -> str:
    return ""


def test_dictionaries_of_typing_are_read_wherever_they_stand() -> None:
    """Also before Python 3.12, where pydantic reads only those of typing_extensions."""
    kinds = schema_of(nested)["$defs"]
    assert kinds["Node"]["required"] == ["value"]
    assert kinds["Node"]["properties"]["value"] == {"type": "integer", "minimum": 0}
    assert kinds["Node"]["additionalProperties"] is False
    assert kinds["Loose"]["required"] == ["node"]
    node = {"value": 1, "nodes": [{"value": 2}]}
    given = {"one": node, "noted": {"node": node}, "many": [node], "named": {"a": node}}
    assert read(nested, **given) == given
    with pytest.raises(ValueError, match=r"one\.nodes\[0\].value must be at least 0"):
        read(nested, one={"value": 1, "nodes": [{"value": -1}]}, noted={"node": node})
    with pytest.raises(ValueError, match=r"one\.other is not a known field"):
        read(nested, one={"value": 1, "other": 1}, noted={"node": node})


def iterates(numbers: Iterable[int], more: Iterable[Any] = ()) -> int:
    return sum(numbers)


def test_what_is_iterated_over_is_checked_before_the_function_runs() -> None:
    assert read(iterates, numbers=[1, 2]) == {"numbers": [1, 2], "more": []}
    with pytest.raises(ValueError, match=r"numbers\[1\] must be a valid integer"):
        read(iterates, numbers=[1, "two"])


def two_contexts(one: RunContext, two: RunContext) -> str:
    return ""


def context_by_place(ctx: RunContext, /, words: str) -> str:
    return ""


def many_contexts(*all_of_them: RunContext) -> str:
    return ""


def list_of_contexts(some: list[RunContext]) -> str:
    return ""


def lost(words: queue.Nothing) -> str:  # pyright: ignore[reportAttributeAccessIssue]
    return ""


def waits(words: str, line: queue.Queue[str] | None = None) -> str:
    return ""


@pytest.mark.parametrize(
    ("func", "said"),
    [
        (two_contexts, "'one' and 'two' both take the RunContext"),
        (context_by_place, "parameter 'ctx' can't be passed by name"),
        (many_contexts, "parameter 'all_of_them' can't be passed by name"),
        (list_of_contexts, "parameter 'some' has no JSON Schema"),
        (lost, "an annotation can't be resolved: module 'queue' has no attribute 'Nothing'"),
        (waits, "parameter 'line' has no JSON Schema"),
    ],
)
def test_what_no_model_can_give_names_function_and_parameter(func: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=f"tool '{func.__name__}': .*{said}"):
        tool(func)


def numpy_pair(x: int, y: int) -> int:
    """Add
    two numbers.

    Parameters
    ----------
    x, y : int
        a number
    """
    return x + y


def test_a_docstring_is_read_as_it_is_meant() -> None:
    spec = tool(numpy_pair)
    assert spec.description == "Add\ntwo numbers."
    assert {each.name: each.description for each in spec.parameters} == {"x": "a number", "y": "a number"}

    def elsewhere(words: str) -> str:
        return words

    elsewhere.__doc__ = "Search.\r\n\r\n    Args:\r\n        words: what to look for\r\n"
    found = tool(elsewhere)
    assert (found.description, found.parameters[0].description) == ("Search.", "what to look for")
