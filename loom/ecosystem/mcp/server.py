"""One server: a task that connects it, hears of its changes, and connects it again; and what agents use of it."""

from __future__ import annotations

import asyncio
import importlib
import random
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, nullcontext, suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from loom.ecosystem.mcp.asks import AskDesk, visible
from loom.ecosystem.mcp.definitions import INSTRUCTIONS, ToolDefinition, read_definition, read_instructions
from loom.ecosystem.mcp.entries import ServerEntry
from loom.ecosystem.mcp.faults import too_long
from loom.ecosystem.mcp.launch import Launch, launch_of
from loom.ecosystem.mcp.log import ServerLog
from loom.ecosystem.mcp.pins import PinBook
from loom.ecosystem.mcp.questions import ActiveCall, Questions
from loom.ecosystem.mcp.reads import Reads
from loom.ecosystem.mcp.turns import turn
from loom.errors import ToolServerError
from loom.runtime.tasks import TaskOwner
from loom.threads import in_thread

if TYPE_CHECKING:
    from loom.ecosystem.mcp.connection import Connection
    from loom.ecosystem.mcp.stdio import Gone

BACKOFF_FIRST_S, BACKOFF_MOST_S = 0.5, 60.0
STEADY_S = 30.0
"""A connection that lasted so long was a good one: the next attempt comes soon again."""
SETTLE_S = 3.0
"""Servers add tools once they know what we can do: for so long after the first connection they are its first tools."""
RELIST_S = 1.0
RECONNECT_WAIT_S = 5.0
ANEW_WAIT_S = 20.0
"""For so long a call waits that a server refused since it was started anew: it is there, so it is worth it."""
LAST_ANSWER_S = 0.2


class ServerState(StrEnum):
    """Where a server is. `suspended` waits for a person; `degraded` was ready, and is being connected again."""

    IDLE = "idle"
    DISABLED = "disabled"
    SUSPENDED = "suspended"
    CONNECTING = "connecting"
    READY = "ready"
    DEGRADED = "degraded"
    FAILED = "failed"


class ToolState(StrEnum):
    """Whether a tool may be used. `changed` and `new` wait for a person; `gone` is no longer offered."""

    AGREED = "agreed"
    CHANGED = "changed"
    NEW = "new"
    GONE = "gone"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ServerTool:
    """A tool: as it was agreed to (None for one that never was), as the server defines it now, and which holds."""

    name: str
    state: ToolState
    agreed: ToolDefinition | None
    now: ToolDefinition | None


class NotAgreed(Exception):  # noqa: N818  not an error: a person has to be asked first
    """Nobody agreed to this start."""


