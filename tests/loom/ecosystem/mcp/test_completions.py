"""What a server proposes for arguments: asked within bounds, and never more than a person can choose from."""

import json

import pytest

from loom.ecosystem.mcp import completions
from loom.ecosystem.mcp.completions import Completions, complete_address, complete_prompt
from loom.ecosystem.mcp.server import ServerState
from loom.errors import ToolServerError
from tests.support.mcp_servers import agent_with, connected, node_server, odd, python_server

ADDRESS = "demo://resource/dynamic/text/{resourceId}"


@pytest.mark.slow
async def test_a_real_server_completes_prompts_and_addresses_by_what_was_begun_and_what_is_given() -> None:
    async with connected(agent_with({"all": node_server("server-everything")}, "done")) as servers:
        server = servers.server("all")
        every = await complete_prompt(server, "completable-prompt", "department", "")
        assert every.values == ("Engineering", "Sales", "Marketing", "Support")
        begun = await complete_prompt(server, "completable-prompt", "department", "S")
        assert begun.values == ("Sales", "Support")
        for department, names in (("Sales", ("David", "Eve", "Frank")), ("Support", ("John", "Kim", "Lee"))):
            found = await complete_prompt(server, "completable-prompt", "name", "", {"department": department})
            assert found.values == names
        assert ADDRESS in {each["uriTemplate"] for each in await server.templates()}
        assert (await complete_address(server, ADDRESS, "resourceId", "7")).values == ("7",)
        assert (await complete_prompt(server, "args-prompt", "city", "")).values == ()
        with pytest.raises(ToolServerError, match="'all'"):
            await complete_prompt(server, "no-such-prompt", "x", "")
        assert server.state is ServerState.READY


@pytest.mark.slow
async def test_a_server_that_completes_nothing_is_not_asked() -> None:
    async with connected(agent_with({"time": python_server("mcp-server-time")}, "done")) as servers:
        assert await complete_prompt(servers.server("time"), "x", "y", "") == Completions()


async def test_a_server_that_does_not_answer_is_waited_for_briefly_and_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(completions, "LIMIT_S", 0.2)
    async with connected(agent_with({"odd": odd("--complete", "hang")}, "done")) as servers:
        server = servers.server("odd")
        with pytest.raises(ToolServerError, match=r"did not answer within 0\.2 s"):
            await complete_prompt(server, "p", "a", "")
        assert server.state is ServerState.READY


@pytest.mark.parametrize(
    ("answer", "values", "has_more"),
    [
        ({"values": ["a\u200bb", "", "two\nlines", "x" * 501, "fine", "fine"]}, ("fine",), False),
        ({"values": [f"v{n}" for n in range(5_000)]}, tuple(f"v{n}" for n in range(100)), True),
        ({"values": ["a"], "hasMore": True, "total": 9}, ("a",), True),
    ],
)
async def test_what_nobody_could_choose_is_left_out(answer: object, values: tuple[str, ...], has_more: bool) -> None:
    told = json.dumps({"completion": answer})
    async with connected(agent_with({"odd": odd("--complete", told)}, "done")) as servers:
        assert await complete_prompt(servers.server("odd"), "p", "a", "") == Completions(values, has_more)


async def test_an_answer_that_is_none_is_a_fault_in_words() -> None:
    async with connected(agent_with({"odd": odd("--complete", '{"completion": {"values": 3}}')}, "done")) as servers:
        with pytest.raises(ToolServerError, match="not what the protocol says"):
            await complete_prompt(servers.server("odd"), "p", "a", "")
        assert servers.server("odd").state is ServerState.READY
