"""One connection to a server over the official SDK: opened and closed by one task, used by any.

Imported in a thread when the first server is connected: the SDK takes most of a second.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, cast

import httpx2
import pydantic
from mcp import Client, MCPError
from mcp import types as wire
from mcp.client.streamable_http import streamable_http_client
from mcp.client.subscriptions import (
    ListenNotSupportedError,
    PromptsListChanged,
    ResourceUpdated,
    SubscriptionLost,
    ToolsListChanged,
)

from loom import __version__
from loom.config.mcp import MCPTransportType
from loom.ecosystem.mcp import http_bounds
from loom.ecosystem.mcp.definitions import MOST_TOOLS, read_schema
from loom.ecosystem.mcp.faults import too_long
from loom.ecosystem.mcp.http_bounds import watched_client
from loom.ecosystem.mcp.launch import Launch
from loom.ecosystem.mcp.log import ServerLog
from loom.ecosystem.mcp.older_sse import older_transport
from loom.ecosystem.mcp.stdio import Gone, stdio_transport
from loom.errors import ToolServerError
from loom.threads import in_thread
from loom.tools.schema_check import schema_fault

# What goes wrong with a connection is its server's state, and a line in its log; the SDK would log a traceback, too.
logging.getLogger("mcp.client").setLevel(logging.CRITICAL)
# Its sessions log as "client", which may be somebody's own name, too.
logging.getLogger("client").addFilter(lambda record: Path(record.pathname).parts[-3:-1] != ("mcp", "client"))
MOST_PAGES = 100
_PING = {"jsonrpc": "2.0", "id": 0, "method": "ping"}
_ACCEPT = {"Accept": "application/json, text/event-stream"}
CLOSED, TIMED_OUT = wire.CONNECTION_CLOSED, wire.REQUEST_TIMEOUT
BROKEN = (httpx2.HTTPError, ConnectionError, OSError)


class Hooks(Protocol):
    """What a server may ask of us while it is connected."""

    async def elicit(self, params: dict[str, Any]) -> dict[str, Any]:
        """The person's answer to a form or an address, as `ElicitResult` has it."""
        ...

    async def sample(self, params: dict[str, Any]) -> dict[str, Any]:
        """The model's answer, as `CreateMessageResult` has it. Raises ToolServerError for a no."""
        ...

    @property
    def roots(self) -> list[Path]:
        """The folders that a server may work in."""
        ...

    def changed(self, what: str) -> None:
        """The list of `tools`, `prompts` or `resources` is another."""
        ...

    def updated(self, uri: str) -> None:
        """What is at this address is another."""
        ...