class McpServer:
    """A server of one entry, shared by the agents that use it.

    Its tools stay while it is connected again. `changed` functions are called when anything of it is another.
    """

    def __init__(
        self,
        entry: ServerEntry,
        pins: PinBook,
        desk: AskDesk,
        *,
        needs_consent: bool,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.entry = entry
        self.pins = pins
        self.log = ServerLog()
        self.questions = Questions(entry.name, desk, self.log, entry.config.start_timeout_s)
        self.needs_consent = needs_consent
        self.state = ServerState.DISABLED if entry.config.disabled else ServerState.IDLE
        self.detail = entry.problem
        self.launch: Launch | None = None
        self.tools: dict[str, ServerTool] = {}
        self.words: ServerTool | None = None
        """The server's own instructions for models, which are agreed to as its tools are; None if it has none."""
        self.prompts: list[dict[str, Any]] = []
        self.has_resources = False
        self.reads = Reads()
        self.resources_version = 0
        """Another number whenever the server says that its list of resources is another."""
        self.about = ""
        self.protocol = ""
        self.connected_once = asyncio.Event()
        """Set when the first attempt has ended, however."""
        self._listeners: list[Callable[[], None]] = []
        self._environment = environment
        self._tasks = TaskOwner()
        self._owner: asyncio.Task[None] | None = None
        self._again = asyncio.Event()
        self._leave = asyncio.Event()
        self._stale = asyncio.Event()
        self._moved = asyncio.Event()
        self._connection: Connection | None = None
        self._gone: Gone | None = None
        self._settled_at = 0.0
        self._was_ready = self._has_more = False

    @property
    def name(self) -> str:
        """The server's name."""
        return self.entry.name

    @property
    def roots(self) -> list[Path]:
        """The folders that it may work in: the agent's workspace."""
        return [self.entry.workspace] if self.entry.workspace is not None else []

    @property
    def is_running(self) -> bool:
        """Whether its task works."""
        return self._owner is not None and not self._owner.done()

    def listen(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Have `changed` called from now on; returns what ends that."""
        self._listeners.append(changed)
        return lambda: self._listeners.remove(changed) if changed in self._listeners else None

    def start(self) -> None:
        """Connect, and stay connected, from now on."""
        if self.entry.problem:
            self._become(ServerState.FAILED, self.entry.problem)
            self.connected_once.set()
        elif not self.is_running and self.state is not ServerState.DISABLED:
            self.connected_once, self._moved = asyncio.Event(), asyncio.Event()
            self._again, self._leave, self._stale = asyncio.Event(), asyncio.Event(), asyncio.Event()
            self._become(ServerState.CONNECTING)
            self._owner = self._tasks.start(self._own(), name=f"server {self.name}")

    def restart(self) -> None:
        """End the connection, if there is one, and make a new one now."""
        self.connected_once.clear()
        if self.is_running:
            self._again.set()
            self._leave.set()
        else:
            self.start()

    async def aclose(self) -> None:
        """End the connection, and the server if it is a program."""
        await self._tasks.aclose()
        self._connection = None
        if self.state not in (ServerState.DISABLED, ServerState.FAILED):
            self._become(ServerState.IDLE)

    async def call(
        self, tool: str, arguments: dict[str, Any], progress: Callable[..., Any], active: ActiveCall, limit_s: float
    ) -> dict[str, Any]:
        """What a tool gives. The time in which a person is asked does not count. Raises ToolServerError."""
        connection = await self._ready(RECONNECT_WAIT_S)
        try:
            return await self._called(connection, tool, arguments, progress, active, limit_s)
        except ToolServerError:
            if not connection.gone.is_forgotten:
                raise
        # The server was started anew, and refused the call unseen: it is made once more, in a new connection.
        connection = await self._ready(ANEW_WAIT_S)
        return await self._called(connection, tool, arguments, progress, active, limit_s)

    async def _called(
        self,
        connection: Connection,
        tool: str,
        arguments: dict[str, Any],
        progress: Callable[..., Any],
        active: ActiveCall,
        limit_s: float,
    ) -> dict[str, Any]:
        loop, gone = asyncio.get_running_loop(), connection.gone
        working = loop.create_task(connection.call(tool, arguments, progress), name=f"call {tool}")
        ending = loop.create_task(gone.event.wait(), name="wait for a server's end")
        self.questions.active.append(active)
        unknown = "what it had done by then is not known"
        try:
            in_time = await active.bounded(working, ending, limit_s)
            if not working.done() and in_time:
                await asyncio.wait({working}, timeout=LAST_ANSWER_S)
            if working.done() and working.exception() is None:
                return working.result()
        finally:
            self.questions.active.remove(active)
            working.cancel()
            ending.cancel()
            await asyncio.gather(working, ending, return_exceptions=True)
        if not in_time:
            raise ToolServerError(f"{tool!r} did not finish within {limit_s:g} s and was stopped; {unknown}")
        if gone.event.is_set():
            raise ToolServerError(f"The server {self.name!r} ended while {tool!r} worked ({gone.why}); {unknown}")
        error = working.exception()
        raise ToolServerError(f"The server {self.name!r}: {error}") from error

    async def resources(self) -> list[dict[str, Any]]:
        """What it has to read. Raises ToolServerError."""
        return await self._bounded(lambda connection: connection.resources())

    async def read(self, uri: str) -> dict[str, Any]:
        """What a resource holds; that it changes is noted in `reads` from then on. Raises ToolServerError."""
        result = await self._bounded(lambda connection: connection.read(uri))
        self.reads.note(uri)
        return result

    async def prompt(self, name: str, arguments: dict[str, str]) -> dict[str, Any]:
        """The messages of a prompt. Raises ToolServerError."""
        return await self._bounded(lambda connection: connection.prompt(name, arguments))

    async def templates(self) -> list[dict[str, Any]]:
        """Addresses of resources with places to fill in. Raises ToolServerError."""
        return await self._bounded(lambda connection: connection.templates())

    async def complete(
        self, about: dict[str, str], name: str, begun: str, others: dict[str, str], limit_s: float
    ) -> dict[str, Any]:
        """What may stand for an argument; nothing where it completes none. Raises ToolServerError."""

        async def ask(connection: Connection) -> dict[str, Any]:
            if not connection.offers("completions"):
                return {}
            return await connection.complete(about, name, begun, others)

        return await self._bounded(ask, limit_s=min(limit_s, self.entry.config.timeout_s))

    async def approve_start(self) -> None:
        """Agree to the start as it is now, and connect. Raises ToolServerError."""
        launch = await in_thread(launch_of, self.entry, self._environment)
        await in_thread(self.pins.approve, self.entry.key, launch)
        self.restart()

    async def approve_tools(self, *names: str) -> None:
        """Agree to these tools as they are now; without names to all. Raises ToolServerError."""
        chosen = [
            each.now
            for each in self.parts()
            if each.now is not None
            and each.state in (ToolState.CHANGED, ToolState.NEW)
            and (each.name in names or not names)
        ]
        await in_thread(self.pins.approve_tools, self.entry.key, chosen)
        self._offer([each.now for each in self.parts() if each.now is not None])
        self._tell()

    def parts(self) -> list[ServerTool]:
        """All that is agreed to one by one: its instructions, if it has any, and its tools."""
        return [*([self.words] if self.words is not None else []), *self.tools.values()]

    def waiting_tools(self) -> list[ServerTool]:
        """The tools, and perhaps the instructions, that wait for a person."""
        return [each for each in self.parts() if each.state in (ToolState.CHANGED, ToolState.NEW)]

    async def elicit(self, params: dict[str, Any]) -> dict[str, Any]:
        """The person's answer to what the server asks."""
        return await self.questions.elicit(params)

    async def sample(self, params: dict[str, Any]) -> dict[str, Any]:
        """The model's answer to what the server asks. Raises ToolServerError."""
        return await self.questions.sample(params)

    def changed(self, what: str) -> None:
        """Note that a list of the server's is another."""
        if what in ("tools", "prompts"):
            self._stale.set()
        else:
            self.resources_version += 1

    def updated(self, uri: str) -> None:
        """Note that what is at this address is another."""
        self.reads.changed(uri)

    async def _own(self) -> None:
        """Connect again and again, a little later each time; everything is entered and left in this one task."""
        failures = 0
        while True:
            began = time.monotonic()
            self._again.clear()
            self._leave.clear()
            self.questions.is_signed_out = False
            wait_s: float | None
            try:
                await self._live()
                wait_s = 0.0
                failures = 0
            except NotAgreed:
                self._become(ServerState.SUSPENDED, self._why_suspended())
                wait_s = None
            except Exception as error:  # noqa: BLE001  whatever a server does, it is a state that people see
                failures = 0 if self._was_ready and time.monotonic() - began > STEADY_S else failures + 1
                wait_s = None if self.questions.is_signed_out else backoff_s(failures)
                state = ServerState.DEGRADED if self._was_ready and failures <= 3 else ServerState.FAILED
                self._become(state, self._fault(error))
                self.log.add(self.detail)
            finally:
                self._connection = None
            self.connected_once.set()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._again.wait()
            if self.state is not ServerState.DEGRADED:
                self._become(ServerState.CONNECTING)

    async def _live(self) -> None:
        """Connect, and stay until somebody wants a new connection. Raises whatever ends it otherwise."""
        self.launch = launch = await in_thread(launch_of, self.entry, self._environment)
        await in_thread(self.pins.load)
        if self.needs_consent and not self.pins.agrees(self.entry.key, launch):
            raise NotAgreed
        async with AsyncExitStack() as stack:
            async with turn() if launch.command else nullcontext():
                connection = await self._connect(launch, stack)
            gone = connection.gone
            self._connection, self._was_ready = connection, True
            self._become(ServerState.READY, self._standing())
            self.connected_once.set()
            await self._stay(connection)
        if gone.event.is_set():
            raise ToolServerError(gone.why)

    async def _connect(self, launch: Launch, stack: AsyncExitStack) -> Connection:
        """Connect, until the stack is left, and look at what the server has."""
        await in_thread(_import_connection)
        from loom.ecosystem.mcp.connection import connected
        from loom.ecosystem.mcp.stdio import Gone

        self._gone = gone = Gone()
        # A time limit of asyncio, not of anyio: those may not be left before what was entered in them.
        async with asyncio.timeout(self.entry.config.start_timeout_s) as self.questions.limit:
            auth = await self._auth(launch)
            connection = await stack.enter_async_context(connected(launch, self.log, gone, self, auth))
            await self._look(connection)
        self.questions.limit = None
        return connection

    async def _auth(self, launch: Launch) -> Any:
        has_own = any(name.lower() == "authorization" for name in launch.headers)
        if not launch.url or not self.entry.config.oauth or has_own:
            return None
        from loom.ecosystem.mcp.oauth import signing_in

        return signing_in(self.name, launch.url, self.questions.sign_in, self.questions.pausing)

    async def _stay(self, connection: Connection) -> None:
        loop = asyncio.get_running_loop()
        listening = loop.create_task(self._hear(connection), name=f"listen to {self.name}")
        renewing = loop.create_task(self._renew(connection), name=f"look at {self.name} again")
        leaving = loop.create_task(self._leave.wait(), name="wait for a restart")
        ending = loop.create_task(connection.gone.event.wait(), name="wait for a server's end")
        tasks = (listening, renewing, leaving, ending)
        try:
            await asyncio.wait({leaving, ending}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._connection = None
            if connection.gone.event.is_set():
                self._become(ServerState.DEGRADED, self._fault(ToolServerError(connection.gone.why)))
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _hear(self, connection: Connection) -> None:
        """Hear of changes in the newer era; what the older one says comes as a message."""
        failures = 0
        while (is_ended := await self._heard(connection)) is not None:
            self._stale.set()  # what was missed meanwhile
            failures += is_ended
            await asyncio.sleep(backoff_s(failures) if is_ended else 0)
        await self._subscribe(connection)

    async def _heard(self, connection: Connection) -> bool | None:
        """Listen until the server ends that (True), or there is more to hear of (False); None where it can't tell."""
        loop = asyncio.get_running_loop()
        self.reads.more.clear()
        listening = loop.create_task(connection.listen(self, self.reads.addresses), name=f"listen to {self.name}")
        more = loop.create_task(self.reads.more.wait(), name="wait for what is read")
        try:
            await asyncio.wait({listening, more}, return_when=asyncio.FIRST_COMPLETED)
            is_over = listening.done()
        finally:
            listening.cancel()
            more.cancel()
            await asyncio.gather(listening, more, return_exceptions=True)
        return (listening.result() or None) if is_over else False

    async def _subscribe(self, connection: Connection) -> None:
        """Have a server of the older era tell of what was read, and of each that is read from now on."""
        asked: set[str] = set()
        while True:
            self.reads.more.clear()
            for uri in [each for each in self.reads.addresses if each not in asked]:
                asked.add(uri)
                try:
                    async with asyncio.timeout(self.entry.config.start_timeout_s):
                        await connection.subscribe(uri)
                except (ToolServerError, TimeoutError) as error:
                    why = told(error, self.entry.config.start_timeout_s)
                    self.log.add(f"it can't tell when {uri[:200]} changes: {why}")
            await self.reads.more.wait()

    async def _renew(self, connection: Connection) -> None:
        """List again what changed, at most once a second however often a server says so."""
        while True:
            await self._stale.wait()
            await asyncio.sleep(RELIST_S if self.state is ServerState.READY else 0)
            self._stale.clear()
            try:
                async with asyncio.timeout(self.entry.config.start_timeout_s):
                    await self._look(connection)
            except (ToolServerError, TimeoutError) as error:
                self.log.add(f"its tools could not be listed again: {told(error, self.entry.config.start_timeout_s)}")
                continue
            self._become(ServerState.READY, self._standing())

    async def _look(self, connection: Connection) -> None:
        """List what it has, and compare it with what was agreed to."""
        raw = await connection.tools()
        self._has_more = connection.is_cut["tools"]
        definitions = await in_thread(_definitions, raw, connection.instructions)
        self.about, self.protocol = connection.name, connection.protocol
        self.has_resources = connection.offers("resources")
        self.prompts = await connection.prompts() if connection.offers("prompts") else []
        pin = self.pins.get(self.entry.key)
        if pin is None or pin.tools is None:
            await in_thread(self.pins.first_tools, self.entry.key, definitions)
            self._settled_at = time.monotonic() + SETTLE_S
        elif time.monotonic() < self._settled_at:
            added = [each for each in definitions if each.name not in pin.tools]
            await in_thread(self.pins.approve_tools, self.entry.key, added)
        self._offer(definitions)

    def _offer(self, definitions: list[ToolDefinition]) -> None:
        pin = self.pins.get(self.entry.key)
        agreed = (pin.tools if pin is not None else None) or {}
        tools = {
            each.name: ServerTool(each.name, _state(agreed.get(each.name), each), agreed.get(each.name), each)
            for each in definitions
        }
        self.words = tools.pop(INSTRUCTIONS, None)
        for name, old in agreed.items():
            if name != INSTRUCTIONS:
                tools.setdefault(name, ServerTool(name, ToolState.GONE, old, None))
        self.tools = tools

    async def _ready(self, wait_s: float) -> Connection:
        """The connection, waited for while it is being made. Raises ToolServerError."""
        if self._live_connection is None and self.is_running and self.state is not ServerState.SUSPENDED:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    while self._live_connection is None and self.state not in (
                        ServerState.FAILED,
                        ServerState.SUSPENDED,
                    ):
                        self._moved.clear()
                        await self._moved.wait()
        connection = self._live_connection
        if connection is None:
            why = f": {self.detail}" if self.detail else ""
            raise ToolServerError(f"The server {self.name!r} can't be used now ({self.state.value}{why})")
        return connection

    @property
    def _live_connection(self) -> Connection | None:
        """The connection, unless it has ended and that was not seen to yet."""
        held = self._connection
        return held if held is not None and not held.gone.event.is_set() else None

    async def _bounded(
        self, ask: Callable[[Connection], Any], *, limit_s: float | None = None, is_again: bool = False
    ) -> Any:
        connection = await self._ready(RECONNECT_WAIT_S)
        limit_s = limit_s or self.entry.config.timeout_s
        try:
            async with asyncio.timeout(limit_s):
                return await ask(connection)
        except TimeoutError:
            raise ToolServerError(f"The server {self.name!r} did not answer within {limit_s:g} s") from None
        except ToolServerError as error:
            if connection.gone.is_forgotten and not is_again:
                return await self._bounded(ask, limit_s=limit_s, is_again=True)
            raise ToolServerError(f"The server {self.name!r}: {error}") from None

    def _standing(self) -> str:
        waiting = self.waiting_tools()
        if not waiting:
            return f"it has more than {len(self.tools):,} tools; only these are used" if self._has_more else ""
        tools = [each for each in waiting if each.name != INSTRUCTIONS]
        if not tools:
            return "what it wants models to be told changed or is new, and waits until you agree to it"
        names = ", ".join(each.name for each in tools[:5]) + (" …" if len(tools) > 5 else "")
        more = "; so do its instructions" if len(tools) < len(waiting) else ""
        return f"{len(tools)} of its tools changed or are new and wait until you agree to them: {names}{more}"

    def _why_suspended(self) -> str:
        pin = self.pins.get(self.entry.key)
        is_new = pin is None or not pin.hash
        why = "nobody agreed to it yet" if is_new else "how it is started is not what was agreed to"
        where = f"Settings, MCP servers, or loom mcp approve {self.name}"
        return f"{why}, so nothing of it has been started; a person agrees to it in {where}"

    def _fault(self, error: BaseException) -> str:
        """Why it could not be connected, in a sentence: where the server ended by itself, that, and its last word."""
        if self._gone is None or not self._gone.event.is_set():
            hint = self._gone.hint if self._gone is not None and not self._was_ready else ""
            return f"{told(error, self.entry.config.start_timeout_s)}{f'; {hint}' if hint else ''}"
        said = next((line for _, line in reversed(self.log.lines) if not line.startswith("[")), "")
        return f"{self._gone.why}{f'; it said: {said[:200]}' if said else ''}"

    def _become(self, state: ServerState, detail: str = "") -> None:
        self.state, self.detail = state, detail
        self._tell()

    def _tell(self) -> None:
        self._moved.set()
        for listener in list(self._listeners):
            listener()


@cache
def _import_connection() -> None:
    """Import the SDK, and what it imports by itself when it is first used."""
    importlib.import_module("loom.ecosystem.mcp.connection")
    anyio = importlib.import_module("anyio")
    anyio.run(anyio.sleep, 0)


def backoff_s(failures: int) -> float:
    """How long to wait after so many failures in a row, in seconds: up to twice as long each time, at most a minute."""
    most = min(BACKOFF_MOST_S, BACKOFF_FIRST_S * 2 ** min(max(0, failures - 1), 10))
    return random.uniform(0, most)  # noqa: S311  full jitter: twenty servers that fell together come back apart


def told(error: BaseException, limit_s: float) -> str:
    """A fault of connecting, in a sentence for a person."""
    while isinstance(error, BaseExceptionGroup):
        group = cast("BaseExceptionGroup[BaseException]", error)
        error = group.exceptions[0]
    if isinstance(error, TimeoutError):
        return f"it did not answer within {limit_s:g} s"
    text = str(error) or type(error).__name__
    return too_long(text) or visible(text)[:500]


def _definitions(raw: list[dict[str, Any]], instructions: str) -> list[ToolDefinition]:
    """What is agreed to one by one: the server's instructions, if it has any, and its tools."""
    found: dict[str, ToolDefinition] = {}
    if (told := read_instructions(instructions)) is not None:
        found[told.name] = told
    for each in raw:
        made = read_definition(each)
        found.setdefault(made.name, made)  # of two with one name the first: the other could not be called
    return list(found.values())


def _state(agreed: ToolDefinition | None, now: ToolDefinition) -> ToolState:
    if now.problem:
        return ToolState.REFUSED
    if agreed is None:
        return ToolState.NEW
    return ToolState.AGREED if agreed.hash == now.hash else ToolState.CHANGED
