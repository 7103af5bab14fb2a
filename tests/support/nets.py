"""The nets under every test, as a pytest plugin: faults that nobody asked about fail the test in which they happen.

    blocking_calls     a blocking call (sleep, file, SQLite, socket, lock) of loom or loom_studio on a running loop
    error_records      a log record of level ERROR that the test did not clear (`error_records.clear()`)
    outside_connects   a connection, or a look-up of a name, that leaves this machine
    left threads       a thread that does not end soon after the test
    left tasks         an asyncio task that is not done when an async test has ended

Python's cyclic collector works between tests, on the main thread: on a worker's it would destroy there what an earlier
test left of Qt, and crash the process.

Each of the first three is a fixture whose list a test may look at and clear, when the fault is what it is about.
"""

import asyncio
import gc
import inspect
import ipaddress
import logging
import socket
import sys
import threading
import time
import traceback
from collections.abc import AsyncIterator, Iterator
from typing import Any

import blockbuster.blockbuster as guard
import pytest

from loom_studio.garbage import Collector

THREAD_GRACE_S = 20.0
"""A busy machine takes its time for what a test began and nobody waits for, such as an import."""
# Names that can't exist (RFC 2606): looking one up is how a test makes a look-up fail.
IMPOSSIBLE = (".invalid", ".test", ".example")

_blocked: list[str] = []
_outside: list[str] = []


class RecordedBlockingError(guard.BlockingError):
    """A blocking call, noted where it happens, since a boundary of the code under test may swallow the error."""

    def __init__(self, func: str) -> None:
        super().__init__(func)
        frames = traceback.extract_stack(sys._getframe(2), limit=8)
        _blocked.append(f"{func} called on the running loop:\n" + "".join(traceback.format_list(frames)))


class ErrorRecords(logging.Handler):
    """Keeps what is logged at ERROR or above."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(self.format(record))


def _is_outside(address: Any) -> bool:
    if not isinstance(address, tuple) or not address:
        return False  # a Unix socket, or a netlink one
    host = str(address[0]).split("%", maxsplit=1)[0]
    try:
        parsed = ipaddress.ip_address(host)
    except ValueError:
        return host not in ("", "localhost")
    return not (parsed.is_loopback or parsed.is_unspecified)


def _watch_connects(event: str, args: tuple[Any, ...]) -> None:
    if event == "socket.connect" and _is_outside(args[1]):
        _outside.append(f"connection to {args[1]}")
        raise ConnectionRefusedError(f"Tests do not leave this machine: {args[1]}")
    if event == "socket.getaddrinfo":
        host = args[0].decode() if isinstance(args[0], bytes) else args[0]
        if host is not None and _is_outside((host,)) and not _is_address(host):
            if not host.rstrip(".").endswith(IMPOSSIBLE):
                _outside.append(f"look-up of {host}")
            raise socket.gaierror(socket.EAI_NONAME, f"Tests do not leave this machine: {host}")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.split("%", maxsplit=1)[0])
    except ValueError:
        return False
    return True


def left_tasks() -> list[asyncio.Task[Any]]:
    """The tasks of the running loop that are not done, without the one that asks."""
    return [task for task in asyncio.all_tasks() if task is not asyncio.current_task() and not task.done()]


def pytest_configure(config: pytest.Config) -> None:
    sys.addaudithook(_watch_connects)
    guard.BlockingError = RecordedBlockingError


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.obj):
            item.fixturenames.insert(0, "no_left_tasks")


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.close()


@pytest.fixture(autouse=True)
def collected_between_tests(collector: Collector) -> Iterator[None]:
    gc.disable()
    yield
    collector.check()


@pytest.fixture(scope="session")
def blocking_guard() -> guard.BlockBuster:
    buster = guard.BlockBuster(["loom", "loom_studio"])
    allowed = [
        # What is imported first depends on the order of the tests; that imports stay off the loop is measured instead.
        ("<frozen importlib._bootstrap>", "_find_and_load"),
        ("shibokensupport/feature.py", "_mod_uses_pyside"),  # PySide6 reads the source of what is imported after it
        ("logging/__init__.py", "emit"),
        ("pytest_timeout.py", "timeout_sigalrm"),  # which tells where a test hangs
        ("loom/agent.py", "_folder"),  # one look at the workspace when an agent is made
        ("loom/safety/paths.py", "__init__"),
    ]
    for function in buster.functions.values():
        for file, name in allowed:
            function.can_block_in(file, name)
    return buster


def _at_work(before: set[threading.Thread]) -> list[str]:
    """The threads that a test began and that do something; one of ours without work ends by itself."""
    passed_over = ("asyncio_", "AnyIO", "loom-idle")
    running = [t for t in threading.enumerate() if not isinstance(t, threading._DummyThread)]
    new = [t.name for t in running if t not in before or t.name.startswith("loom-call")]
    return [name for name in new if not name.startswith(passed_over)]


@pytest.fixture(autouse=True)
def no_left_threads() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + THREAD_GRACE_S
    # The loop's own executor (look-ups of names) ends with the loop, which outlives this fixture.
    while (left := _at_work(before)) and time.monotonic() < deadline:
        time.sleep(0.005)
    if left:
        pytest.fail(f"The test left these threads running: {', '.join(left)}")


@pytest.fixture(autouse=True)
def blocking_calls(blocking_guard: guard.BlockBuster) -> Iterator[list[str]]:
    _blocked.clear()
    blocking_guard.activate()
    yield _blocked
    blocking_guard.deactivate()
    if _blocked:
        pytest.fail("Blocking calls on the loop:\n\n" + "\n".join(_blocked))


@pytest.fixture(autouse=True)
def outside_connects() -> Iterator[list[str]]:
    _outside.clear()
    yield _outside
    if _outside:
        pytest.fail(f"The test tried to leave this machine: {'; '.join(_outside)}")


@pytest.fixture(autouse=True)
def error_records() -> Iterator[list[str]]:
    handler = ErrorRecords()
    logging.getLogger().addHandler(handler)
    yield handler.found
    logging.getLogger().removeHandler(handler)
    if handler.found:
        pytest.fail("Errors were logged that the test did not expect:\n" + "\n".join(handler.found))


@pytest.fixture
async def no_left_tasks() -> AsyncIterator[None]:
    yield
    for _ in range(5):  # what was cancelled or is about to return gets its turns
        await asyncio.sleep(0)
    left = left_tasks()
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    if left:
        pytest.fail(f"The test left these tasks running: {', '.join(repr(task.get_coro()) for task in left)}")
