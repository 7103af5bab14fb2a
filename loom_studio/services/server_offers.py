"""What the tool servers of a conversation offer to the person: things to attach, and prompts as commands."""

from __future__ import annotations

import asyncio
import base64
import binascii
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from loom.errors import LoomError
from loom.threads import in_thread
from loom_studio.services.attachments import TEXT_LIMIT_BYTES, Attachment, AttachmentError, attachment
from loom_studio.texts import tr

if TYPE_CHECKING:
    from loom.agent import Agent
    from loom.ecosystem.mcp.agent_servers import AgentServers
    from loom.ecosystem.mcp.prompts import ServerPrompt
    from loom.ecosystem.mcp.server import McpServer
    from loom_studio.services.commands import SlashCommand

FRESH_S = 10.0
"""For so long lists, and which servers there are, are taken as they were: a person types meanwhile."""
LIST_LIMIT_S = 3.0
"""How long a list is waited for while a person types; one that comes later is there the next time."""


class Resource(NamedTuple):
    """Something that a server has to read: its address there, and what it is called."""

    server: str
    uri: str
    title: str = ""

    @property
    def label(self) -> str:
        """How it stands in a message, after the @."""
        return f"{self.server}:{self.uri}"


class ServerOffers:
    """Asks the servers of one agent. `made` gives the agent, made if it was not; `there` the one that is there.

    `has_servers` says whether the agent may use any: without one, no agent is made to look.
    """

    def __init__(
        self,
        made: Callable[[], Awaitable[Agent]],
        there: Callable[[], Agent | None],
        has_servers: Callable[[], Awaitable[bool]],
    ) -> None:
        self._made, self._there, self._has_servers = made, there, has_servers
        self._has_any = False
        self._in_use: AgentServers | None = None
        self._looked_at = 0.0
        self._listed: dict[tuple[int, int], tuple[float, list[Resource]]] = {}

    def known(self) -> list[str]:
        """The names of the connected servers that have something to attach; asks nobody."""
        agent = self._there()
        servers = agent.servers.servers if agent is not None and agent.servers is not None else []
        return [each.name for each in servers if _is_ready(each) and each.has_resources]

    def connecting(self) -> list[str]:
        """The names of the servers that are being connected; asks nobody."""
        agent = self._there()
        servers = agent.servers.servers if agent is not None and agent.servers is not None else []
        return [each.name for each in servers if each.state.value == "connecting"]

    async def resources(self) -> list[Resource]:
        """What the connected servers have to attach, so far as they say it in three seconds."""
        servers = await self._used()
        if servers is None:
            return []
        ready = [each for each in servers.servers if _is_ready(each) and each.has_resources]
        lists = await asyncio.gather(*(self._list(each) for each in ready))
        return [each for found in lists for each in found]

    async def read(self, resource: Resource) -> list[Attachment]:
        """What a server has at an address, to be attached. Raises LoomError."""
        servers = await self._used()
        if servers is None:
            raise AttachmentError(
                tr("{name} can't be attached: there is no server {server}", name=resource.label, server=resource.server)
            )
        result = await servers.read(resource.server, resource.uri)
        return await in_thread(attachments_of, resource, result)

    def watch(self, resource: Resource, changed: Callable[[], None]) -> Callable[[], None]:
        """Have `changed` called each time the server says that what was read there is another; returns what ends it."""
        agent = self._there()
        if agent is None or agent.servers is None:
            return lambda: None
        return agent.servers.server(resource.server).reads.listen(resource.uri, changed)

    async def prompts(self) -> list[SlashCommand]:
        """The prompts of the connected servers, as commands."""
        from loom.ecosystem.mcp.prompts import prompts_of

        servers = await self._used()
        found = prompts_of(servers) if servers is not None else []
        from loom_studio.services.commands import SlashCommand  # a window is shown without it

        return [SlashCommand(each.command, each.usage, each.description, is_own=False) for each in found]

    async def called(self, text: str) -> tuple[ServerPrompt, dict[str, str]] | None:
        """The prompt that a message calls, with the arguments that it gives; None for another message.

        Raises ToolServerError for arguments that it can't take.
        """
        servers = await self._used() if text.startswith("/") and ":" in text.split(None, 1)[0] else None
        if servers is None:
            return None
        from loom.ecosystem.mcp.prompts import called

        found = await called(servers, text)
        return (found[0], found[0].given(found[1])) if found is not None else None

    async def complete(self, prompt: ServerPrompt, argument: str, given: dict[str, str], begun: str) -> list[str]:
        """What the server proposes for an argument; nothing where it can't be asked, which is no fault of typing."""
        from loom.ecosystem.mcp.completions import complete_prompt

        servers = await self._used()
        if servers is None:
            return []
        with suppress(LoomError):
            server = servers.server(prompt.server)
            return list((await complete_prompt(server, prompt.name, argument, begun, given)).values)
        return []

    async def expanded(self, prompt: str) -> str:
        """The message; where it calls a prompt of a server (`/server:prompt`), what that says. Raises LoomError."""
        agent = self._there()
        if agent is None or agent.servers is None or not prompt.startswith("/"):
            return prompt
        from loom.ecosystem.mcp.prompts import expanded

        return await expanded(agent.servers, prompt)

    async def _used(self) -> AgentServers | None:
        """The agent's servers, in use; None where it can have none, or can't be made."""
        is_fresh = bool(self._looked_at) and time.monotonic() - self._looked_at < FRESH_S
        with suppress(LoomError):  # why it can't be made is said when a message is sent
            if not is_fresh:
                self._has_any = self._there() is not None or await self._has_servers()
                self._looked_at = time.monotonic()
            servers = (await self._made()).servers if self._has_any else None
            if servers is not None and not (is_fresh and servers is self._in_use):
                self._in_use = servers
                await servers.use_all()
            return servers
        return None

    async def _list(self, server: McpServer) -> list[Resource]:
        key = id(server), server.resources_version
        at, found = self._listed.get(key, (0.0, []))
        if at and time.monotonic() - at < FRESH_S:
            return found
        try:
            async with asyncio.timeout(LIST_LIMIT_S):
                raw = await server.resources()
        except (LoomError, TimeoutError):
            return found
        named = [(str(each.get("uri", "")), str(each.get("title") or each.get("name") or "")) for each in raw]
        found = [Resource(server.name, uri, title) for uri, title in named if uri and not set(uri) & set(" \n\t@")]
        self._listed = {each: kept for each, kept in self._listed.items() if each[0] != key[0]}
        self._listed[key] = time.monotonic(), found
        return found


