"""What a server says of its tools, before anybody sees it: bounded, visible, safe to validate with."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.ecosystem.mcp.definitions import ToolDefinition, read_definition, tool_names

SCHEMA = {"type": "object", "properties": {"x": {"type": "string"}}}


def read(**raw: Any) -> ToolDefinition:
    return read_definition({"name": "t", "description": "d", "inputSchema": SCHEMA, **raw})


@given(st.text(max_size=80), st.lists(st.text(max_size=100), unique=True, max_size=12))
def test_names_are_short_plain_and_different_whatever_servers_call_theirs(server: str, names: list[str]) -> None:
    made = tool_names(server, names)
    assert len(set(made.values())) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) for name in made.values())
    assert tool_names(server, reversed(names)) == made


def test_a_name_that_is_taken_is_another() -> None:
    assert tool_names("git", ["status"], {"git__status"})["status"].startswith("git__status_")


def test_what_is_invisible_in_a_description_is_shown_and_what_is_too_long_cut() -> None:
    made = read(description="safe\u202e\U000e0041" + "y" * 10_000)
    assert "\\u202e" in made.description
    assert "\\U000e0041" in made.description
    assert "characters left out" in made.description
    assert len(made.description) < 4_200


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        ({"type": "object", "properties": {"x": {"$ref": "http://127.0.0.1:1/secret"}}}, "refers to another document"),
        ({"type": "string"}, "not an object"),
        ([], "no schema"),
        ({"type": "object", "properties": {"x": {"type": 5}}}, "schema of its arguments is none"),
        ({"type": "object", "enum": ["x" * 70_000]}, "more than 60,000 bytes"),
    ],
)
def test_a_schema_that_can_not_be_used_is_refused_with_the_reason(schema: Any, says: str) -> None:
    assert says in read(inputSchema=schema).problem


def test_a_schema_that_is_too_deep_is_refused() -> None:
    schema: dict[str, Any] = {"type": "object"}
    for _ in range(60):
        schema = {"type": "object", "properties": {"x": schema}}
    assert "nested deeper" in read(inputSchema=schema).problem


def test_a_pattern_is_told_and_never_tried_and_arguments_may_have_any_name() -> None:
    properties = {
        "x": {"type": "string", "pattern": "(a+)+$"},
        "pattern": {"type": "string"},
        "$id": {"type": "string", "description": "the id"},
    }
    made = read(inputSchema={"type": "object", "properties": properties})
    assert made.schema["properties"]["x"] == {"type": "string", "description": "Must match the pattern (a+)+$"}
    assert made.schema["properties"]["pattern"] == {"type": "string"}
    assert made.schema["properties"]["$id"]["description"] == "the id"


@pytest.mark.parametrize("name", ["", "a\u200bb", "x" * 300])
def test_a_name_that_misleads_is_refused(name: str) -> None:
    assert "its name is" in read(name=name).problem


def test_any_change_is_another_fingerprint_and_the_same_is_the_same() -> None:
    assert read().hash == read().hash
    changes: list[dict[str, Any]] = [
        {"description": "d."},
        {"title": "T"},
        {"annotations": {"destructiveHint": True}},
        {"inputSchema": {"type": "object", "properties": {"x": {"type": "integer"}}}},
    ]
    assert len({read().hash, *(read(**change).hash for change in changes)}) == 1 + len(changes)


def test_that_a_tool_destroys_is_believed_and_that_it_only_reads_is_not() -> None:
    assert read(annotations={"destructiveHint": True, "readOnlyHint": True}).destructive
    assert not read(annotations={"readOnlyHint": True}).destructive
