"""A server that is a child process: a line of JSON each way, bounded, and nothing of it left behind.

The SDK's own transport keeps a line of any length in memory, writes what the child says to its error output into ours,
and lets go of children that left their process group.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakKeyDictionary

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.client._transport import TransportStreams
from mcp.shared.message import SessionMessage
from mcp.types import JSONRPCMessage

from loom.ecosystem.mcp.launch import Launch
from loom.ecosystem.mcp.log import ServerLog
from loom.ecosystem.mcp.messages import LARGE_BYTES, TooMuchError, read_message
from loom.errors import ToolServerError
from loom.threads import in_thread
from loom.tools.builtin.process_tree import MARK_VARIABLE, ProcessTree

LONGEST_LINE_BYTES = 16 * 2**20
"""What one message may have: a picture or a file in base64 has room in it."""
READ_BYTES = 64 * 2**10
MOST_NONSENSE = 200
"""So many lines that are no messages, and the server is given up."""
BURST = 50
"""After so many messages the loop gets a pause: a server that floods waits for us, not the window for it."""
PAUSE_S = 0.005
GRACE_S = 1.0
LAST_WORD_S = 0.3
NICER = 5
"""How much a server gives way to us: twenty that start together must not be felt in a window."""
SPAWN_EVERY_S = 0.02
"""Servers are started one after the other, since each start takes some milliseconds of the loop."""
_spawning: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


Incoming = MemoryObjectSendStream[SessionMessage | Exception]


class Gone:
    """Says when a connection has ended by itself, and why."""

    def __init__(self) -> None:
        self.event = asyncio.Event()
        self.why = ""
        self.is_forgotten = False
        """Set where the server lost what it knew of us, so that it did nothing of what it was last asked."""
        self.hint = ""
        """What may help where it can't be reached at all."""
        self.is_closing = False
        """Set where we end it ourselves."""

    def set(self, why: str) -> None:
        """Note the end; the first reason stays."""
        if not self.event.is_set() and not self.is_closing:
            self.why = why
            self.event.set()


@asynccontextmanager
async def stdio_transport(launch: Launch, log: ServerLog, gone: Gone) -> AsyncGenerator[TransportStreams]:
    """Start the server and give the streams that a client wants; at the end its whole process tree is ended.

    Raises ToolServerError if it can't be started.
    """
    tree = ProcessTree()
    async with _spawning.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
        await asyncio.sleep(SPAWN_EVERY_S)
        process = await _started(launch, tree)
    incoming, read_stream = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    write_stream, outgoing = anyio.create_memory_object_stream[SessionMessage](0)
    loop = asyncio.get_running_loop()
    tasks = [
        loop.create_task(_read(process, incoming, log, gone), name="read a server's output"),
        loop.create_task(_write(process, outgoing, gone), name="write to a server"),
        loop.create_task(_listen(process, log), name="read a server's errors"),
    ]
    try:
        yield read_stream, write_stream
    finally:
        gone.is_closing = True
        closing = loop.create_task(_end(process, tree, tasks), name="end a server")
        try:
            await asyncio.shield(closing)
        except asyncio.CancelledError:
            await closing  # what is bounded is waited for, so that nothing is left behind
            raise
        finally:
            for stream in (incoming, read_stream, write_stream, outgoing):
                stream.close()


async def _started(launch: Launch, tree: ProcessTree) -> asyncio.subprocess.Process:
    options: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        options = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(
            launch.command,
            *launch.args,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            cwd=launch.cwd,
            env={**launch.env, MARK_VARIABLE: tree.mark},
            limit=READ_BYTES,
            **options,
        )
    except (OSError, ValueError) as error:
        raise ToolServerError(f"{launch.command} can't be started: {error}") from None
    tree.pid = process.pid
    if hasattr(os, "setpriority"):
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, process.pid, min(19, os.getpriority(os.PRIO_PROCESS, 0) + NICER))
    return process


async def _read(process: asyncio.subprocess.Process, incoming: Incoming, log: ServerLog, gone: Gone) -> None:
    """Pass each line on as a message, until the output ends, or is no longer worth reading."""
    assert process.stdout is not None  # noqa: S101  it was asked for
    why = ""
    try:
        why = await _pass_on(process.stdout, incoming, log)
    except TooMuchError as error:
        why = str(error)
    except (anyio.ClosedResourceError, anyio.BrokenResourceError, ConnectionError):
        pass
    finally:
        gone.set(why or await _how_it_ended(process, "it closed its output"))
        await incoming.aclose()