def attachments_of(resource: Resource, result: dict[str, Any]) -> list[Attachment]:
    """The parts of a resource (`ReadResourceResult`), each with the server and the address that it is from; blocks.

    Raises AttachmentError for what no model reads, and what is too large.
    """
    parts = cast("list[dict[str, Any]]", result.get("contents") or [])
    if not parts:
        raise AttachmentError(tr("{name} can't be attached: there is nothing in it", name=resource.label))
    return [_part(resource.server, str(part.get("uri") or resource.uri), part) for part in parts]


def _part(server: str, uri: str, part: dict[str, Any]) -> Attachment:
    from loom.types.content import TextBlock

    name = f"{server}:{uri}"
    if "text" not in part:
        try:
            return attachment(name, base64.b64decode(str(part.get("blob", "")), validate=True))
        except binascii.Error:
            raise AttachmentError(
                tr("{name} can't be attached: what the server gave is not valid base64", name=name)
            ) from None
    text = str(part["text"])
    if len(text.encode()) > TEXT_LIMIT_BYTES:
        raise AttachmentError(
            tr(
                "{name} can't be attached: it has more than {limit:,} bytes, the most that is sent",
                name=name,
                limit=TEXT_LIMIT_BYTES,
            )
        )
    from html import escape  # a window is shown without it

    told = text.replace("</resource", "&lt;/resource")
    head = f'<resource server="{escape(server)}" uri="{escape(uri)}">'
    return Attachment(name, TextBlock(text=f"{head}\n{told}\n</resource>"))


def _is_ready(server: McpServer) -> bool:
    return server.state.value == "ready"
