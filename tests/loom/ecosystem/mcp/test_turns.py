"""Servers that start take turns, so that twenty of them leave the machine to who else works on it."""

import asyncio

import pytest

from loom.ecosystem.mcp import turns
from loom.ecosystem.mcp.server import ServerState
from tests.support.mcp_servers import agent_with, connected, odd, servers_of
from tests.support.waiting import until


async def test_only_as_many_start_at_once_as_there_are_places_and_all_get_their_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turns, "AT_ONCE", 3)
    now: set[int] = set()
    most = list[int]()

    async def start(number: int) -> None:
        async with turns.turn():
            now.add(number)
            most.append(len(now))
            await asyncio.sleep(0.002)
            now.remove(number)

    await asyncio.gather(*(start(number) for number in range(20)))
    assert len(most) == 20
    assert max(most) == 3


async def test_who_was_cancelled_or_failed_in_a_turn_gives_it_back_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "AT_ONCE", 1)
    monkeypatch.setattr(turns, "LONGEST_S", 0.01)

    async def fail() -> None:
        async with turns.turn():
            await asyncio.sleep(0.05)  # its turn is over meanwhile, and it goes on
            raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        await fail()
    async with turns.turn():
        waiting = asyncio.get_running_loop().create_task(turns.turn().__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    assert turns.places().locked() is False
    async with turns.turn():
        assert turns.places().locked() is True


async def test_a_server_that_never_answers_keeps_no_other_from_starting_and_the_wait_is_not_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turns, "AT_ONCE", 1)
    monkeypatch.setattr(turns, "LONGEST_S", 8.0)
    mute = agent_with({"mute": odd("--mute")}, "done")
    await servers_of(mute).use_all()
    await until(lambda: turns.places().locked())
    async with connected(agent_with({"odd": odd(start_timeout_s=turns.LONGEST_S - 0.5)}, "done")) as servers:
        assert servers.server("odd").state is ServerState.READY, servers.server("odd").detail
        assert servers_of(mute).server("mute").state is ServerState.CONNECTING
    await mute.aclose()
