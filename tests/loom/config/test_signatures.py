"""Tools from functions: the schema that the model gets, and the values that the function gets."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import math
import typing
from typing import Annotated, Any, Literal, Optional

import pydantic
import pytest

from loom import RunContext, tool
from loom.config import ToolSpec
from loom.errors import ConfigError


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Options(typing.TypedDict, total=False):
    depth: int


@dataclasses.dataclass
class Point:
    x: int
    y: int = 0


class Query(pydantic.BaseModel):
    words: list[str]


def everything(
    ctx: RunContext,
    text: str,
    count: int,
    ratio: float,
    flag: bool,
    kind: Literal["a", "b"],
    colour: Colour,
    maybe: Optional[int] = None,  # noqa: UP045  the old spelling is still written
    names: list[str] = [],  # noqa: B006
    by_name: dict[str, int] | None = None,
    pair: tuple[int, str] = (1, "a"),
    when: datetime.datetime | None = None,
    point: Point = Point(1),  # noqa: B008
    query: Query | None = None,
    options: Options | None = None,
    bounded: Annotated[int, pydantic.Field(ge=0, description="not negative")] = 3,
) -> str:
    """Do everything at once.

    Args:
        text: what to say
        count: how often
    """
    return text


SPEC = ToolSpec.from_function(everything)
GIVEN: dict[str, Any] = {"text": "t", "count": 1, "ratio": 1, "flag": True, "kind": "a", "colour": "red"}


def read(**arguments: Any) -> dict[str, Any]:
    assert SPEC.signature is not None
    return SPEC.signature.read(SPEC.signature.with_defaults({**GIVEN, **arguments}))


def test_the_schema_says_types_descriptions_defaults_and_hides_the_context() -> None:
    schema = SPEC.to_input_schema()
    properties = schema["properties"]
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False
    assert sorted(schema["required"]) == ["colour", "count", "flag", "kind", "ratio", "text"]
    assert "ctx" not in properties
    assert properties["text"] == {"type": "string", "description": "what to say"}
    assert properties["kind"]["enum"] == ["a", "b"]
    assert properties["bounded"]["description"] == "not negative"
    assert properties["bounded"]["minimum"] == 0
    assert properties["pair"]["default"] == [1, "a"]
    assert properties["names"]["items"] == {"type": "string"}
    assert SPEC.description == "Do everything at once."
    assert "title" not in str(schema)


def test_values_arrive_as_the_annotations_say() -> None:
    values = read(
        when="2026-01-02T03:04:05Z",
        point={"x": 5},
        query={"words": ["a"]},
        options={"depth": 2},
        pair=[2, "b"],
        by_name={"k": 1},
    )
    assert values["colour"] is Colour.RED
    assert values["ratio"] == 1.0
    assert values["when"].year == 2026
    assert values["point"] == Point(5, 0)
    assert values["query"] == Query(words=["a"])
    assert values["options"] == {"depth": 2}
    assert values["pair"] == (2, "b")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"count": "1"}, "count must be a valid integer"),
        ({"count": 1.5}, "count must be a valid integer"),
        ({"count": True}, "count must be a valid integer"),
        ({"text": 5}, "text must be a valid string"),
        ({"flag": "yes"}, "flag must be a valid boolean"),
        ({"flag": 1}, "flag must be a valid boolean"),
        ({"kind": "c"}, "kind must be 'a' or 'b'"),
        ({"colour": "green"}, "colour must be 'red' or 'blue'"),
        ({"names": "abc"}, "names must be a valid array"),
        ({"names": [1]}, r"names\[0\] must be a valid string"),
        ({"bounded": -1}, "bounded must be at least 0"),
        ({"extra": 1}, "extra is not a known field"),
        ({"query": {"words": [1]}}, r"query.words\[0\]"),
        ({"point": {"x": "1"}}, r"point.x must be a valid integer"),
    ],
)
def test_nothing_is_converted_and_the_fault_is_named(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read(**wrong)


def test_a_missing_parameter_is_named() -> None:
    assert SPEC.signature is not None
    with pytest.raises(ValueError, match="text is required"):
        SPEC.signature.read({})


def numpy_style(query: str, limit: int = 5) -> str:
    """Search.

    Parameters
    ----------
    query : str
        what to look for
    limit : int
        at most this many
    """
    return query


def rest_style(query: str, limit: int = 5) -> str:
    """Search.

    :param query: what to look for
    :param limit: at most this many
    """
    return query


@pytest.mark.parametrize("func", [numpy_style, rest_style])
def test_descriptions_come_from_every_docstring_style(func: Any) -> None:
    properties = ToolSpec.from_function(func).to_input_schema()["properties"]
    assert properties["query"]["description"] == "what to look for"
    assert properties["limit"] == {"type": "integer", "description": "at most this many", "default": 5}


def test_local_classes_and_unannotated_parameters_work() -> None:
    class Local(pydantic.BaseModel):
        n: int

    @tool(name="mine", description="given")
    def f(item: Local, anything=None):
        return item

    assert f.name == "mine"
    assert f.description == "given"
    assert f.signature is not None
    assert f.signature.read({"item": {"n": 1}, "anything": [1, "x"]}) == {"item": Local(n=1), "anything": [1, "x"]}


def test_a_tool_stays_callable_and_permission_follows_its_nature() -> None:
    @tool
    def plain(a: int, b: int = 2) -> int:
        return a + b

    @tool(read_only=True)
    async def reader() -> str:
        return ""

    assert plain(1) == 3
    assert plain.requires_permission
    assert not reader.requires_permission
    assert [(p.name, p.type, p.required, p.default) for p in plain.parameters] == [
        ("a", "integer", True, None),
        ("b", "integer", False, 2),
    ]


def takes_many(*paths: str) -> str:
    return ""


def takes_socket(sock: object, lock: typing.Iterator[int] | Point) -> str:
    return ""


def test_what_no_model_can_give_is_refused_with_the_parameters_name() -> None:
    with pytest.raises(ConfigError, match=r"'takes_many': parameter 'paths' can't be passed by name"):
        ToolSpec.from_function(takes_many)
    with pytest.raises(ConfigError, match=r"'takes_socket'.*no JSON Schema"):
        ToolSpec.from_function(takes_socket)


def idioms(
    count: int = None,  # type: ignore[assignment]  # noqa: RUF013
    bounded: Annotated[int, pydantic.Field(ge=0, description="not negative")] = None,  # type: ignore[assignment]  # noqa: RUF013
    size: int = "all",  # type: ignore[assignment]
    ratio: float = math.inf,
) -> str:
    return ""


def test_a_default_that_its_annotation_does_not_admit_is_a_default_all_the_same() -> None:
    signature = ToolSpec.from_function(idioms).signature
    assert signature is not None
    assert signature.read(signature.with_defaults({})) == {"count": None, "bounded": None, "size": "all"}
    assert signature.read({"count": 1, "bounded": 2, "size": 3}) == {"count": 1, "bounded": 2, "size": 3}
    assert signature.schema["properties"]["bounded"]["description"] == "not negative"
    assert "default" not in signature.schema["properties"]["ratio"]  # the function's own: JSON has no infinity
    assert signature.schema["required"] == []
    with pytest.raises(ValueError, match="bounded must be at least 0"):
        signature.read({"bounded": -1})


def takes_wrapped_context(q: str, ctx: Annotated[Optional[RunContext], "the run's"] = None) -> str:  # noqa: UP045
    return q


def takes_optional_context(q: str, ctx: Optional[Annotated[RunContext, "the run's"]] = None) -> str:  # noqa: UP045
    return q


def takes_named_context(q: str, ctx: "Optional[RunContext]" = None) -> str:  # noqa: UP037, UP045
    return q


@pytest.mark.parametrize("func", [takes_wrapped_context, takes_optional_context, takes_named_context])
def test_the_context_is_hidden_however_its_annotation_is_wrapped(func: Any) -> None:
    spec = ToolSpec.from_function(func)
    assert list(spec.to_input_schema()["properties"]) == ["q"]
    assert spec.signature is not None
    assert spec.signature.context_parameter == "ctx"


class Owner:
    def method(self, q: str) -> str:
        return q


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (Owner.method, "tool 'method' is a method: make the tool of an object's own, tool\\(the_object.method\\)"),
        (5, "a tool is made from a function, got int 5"),
        (int, "tool 'int': Python does not say which parameters it takes"),
    ],
)
def test_what_no_tool_can_be_made_of_is_a_clear_error(given: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        ToolSpec.from_function(given)
    assert ToolSpec.from_function(Owner().method).to_input_schema()["required"] == ["q"]


def test_a_lambda_needs_a_name() -> None:
    with pytest.raises(ConfigError, match="give it one: name="):
        tool(lambda q: q)
    assert tool(name="same")(lambda q: q).name == "same"
