"""The Studio's loop does what asyncio's does: order, timers, threads, processes, sockets, cancellation."""

import asyncio
import contextvars
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import anyio
import pytest
from PySide6.QtWidgets import QApplication

from loom_studio.loop import StudioLoop, run


def on_loop(app: QApplication, main: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    return run(app, main)


async def order() -> None:
    out: list[int] = []
    for number in range(1000):
        asyncio.get_running_loop().call_soon(out.append, number)
    await asyncio.sleep(0.05)
    assert out == list(range(1000))


async def timers() -> None:
    loop = asyncio.get_running_loop()
    for delay in (0.0013, 0.0057, 0.0235, 0.0501):
        began = loop.time()
        await asyncio.sleep(delay)
        assert loop.time() - began >= delay - 1e-4, "a sleep never ends early"
    handle = loop.call_later(5, print)
    assert handle.when() > loop.time()
    handle.cancel()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await asyncio.sleep(5)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.sleep(5), 0.05)


async def generators() -> None:
    """One that is dropped is closed by the loop, with all that its end waits for."""
    ended = asyncio.Event()

    async def counting() -> AsyncIterator[int]:
        try:
            yield 1
        finally:
            await asyncio.sleep(0)
            ended.set()

    async for _ in counting():
        break
    await asyncio.wait_for(ended.wait(), 5)


async def groups() -> None:
    async with asyncio.TaskGroup() as group:
        one, two = group.create_task(asyncio.sleep(0.01, 1)), group.create_task(asyncio.sleep(0.02, 2))
    assert (one.result(), two.result()) == (1, 2)

    async def fail() -> None:
        await asyncio.sleep(0.01)
        raise ValueError("x")

    async def fail_beside(started: list[asyncio.Task[None]]) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(fail())
            started.append(group.create_task(asyncio.sleep(10)))

    started: list[asyncio.Task[None]] = []
    with pytest.raises(ExceptionGroup):
        await fail_beside(started)
    assert started[0].cancelled()


async def threads() -> None:
    loop = asyncio.get_running_loop()
    assert await loop.run_in_executor(None, lambda: 42) == 42
    variable = contextvars.ContextVar("variable", default=0)
    context = contextvars.copy_context()
    context.run(variable.set, 9)
    got: list[int] = []
    await asyncio.to_thread(lambda: loop.call_soon_threadsafe(lambda: got.append(variable.get()), context=context))
    await asyncio.sleep(0.05)
    assert got == [9]


async def processes() -> None:
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", "print(input()+'!')", stdin=pipe, stdout=pipe)
    out, _ = await asyncio.wait_for(child.communicate(b"hi\n"), 10)
    assert (out.strip(), child.returncode) == (b"hi!", 0)

    async def one(number: int) -> int:
        child = await asyncio.create_subprocess_exec("sh", "-c", f"echo {number}", stdout=pipe)
        out, _ = await child.communicate()
        return int(out)

    assert await asyncio.gather(*map(one, range(10))) == list(range(10))
    sleeper = await asyncio.create_subprocess_exec("sleep", "30")
    sleeper.kill()
    assert await asyncio.wait_for(sleeper.wait(), 5) == -9


async def sockets() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"x" * 50_000 + b"\n")
    assert len(await reader.readline()) == 50_001
    writer.close()
    await writer.wait_closed()
    server.close()


async def with_anyio() -> None:
    with anyio.move_on_after(0.05) as scope:
        await anyio.sleep(5)
    assert scope.cancelled_caught
    async with anyio.create_task_group() as group:
        group.start_soon(anyio.sleep, 0.01)


async def signals() -> None:
    loop = asyncio.get_running_loop()
    got = asyncio.Event()
    loop.add_signal_handler(signal.SIGUSR1, got.set)
    os.kill(os.getpid(), signal.SIGUSR1)
    await asyncio.wait_for(got.wait(), 2)
    loop.remove_signal_handler(signal.SIGUSR1)


async def errors() -> None:
    loop = asyncio.get_running_loop()
    seen: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _loop, context: seen.append(context))
    loop.call_soon(lambda: 1 / 0)
    await asyncio.sleep(0.05)
    loop.set_exception_handler(None)
    assert isinstance(seen[0]["exception"], ZeroDivisionError)


@pytest.mark.parametrize(
    "probe",
    [order, timers, generators, groups, threads, processes, sockets, with_anyio, signals, errors],
    ids=lambda p: p.__name__,
)
def test_the_loop_keeps_asyncios_promises(
    qapp: QApplication, probe: Callable[[], Coroutine[Any, Any, None]], blocking_calls: list[str]
) -> None:
    async def main() -> str:
        await probe()
        return "ok"

    assert on_loop(qapp, main) == "ok"
    blocking_calls.clear()


def test_the_result_of_main_is_returned_and_its_error_raised(qapp: QApplication) -> None:
    async def answer() -> int:
        assert isinstance(asyncio.get_running_loop(), StudioLoop)
        return 7

    async def fail() -> int:
        raise RuntimeError("boom")

    assert run(qapp, answer) == 7
    with pytest.raises(RuntimeError, match="boom"):
        run(qapp, fail)


def test_twenty_thousand_signals_lose_no_reference(qapp: QApplication) -> None:
    """PySide6 6.12 releases True, False and None once too often; the range in pyproject.toml keeps it out."""
    from PySide6.QtCore import QObject, Signal

    class Sender(QObject):
        told = Signal(bool)

    sender = Sender()
    heard: list[bool] = []
    sender.told.connect(heard.append)
    before = [sys.getrefcount(value) for value in (None, True, False)]
    for _ in range(20_000):
        sender.told.emit(False)
    heard.clear()
    after = [sys.getrefcount(value) for value in (None, True, False)]
    assert all(abs(one - two) < 2000 for one, two in zip(before, after, strict=True))
