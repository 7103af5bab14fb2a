"""Child processes that end with us: in a session of their own, killed as a tree, their output bounded."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from loom.threads import in_thread

HEAD_BYTES = 20_000
TAIL_BYTES = 40_000
GRACE_S = 2.0
LAST_WORDS_S = 0.3
MEMORY_LIMIT_BYTES = 8 * 2**30
"""What a command and its children may hold together. Watched, not set as a limit of the system: that counts each
process by itself, and counts addresses that a runtime reserved and never uses."""
MEMORY_WATCH_S = 1.0
_SECRET = re.compile(r"(API_KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Finished:
    """A process that ended: its exit code (negative: killed by that signal), and its output, cut in the middle."""

    exit_code: int
    output: str
    timed_out: bool
    too_large: bool = False


class _Output:
    """Keeps the head and the tail of what is written."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._tail: deque[bytes] = deque()
        self._tail_size = 0
        self._left_out = 0

    def add(self, data: bytes) -> None:
        room = HEAD_BYTES - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        if data:
            self._tail.append(data)
            self._tail_size += len(data)
        while self._tail_size - len(self._tail[0] if self._tail else b"") > TAIL_BYTES:
            gone = self._tail.popleft()
            self._tail_size -= len(gone)
            self._left_out += len(gone)

    def text(self) -> str:
        middle = f"\n[… {self._left_out:,} bytes left out …]\n".encode() if self._left_out else b""
        return (bytes(self._head) + middle + b"".join(self._tail)).decode("utf-8", "replace")


async def run_process(command: str | Sequence[str], folder: Path, timeout_s: float) -> Finished:
    """Run a program (a list) or a shell line (a str) in `folder`, and wait for it.

    Its standard input is empty, standard output and error come interleaved. On time-out and on cancellation the whole
    process tree is killed; so is, at its end, what it left in the background. Keys and tokens of our own environment
    are not passed on.
    """
    # A pipe of our own: asyncio's waits for every child that inherited it, however long that lives.
    read_end, write_end = os.pipe()
    try:
        process = await _start(command, folder, write_end)
    except BaseException:
        os.close(read_end)
        raise
    finally:
        os.close(write_end)
    output = _Output()
    timed_out = False
    reader, transport = await _reader(read_end)
    loop = asyncio.get_running_loop()
    reading = loop.create_task(_read(reader, output), name="read a command's output")
    watching = loop.create_task(_outgrows(process.pid), name="watch a command's memory")
    try:
        async with asyncio.timeout(timeout_s):
            ending = loop.create_task(process.wait(), name="wait for a command")
            try:
                await asyncio.wait({ending, watching}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                ending.cancel()
                await asyncio.gather(ending, return_exceptions=True)
            if not watching.done():
                await asyncio.wait({reading}, timeout=LAST_WORDS_S)
    except TimeoutError:
        timed_out = True
    finally:
        too_large = watching.done() and not watching.cancelled()
        watching.cancel()
        await _kill_tree(process)
        await asyncio.wait({reading}, timeout=LAST_WORDS_S)
        reading.cancel()
        transport.close()
        await asyncio.gather(reading, watching, return_exceptions=True)
    exit_code = process.returncode if process.returncode is not None else -1
    return Finished(exit_code, output.text(), timed_out, too_large)


def clean_environment() -> dict[str, str]:
    """Our environment without keys and tokens, and without a terminal's habits."""
    kept = {name: value for name, value in os.environ.items() if not _SECRET.search(name)}
    return {**kept, "TERM": "dumb", "PAGER": "cat", "GIT_PAGER": "cat", "GIT_TERMINAL_PROMPT": "0", "NO_COLOR": "1"}


async def _start(command: str | Sequence[str], folder: Path, write_end: int) -> asyncio.subprocess.Process:
    none, out = asyncio.subprocess.DEVNULL, asyncio.subprocess.STDOUT
    environment = clean_environment()
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP
        line = command if isinstance(command, str) else subprocess.list2cmdline(command)
        return await asyncio.create_subprocess_shell(
            line, cwd=folder, env=environment, stdin=none, stdout=write_end, stderr=out, creationflags=flags
        )
    argv = ["/bin/sh", "-c", command] if isinstance(command, str) else list(command)
    return await asyncio.create_subprocess_exec(
        *argv, cwd=folder, env=environment, stdin=none, stdout=write_end, stderr=out, start_new_session=True
    )


async def _reader(read_end: int) -> tuple[asyncio.StreamReader, asyncio.ReadTransport]:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    pipe = os.fdopen(read_end, "rb", 0)
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
    return reader, transport


async def _read(reader: asyncio.StreamReader, output: _Output) -> None:
    while data := await reader.read(65_536):
        output.add(data)


async def _outgrows(pid: int) -> None:
    """Return when the process and its children hold more memory than they may."""
    while True:
        await asyncio.sleep(MEMORY_WATCH_S)
        if await in_thread(_held_bytes, pid) > MEMORY_LIMIT_BYTES:
            return


def _held_bytes(pid: int) -> int:
    """The resident memory of a process tree, in bytes; of what has ended, nothing."""
    import psutil

    held = 0
    with contextlib.suppress(psutil.Error):
        root = psutil.Process(pid)
        for process in [root, *root.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                held += process.memory_info().rss
    return held


async def _kill_tree(process: asyncio.subprocess.Process) -> None:
    if sys.platform == "win32":
        import psutil

        with contextlib.suppress(psutil.Error):
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
        if process.returncode is None:
            process.kill()
    else:
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, number)
            if process.returncode is None:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(process.wait(), GRACE_S)
    if process.returncode is None:
        await process.wait()
