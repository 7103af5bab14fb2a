"""A schema that somebody else wrote is checked with in a bounded time, and one that can't be used fits nothing."""

import time
from typing import Any

import pytest

from loom.config.tools import ToolHandler, ToolSpec
from loom.errors import ToolArgumentError
from loom.tools.arguments import read_arguments
from loom.tools.schema_check import schema_fault
from loom.types.messages import ToolCall

LIST = {"type": "object", "properties": {"next": {"$ref": "#"}, "value": {"type": "integer"}}}


def doubling(word: str) -> dict[str, Any]:
    inner = {f"a{n}": {word: [{"$ref": f"#/$defs/a{n + 1}"}, {"$ref": f"#/$defs/a{n + 1}"}]} for n in range(40)}
    return {"properties": {"x": {"$ref": "#/$defs/a0"}}, "$defs": {**inner, "a40": {"type": "string"}}}


@pytest.mark.parametrize(
    ("schema", "value", "says"),
    [
        (LIST, {"next": {"next": {"value": 3}}}, ""),
        (LIST, {"next": {"next": {"value": "x"}}}, "next.next.value: 'x' is not of type 'integer'"),
        ({"properties": {"x": {"uniqueItems": True}}}, {"x": [{"a": 1}, {"a": 1}]}, "x: has items that are equal"),
        ({"properties": {"x": {"uniqueItems": True}}}, {"x": [1, True, "1", {"a": 1}]}, ""),
        ({"$ref": "#"}, {}, "its schema can't be used: it refers to itself, or to too much"),
        (doubling("allOf"), {"x": "s"}, "its schema can't be used: it refers to itself, or to too much"),
        (doubling("anyOf"), {"x": 1}, "its schema can't be used: it refers to itself, or to too much"),
        ({"$ref": "#/$defs/no"}, {}, "its schema can't be used: it refers to something that is not in it"),
    ],
)
def test_what_is_wrong_is_a_sentence_and_comes_soon(schema: dict[str, Any], value: Any, says: str) -> None:
    began = time.process_time()
    assert schema_fault(schema, value) == says
    assert time.process_time() - began < 2


def test_many_items_are_compared_soon() -> None:
    began = time.process_time()
    items = [{"number": number} for number in range(20_000)]
    assert schema_fault({"type": "array", "uniqueItems": True}, items) == ""
    assert time.process_time() - began < 2


def test_a_call_of_a_tool_with_such_a_schema_does_not_run() -> None:
    spec = ToolSpec("odd", handler=ToolHandler.callable(lambda: None), input_schema={"type": "object", "$ref": "#"})
    with pytest.raises(ToolArgumentError, match="its schema can't be used"):
        read_arguments(spec, ToolCall("1", "odd", {}))
