"""The functions behind tools: whatever they give or raise, the model is told of it and the run goes on."""

from __future__ import annotations

import asyncio
import enum
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from loom import tool
from loom.config import ToolSpec
from loom.tools.results import render_result
from loom.types.content import ImageBlock, TextBlock
from tests.support.agents import call, requests_of, scripted_agent


async def told(func: Callable[..., Any]) -> str:
    """What the model is told of a call of `func`."""
    agent = scripted_agent(call("made"), "went on", tools=[tool(name="made", read_only=True)(func)])
    result = await agent.run("go")
    assert result.output == "went on"
    await agent.aclose()
    return requests_of(agent)[1].messages[-1].text


def leaves() -> None:
    sys.exit(3)


async def leaves_too() -> None:
    sys.exit(3)


async def leaves_in_a_group() -> None:
    async with asyncio.TaskGroup():
        raise BaseExceptionGroup("several", [SystemExit(3)])


@pytest.mark.parametrize("func", [leaves, leaves_too, leaves_in_a_group])
async def test_a_tool_that_would_end_the_program_fails_alone(func: Any) -> None:
    assert "would end the whole program" in await told(func)


def yields() -> Iterator[int]:
    yield from range(3)


async def yields_too() -> AsyncIterator[int]:
    for number in range(3):
        yield number


def yields_for_ever() -> Iterator[str]:
    while True:
        yield "more"


async def test_what_a_tool_yields_is_a_list() -> None:
    assert await told(yields) == "[0, 1, 2]"
    assert await told(yields_too) == "[0, 1, 2]"
    assert "characters left out" in await told(yields_for_ever)


class UnreadableError(Exception):
    def __str__(self) -> str:
        raise ValueError("no words")


async def test_an_error_is_told_whatever_its_text_is() -> None:
    def fails(with_what: Exception) -> Callable[[], None]:
        def made() -> None:
            raise with_what

        return made

    assert await told(fails(ValueError("half \ud800 a pair"))) == "Error: ValueError: half \\ud800 a pair"
    assert await told(fails(TimeoutError())) == "Error: TimeoutError"
    assert await told(fails(UnreadableError())) == "Error: UnreadableError, whose text can't be read"


async def test_a_long_error_is_bounded_and_its_whole_text_is_kept() -> None:
    def fails() -> None:
        raise ValueError("x" * 100_000 + " \ud800 the end")

    agent = scripted_agent(call("fails"), "went on", tools=[tool(read_only=True)(fails)])
    result = await agent.run("go")
    text = requests_of(agent)[1].messages[-1].text
    assert len(text) < 31_000
    assert text.startswith("Error: ValueError: xxx")
    assert text.endswith(" the end")
    (failed,) = [event.payload for event in result.events if event.type == "tool.failed"]
    assert failed["content"] == text
    assert failed["error"]["message"] == text.removeprefix("Error: ValueError: ")
    (kept,) = [each for each in result.artifacts if each.id == failed["artifact_id"]]
    assert kept.metadata["content"] == "Error: ValueError: " + "x" * 100_000 + " \\ud800 the end"


class Word(enum.StrEnum):
    YES = "yes"


class Quits:
    def __repr__(self) -> str:
        sys.exit("no words")


def test_a_text_is_a_text_whatever_its_class_and_a_result_that_quits_has_not_failed() -> None:
    assert type(render_result(Word.YES, 1000).text) is str
    assert render_result(Word.YES, 1000).text == "yes"
    assert render_result([Quits()], 1000).text == "[a list that can't be shown: SystemExit: no words]"


async def test_a_tool_made_by_hand_without_a_function_says_so() -> None:
    agent = scripted_agent(call("empty"), "went on", tools=[ToolSpec("empty", read_only=True)])
    await agent.run("go")
    assert requests_of(agent)[1].messages[-1].text == "The tool 'empty' can't be called: its ToolSpec has no handler"


async def test_a_tool_that_only_reads_says_so_where_it_is_asked_about() -> None:
    asking = tool(read_only=True, requires_permission=True)(leaves)
    agent = scripted_agent(call("leaves"), "went on", tools=[asking])
    await agent.run("go")
    assert "needs permission ('leaves' only reads, but is not to" in requests_of(agent)[1].messages[-1].text


class Odd:
    def __repr__(self) -> str:
        raise ValueError("no picture of me")


def test_a_result_that_has_no_text_has_not_failed() -> None:
    circle: list[Any] = [1]
    circle.append(circle)
    assert render_result(circle, 1000).text == "[1, [...]]"
    assert render_result(Odd(), 1000).text == "[a Odd that can't be shown: ValueError: no picture of me]"
    assert "can't be shown" in render_result(10**5000, 1000).text
    deep: list[Any] = []
    for _ in range(sys.getrecursionlimit() * 2):
        deep = [deep]
    assert render_result(deep, 1000).text  # as it is, or that it can't be shown


def test_pictures_in_lists_of_lists_are_found() -> None:
    png = b"\x89PNG\r\n\x1a\n rest"
    content = render_result(["a", [png]], 1000).content
    assert [type(block) for block in content] == [TextBlock, ImageBlock]
