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
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from loom.threads import in_thread
from loom.tools.builtin.process_tree import MARK_VARIABLE, ProcessTree
from loom.tools.caller import IN_TOOL

T = TypeVar("T")

HEAD_BYTES = 2**20
TAIL_BYTES = 2**20
GRACE_S = 2.0
LAST_WORDS_S = 0.3
MEMORY_LIMIT_BYTES = 8 * 2**30
"""What a command and its children may hold together. Watched, not set as a limit of the system: that counts each
process by itself, and counts addresses that a runtime reserved and never uses."""
MEMORY_WATCH_S = 1.0
OUTPUT_LIMIT_BYTES = 2**30
_SECRET = re.compile(
    r"(APIKEY|(^|_)KEYS?|ACCESS_KEY_ID|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|_PAT|_AUTH|_HEADERS"
    r"|LOOM_DATABASE_URL)$",
    re.IGNORECASE,
)
_of_runs: dict[str, set[asyncio.Event]] = {}
"""For each run whose tools have processes, what ends each of them."""
_SHELL_HABIT = re.compile(r"(BASH_ENV|ENV|SHELLOPTS|BASHOPTS|PS4|CDPATH)$|BASH_FUNC_")


@dataclass(frozen=True, slots=True)
class Finished:
    """A process that ended: its exit code (negative: killed by that signal), and its output, cut in the middle.

    `unwanted` where `end_processes` ended it.
    """

    exit_code: int
    output: str
    timed_out: bool
    too_large: bool = False
    too_long: bool = False
    unwanted: bool = False


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
        tail = b"".join(self._tail)
        left_out = self._left_out + max(0, len(tail) - TAIL_BYTES)
        middle = f"\n[… {left_out:,} bytes left out …]\n".encode() if left_out else b""
        return (bytes(self._head) + middle + tail[-TAIL_BYTES:]).decode("utf-8", "replace")


async def run_process(
    command: str | Sequence[str],
    folder: Path,
    timeout_s: float,
    keep_variables: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
) -> Finished:
    """Run a program (a list) or a shell line (a str) in `folder`, and wait for it.

    Its standard input is empty, standard output and error come interleaved. On time-out and on cancellation the whole
    process tree is killed; so is, at its end, what it left in the background. Keys and tokens of our own environment
    are not passed on, but for those that `keep_variables` names; `variables` are added.
    """
    tree = ProcessTree()
    environment = {**clean_environment(keep_variables), **(variables or {}), MARK_VARIABLE: tree.mark}
    loop = asyncio.get_running_loop()
    process, reader, transport = await _whole(loop.create_task(_begin(command, folder, environment)))
    tree.pid = process.pid
    output = _Output()
    unwanted = asyncio.Event()
    timed_out = False
    reading = loop.create_task(_read(reader, output), name="read a command's output")
    watching = loop.create_task(_outgrows(tree), name="watch a command's memory")
    try:
        async with asyncio.timeout(timeout_s):
            with _listed(unwanted):
                await _until_over(process, watching, reading, unwanted)
    except TimeoutError:
        timed_out = True
    finally:
        too_large = watching.done() and not watching.cancelled()
        watching.cancel()
        await _kill_tree(process, tree)
        await asyncio.wait({reading}, timeout=LAST_WORDS_S)
        reading.cancel()
        transport.close()
        await asyncio.gather(reading, watching, return_exceptions=True)
    exit_code = process.returncode if process.returncode is not None else -1
    too_long = not reading.cancelled() and reading.result()
    return Finished(exit_code, output.text(), timed_out, too_large, too_long, unwanted.is_set())


def end_processes(run_id: str) -> int:
    """End what the tools of a run have running, with all that it started; returns how many. The tools go on."""
    unwanted = _of_runs.get(run_id, set())
    for each in unwanted:
        each.set()
    return len(unwanted)


@contextlib.contextmanager
def _listed(unwanted: asyncio.Event) -> Generator[None]:
    """Let `end_processes` find a process of the run in whose tool this is."""
    within = IN_TOOL.get()
    run_id = within.caller.run_id if within is not None else ""
    _of_runs.setdefault(run_id, set()).add(unwanted)
    try:
        yield
    finally:
        _of_runs[run_id].discard(unwanted)
        if not _of_runs[run_id]:
            del _of_runs[run_id]