@dataclass
class Connection:
    """A server that is connected. What it says is plain JSON, as on the wire."""

    client: Client
    gone: Gone
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    """What tools say that their structured results are, so far as that can be checked."""
    is_cut: dict[str, bool] = field(default_factory=dict[str, bool])
    """Of `tools`, `resources` and the like, whether there were more than are listed."""

    @property
    def protocol(self) -> str:
        """The protocol's version, a date."""
        return self.client.protocol_version

    @property
    def name(self) -> str:
        """What the server calls itself, and its version."""
        info = self.client.server_info
        return f"{info.title or info.name} {info.version}".strip()[:200] if info is not None else ""

    @property
    def instructions(self) -> str:
        """What the server wants models to be told."""
        return self.client.instructions or ""

    def offers(self, what: str) -> bool:
        """Whether the server has `resources` or `prompts`."""
        return getattr(self.client.server_capabilities, what, None) is not None

    async def tools(self) -> list[dict[str, Any]]:
        """Every tool, over all pages."""
        found = await self._pages(self.client.list_tools, "tools")
        self.outputs = await in_thread(_outputs, found)
        return found

    async def resources(self) -> list[dict[str, Any]]:
        """Every resource, over all pages."""
        return await self._pages(self.client.list_resources, "resources")

    async def prompts(self) -> list[dict[str, Any]]:
        """Every prompt, over all pages."""
        return await self._pages(self.client.list_prompts, "prompts")

    async def call(
        self,
        tool: str,
        arguments: dict[str, Any],
        progress: Any,
    ) -> dict[str, Any]:
        """What a tool gives. Raises ToolServerError for a fault of the protocol or the connection."""
        with self._told():
            result = _plain(await self.client.call_tool(tool, arguments, progress_callback=progress))
        schema, structured = self.outputs.get(tool), result.get("structuredContent")
        if schema is None or structured is None or result.get("isError"):
            return result
        if fault := await in_thread(schema_fault, schema, structured):
            raise ToolServerError(f"its answer can't be used: it is not what {tool!r} says that it gives ({fault})")
        return result

    async def read(self, uri: str) -> dict[str, Any]:
        """What a resource holds. Raises ToolServerError."""
        with self._told():
            return _plain(await self.client.read_resource(uri))

    async def prompt(self, name: str, arguments: dict[str, str]) -> dict[str, Any]:
        """The messages of a prompt. Raises ToolServerError."""
        with self._told():
            return _plain(await self.client.get_prompt(name, arguments))

    async def templates(self) -> list[dict[str, Any]]:
        """Every address of resources with places to fill in, over all pages."""
        return await self._pages(self.client.list_resource_templates, "resource_templates")

    async def complete(self, about: dict[str, str], name: str, begun: str, others: dict[str, str]) -> dict[str, Any]:
        """What may stand for an argument of a prompt or an address. Raises ToolServerError."""
        is_prompt = about["type"] == "ref/prompt"
        kind = wire.PromptReference if is_prompt else wire.ResourceTemplateReference
        with self._told():
            argument = {"name": name, "value": begun}
            answer = await self.client.complete(kind.model_validate(about), argument, others or None)
            return _plain(answer.completion)

    async def subscribe(self, uri: str) -> None:
        """Have a server of the older era say when what is at this address changes, if it can.

        Raises ToolServerError.
        """
        able = self.client.server_capabilities.resources
        if able is not None and able.subscribe:
            request = wire.SubscribeRequest(params=wire.SubscribeRequestParams(uri=uri))
            with self._told():
                await self.client.session.send_request(request, wire.EmptyResult)

    async def listen(self, hooks: Hooks, addresses: Sequence[str]) -> bool:
        """Hear of changes until the server ends that (True), or can't tell of them so (False)."""
        try:
            async with self.client.listen(
                tools_list_changed=True,
                prompts_list_changed=True,
                resources_list_changed=True,
                resource_subscriptions=addresses,
            ) as heard:
                async for event in heard:
                    if isinstance(event, ResourceUpdated):
                        hooks.updated(event.uri)
                    else:
                        hooks.changed(_what(event))
        except ListenNotSupportedError:
            return False
        except SubscriptionLost:
            return True
        except (MCPError, TimeoutError):
            return False
        return True

    async def _pages(self, ask: Callable[..., Awaitable[Any]], what: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        with self._told():
            for _ in range(MOST_PAGES):
                page = await ask(cursor=cursor, cache_mode="refresh")
                found += [_plain(each) for each in getattr(page, what)]
                if page.next_cursor is None or page.next_cursor == cursor:
                    self.is_cut[what] = len(found) > MOST_TOOLS
                    break
                cursor, self.is_cut[what] = page.next_cursor, True
                if len(found) >= MOST_TOOLS:
                    break
        return found[:MOST_TOOLS]

    @contextlib.contextmanager
    def _told(self) -> Any:
        """Faults of the protocol as errors that a person can read; those of the connection also end it."""
        try:
            yield
        except MCPError as error:
            if told := too_long(error.message):
                raise ToolServerError(told) from None  # that answer alone is lost: the server still knows us
            if error.code == CLOSED:
                self.gone.set("the connection was closed")
            raise ToolServerError(error.message[:1_000] or f"protocol error {error.code}") from None
        except pydantic.ValidationError as error:
            raise ToolServerError(f"its answer is not what the protocol says ({error.error_count()} faults)") from None
        except BROKEN as error:
            self.gone.set(f"the connection broke: {error}")
            raise ToolServerError(f"the connection broke: {error or type(error).__name__}") from None
        except RuntimeError as error:  # what the SDK raises for results that break the tool's own schema
            raise ToolServerError(f"its answer can't be used: {str(error)[:500]}") from None


@asynccontextmanager
async def connected(
    launch: Launch, log: ServerLog, gone: Gone, hooks: Hooks, auth: httpx2.Auth | None = None
) -> AsyncGenerator[Connection]:
    """Start or reach a server, and agree on a protocol of either era. Entered and left by the same task.

    Raises ToolServerError, and what the SDK raises for a server that does not speak the protocol.
    """
    client = Client(
        _transport(launch, log, gone, auth),
        elicitation_callback=_elicitation(hooks),
        sampling_callback=_sampling(hooks),
        list_roots_callback=_roots(hooks),
        logging_callback=_logging(log),
        message_handler=_messages(hooks, log),
        client_info=wire.Implementation(name="loom", version=__version__),
        cache=None,
    )
    async with client:
        client.session.validate_tool_result = _not_here
        yield Connection(client, gone)


def _transport(
    launch: Launch, log: ServerLog, gone: Gone, auth: httpx2.Auth | None
) -> AbstractAsyncContextManager[Any]:
    match launch.transport:
        case MCPTransportType.STDIO:
            return stdio_transport(launch, log, gone)
        case MCPTransportType.SSE:
            return older_transport(launch, log, gone, auth)
        case _:
            return _http(launch, gone, auth)


@asynccontextmanager
async def _http(launch: Launch, gone: Gone, auth: httpx2.Auth | None) -> AsyncGenerator[Any]:
    async with watched_client(gone, dict(launch.headers), auth=auth) as http:
        if auth is not None:
            # The SDK gives its first request ten seconds, in which nobody signs in: so a request of ours goes before.
            async with http.stream("POST", launch.url, json=_PING, headers=_ACCEPT):
                pass
        longest = http_bounds.LONGEST_ANSWER_BYTES
        async with streamable_http_client(launch.url, http_client=http, max_sse_event_size=longest) as streams:
            yield streams


async def _not_here(name: str, result: wire.CallToolResult) -> None:
    """Instead of the SDK's check of structured results: that is made on the loop, with patterns, and may never end."""


def _outputs(tools: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for tool in tools:
        schema: Any = tool.get("outputSchema")
        if isinstance(schema, dict) and cast("dict[str, Any]", schema).get("type") == "object":
            with contextlib.suppress(ValueError):  # what can't be checked safely is not checked: it is text for a model
                found[str(tool.get("name"))] = read_schema(schema)
    return found


def _elicitation(hooks: Hooks) -> Any:
    async def elicit(_context: Any, params: wire.ElicitRequestParams) -> wire.ElicitResult | wire.ErrorData:
        return wire.ElicitResult.model_validate(await hooks.elicit(_plain(params)))

    return elicit


def _sampling(hooks: Hooks) -> Any:
    async def sample(
        _context: Any, params: wire.CreateMessageRequestParams
    ) -> wire.CreateMessageResult | wire.ErrorData:
        try:
            return wire.CreateMessageResult.model_validate(await hooks.sample(_plain(params)))
        except ToolServerError as error:
            return wire.ErrorData(code=-1, message=str(error))

    return sample


def _roots(hooks: Hooks) -> Any:
    async def roots(_context: Any) -> wire.ListRootsResult | wire.ErrorData:
        folders = [{"uri": folder.as_uri(), "name": folder.name} for folder in hooks.roots]
        return wire.ListRootsResult.model_validate({"roots": folders})

    return roots


def _logging(log: ServerLog) -> Any:
    async def logged(params: wire.LoggingMessageNotificationParams) -> None:
        said: Any = params.data
        log.add(said if isinstance(said, str) else str(said)[:2_000], params.level)

    return logged


def _messages(hooks: Hooks, log: ServerLog) -> Any:
    async def message(said: Any) -> None:
        if isinstance(said, Exception):
            log.add(str(said)[:500], "not a message")
        elif isinstance(said, wire.ToolListChangedNotification):
            hooks.changed("tools")
        elif isinstance(said, wire.PromptListChangedNotification):
            hooks.changed("prompts")
        elif isinstance(said, wire.ResourceListChangedNotification):
            hooks.changed("resources")
        elif isinstance(said, wire.ResourceUpdatedNotification):
            hooks.updated(str(said.params.uri))

    return message


def _what(event: Any) -> str:
    if isinstance(event, ToolsListChanged):
        return "tools"
    return "prompts" if isinstance(event, PromptsListChanged) else "resources"


def _plain(model: pydantic.BaseModel) -> dict[str, Any]:
    return model.model_dump(by_alias=True, mode="json", exclude_none=True)
