"""Blocking functions off the loop, in threads that are used again."""

import asyncio
import contextvars
import os
import sys
import threading

import pytest

from loom import threads
from loom.threads import in_thread

WHO = contextvars.ContextVar("WHO", default="nobody")


def identity() -> int:
    return threading.get_ident()


async def test_a_thread_that_is_done_takes_the_next_call() -> None:
    assert len({await in_thread(identity) for _ in range(20)}) == 1


async def test_a_call_never_waits_for_another() -> None:
    gate = threading.Event()
    held = [asyncio.ensure_future(in_thread(gate.wait, 60)) for _ in range(50)]
    await asyncio.sleep(0)
    async with asyncio.timeout(30):
        assert await in_thread(identity)
    gate.set()
    assert await asyncio.gather(*held) == [True] * 50


async def test_each_call_has_its_callers_variables_and_leaves_none_behind() -> None:
    WHO.set("one")
    assert await in_thread(WHO.get) == "one"
    await in_thread(WHO.set, "changed")
    assert await in_thread(WHO.get) == "one"


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt(), SystemExit(2)])
async def test_whatever_is_raised_reaches_the_caller_and_the_thread_goes_on(error: BaseException) -> None:
    def fails() -> None:
        raise error

    with pytest.raises(type(error)):
        await in_thread(fails)
    assert await in_thread(identity)


async def test_what_a_cancelled_caller_left_behind_ends_and_its_thread_is_used_again() -> None:
    goes_on, done = threading.Event(), threading.Event()

    def slow() -> None:
        goes_on.wait(10)
        done.set()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await in_thread(slow)
    assert not done.is_set()
    goes_on.set()
    assert await in_thread(done.wait, 5)


async def test_a_thread_without_work_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "IDLE_S", 0.05)
    monkeypatch.setattr(threads, "_idle", [])
    used = await in_thread(identity)
    async with asyncio.timeout(30):
        while used in {each.ident for each in threading.enumerate()}:
            await asyncio.sleep(0.02)
    assert await in_thread(identity)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
async def test_a_forked_child_has_threads_of_its_own() -> None:
    """In a process of its own, as this one has Qt and a loop that a child must not touch."""
    script = (
        "import asyncio, os; from loom.threads import in_thread\n"
        "asyncio.run(in_thread(int))\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    asyncio.run(asyncio.wait_for(in_thread(int), 10))\n"
        "    os._exit(0)\n"
        "raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", script)
    assert await asyncio.wait_for(child.wait(), 30) == 0