async def _how_it_ended(process: asyncio.subprocess.Process, otherwise: str) -> str:
    await _exited(process, LAST_WORD_S)
    code = process.returncode
    return otherwise if code is None else f"it ended with code {code}"


async def _pass_on(output: asyncio.StreamReader, incoming: Incoming, log: ServerLog) -> str:
    """Pass messages on until the output ends; else why no more of it is read."""
    held = bytearray()
    nonsense = count = 0
    while data := await output.read(READ_BYTES):
        held += data
        if b"\n" not in data:
            if len(held) > LONGEST_LINE_BYTES:
                return f"it sent a line of more than {LONGEST_LINE_BYTES // 2**20} MB"
            continue
        *lines, rest = bytes(held).split(b"\n")
        held = bytearray(rest)
        for line in filter(bytes.strip, lines):
            message = await _message(line)
            if isinstance(message, str):
                nonsense += 1
                log.add(message, "not a message")
                if nonsense >= MOST_NONSENSE:
                    return f"it sent {nonsense} lines that are no messages"
            else:
                await incoming.send(SessionMessage(message))
            count += 1
            if count % BURST == 0:
                await asyncio.sleep(PAUSE_S)
    return ""


async def _message(line: bytes) -> JSONRPCMessage | str:
    """The message that a line is; else what stood there, as text. Raises TooMuchError."""
    try:
        return await in_thread(read_message, line) if len(line) >= LARGE_BYTES else read_message(line)
    except TooMuchError:
        raise
    except ValueError:
        try:
            return line.decode()[:400]
        except UnicodeDecodeError:
            return f"{line[:200].decode('utf-8', 'backslashreplace')} (not UTF-8)"


async def _write(
    process: asyncio.subprocess.Process, outgoing: MemoryObjectReceiveStream[SessionMessage], gone: Gone
) -> None:
    assert process.stdin is not None  # noqa: S101  it was asked for
    try:
        async for message in outgoing:
            process.stdin.write(message.message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n")
            await process.stdin.drain()
    except (ConnectionError, OSError, anyio.ClosedResourceError, anyio.BrokenResourceError):
        gone.set(await _how_it_ended(process, "it no longer reads its input"))


async def _listen(process: asyncio.subprocess.Process, log: ServerLog) -> None:
    """Keep the last of what it writes to its error output."""
    assert process.stderr is not None  # noqa: S101  it was asked for
    held = b""
    while data := await process.stderr.read(READ_BYTES):
        *lines, held = (held + data)[-READ_BYTES:].split(b"\n")
        for line in lines[-100:]:
            log.add(line.decode("utf-8", "backslashreplace"))
        held = held[-2_000:]
        await asyncio.sleep(PAUSE_S)
    if held:
        log.add(held.decode("utf-8", "backslashreplace"))


async def _end(process: asyncio.subprocess.Process, tree: ProcessTree, tasks: list[asyncio.Task[None]]) -> None:
    """End the process as the protocol says, by closing its input, then with all that it started; bounded."""
    reading, writing, listening = tasks
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    if process.returncode is None:
        await in_thread(tree.note)  # while it lives: afterwards its children are nobody's
    if process.stdin is not None:
        process.stdin.close()
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    draining = asyncio.get_running_loop().create_task(_drain(process), name="drain a server's output")
    try:
        await _exited(process, GRACE_S)
        if process.returncode is None:
            if sys.platform != "win32":
                tree.signal_group(signal.SIGTERM)
            await _exited(process, GRACE_S)
    finally:
        if sys.platform != "win32":
            tree.signal_group(signal.SIGKILL)
        await in_thread(tree.kill)
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await _exited(process, GRACE_S)
        draining.cancel()
        listening.cancel()
        await asyncio.gather(draining, listening, return_exceptions=True)
        # Private, but the only way to let go of pipes that a survivor may hold.
        transport: Any = getattr(process, "_transport", None)
        if transport is not None:
            transport.close()


async def _exited(process: asyncio.subprocess.Process, limit_s: float) -> None:
    """Return when the process has ended, or after `limit_s`; not `wait`, which also waits for who has its pipes."""
    deadline = asyncio.get_running_loop().time() + limit_s
    # There is no event for it that does not also wait for the pipes.
    while process.returncode is None and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def _drain(process: asyncio.subprocess.Process) -> None:
    """Read what still comes, so that a server that is stuck in writing can end."""
    if process.stdout is not None:
        while await process.stdout.read(READ_BYTES):
            pass