async def _until_over(
    process: asyncio.subprocess.Process,
    watching: asyncio.Task[None],
    reading: asyncio.Task[bool],
    unwanted: asyncio.Event,
) -> None:
    """Wait until the process ends, is unwanted, or uses more memory or writes more than it may."""
    loop = asyncio.get_running_loop()
    ending = loop.create_task(process.wait(), name="wait for a command")
    dropped = loop.create_task(unwanted.wait(), name="wait until a command is unwanted")
    try:
        await asyncio.wait({ending, dropped, watching, reading}, return_when=asyncio.FIRST_COMPLETED)
        if reading.done() and not reading.result():  # it closed its output, and may work on
            await asyncio.wait({ending, dropped, watching}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        ending.cancel()
        dropped.cancel()
        await asyncio.gather(ending, dropped, return_exceptions=True)
    if not watching.done() and not unwanted.is_set():
        await asyncio.wait({reading}, timeout=LAST_WORDS_S)


def clean_environment(keep: Sequence[str] = ()) -> dict[str, str]:
    """Our environment without keys and tokens (but for those in `keep`), and without a terminal's habits.

    Without what changes how a shell reads a line, too: start-up files, and functions that are handed on.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in keep or not (_SECRET.search(name) or _SHELL_HABIT.match(name))
    }
    return {**kept, "TERM": "dumb", "PAGER": "cat", "GIT_PAGER": "cat", "GIT_TERMINAL_PROMPT": "0", "NO_COLOR": "1"}


def shell_argv(line: str) -> list[str]:
    """The program that runs a shell line; a line that begins with a dash is no option of the shell's."""
    return ["/bin/sh", "-c", "--", line]


async def _whole(work: asyncio.Task[T]) -> T:
    """What `work` gives, which is not broken off: whoever is cancelled meanwhile hears of it at the next await."""
    is_cancelled = False
    while not work.done():
        try:
            await asyncio.wait({work})
        except asyncio.CancelledError:
            is_cancelled = True
    task = asyncio.current_task()
    if is_cancelled and task is not None:
        task.uncancel()
        task.cancel()
    return work.result()


async def _begin(
    command: str | Sequence[str], folder: Path, environment: dict[str, str]
) -> tuple[asyncio.subprocess.Process, asyncio.StreamReader, asyncio.ReadTransport]:
    """Start a process, and what reads its output; one that was half started would be known to nobody who ends it."""
    # A pipe of our own: asyncio's waits for every child that inherited it, however long that lives.
    read_end, write_end = os.pipe()
    try:
        process = await _start(command, folder, environment, write_end)
    except BaseException:
        os.close(read_end)
        raise
    finally:
        os.close(write_end)
    return process, *await _reader(read_end)


async def _start(
    command: str | Sequence[str], folder: Path, environment: dict[str, str], write_end: int
) -> asyncio.subprocess.Process:
    none, out = asyncio.subprocess.DEVNULL, asyncio.subprocess.STDOUT
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP
        if not isinstance(command, str):
            return await asyncio.create_subprocess_exec(
                *command, cwd=folder, env=environment, stdin=none, stdout=write_end, stderr=out, creationflags=flags
            )
        return await asyncio.create_subprocess_shell(
            command, cwd=folder, env=environment, stdin=none, stdout=write_end, stderr=out, creationflags=flags
        )
    argv = shell_argv(command) if isinstance(command, str) else list(command)
    return await asyncio.create_subprocess_exec(
        *argv, cwd=folder, env=environment, stdin=none, stdout=write_end, stderr=out, start_new_session=True
    )


async def _reader(read_end: int) -> tuple[asyncio.StreamReader, asyncio.ReadTransport]:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    pipe = os.fdopen(read_end, "rb", 0)
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
    return reader, transport


async def _read(reader: asyncio.StreamReader, output: _Output) -> bool:
    """Read to the end; True if there was more than a command may write, and reading was given up."""
    size = 0
    while data := await reader.read(65_536):
        output.add(data)
        size += len(data)
        if size > OUTPUT_LIMIT_BYTES:
            return True
    return False


async def _outgrows(tree: ProcessTree) -> None:
    """Return when the process and its children hold more memory than they may."""
    while True:
        await asyncio.sleep(MEMORY_WATCH_S)
        if await in_thread(tree.held_bytes) > MEMORY_LIMIT_BYTES:
            return


async def _kill_tree(process: asyncio.subprocess.Process, tree: ProcessTree) -> None:
    """End the process and all that it started: first asked, then killed; killed at once if we are cancelled again."""
    try:
        if sys.platform != "win32":
            if process.returncode is None:
                await in_thread(tree.note)
            tree.signal_group(signal.SIGTERM)
            if process.returncode is None:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(process.wait(), GRACE_S)
    finally:
        if sys.platform != "win32":
            tree.signal_group(signal.SIGKILL)
        await in_thread(tree.kill)
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
