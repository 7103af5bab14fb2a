"""Prompts that servers bring, as slash commands: `/server:prompt`, with arguments in their order or by name."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from loom.ecosystem.mcp.agent_servers import AgentServers
from loom.ecosystem.mcp.asks import visible
from loom.ecosystem.mcp.results import text_of_prompt
from loom.ecosystem.mcp.server import McpServer
from loom.errors import ToolServerError
from loom.threads import in_thread

_COMMAND = re.compile(r"/([A-Za-z0-9][A-Za-z0-9._-]*):(\S+)(?:\s+(.*))?$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class PromptArgument:
    """What a prompt wants to know. Its texts come from the server; nothing in them is invisible."""

    name: str
    description: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class ServerPrompt:
    """A prompt of a server, and what it is for."""

    server: str
    name: str
    description: str = ""
    arguments: tuple[PromptArgument, ...] = ()

    @property
    def command(self) -> str:
        """How it is called for, without the slash."""
        return f"{self.server}:{self.name}"

    @property
    def usage(self) -> str:
        """Its arguments in a line."""
        return " ".join(f"{each.name}=…" if each.required else f"[{each.name}=…]" for each in self.arguments)

    def given(self, text: str) -> dict[str, str]:
        """The arguments that a text gives, in their order or by name. Raises ToolServerError for what it can't take."""
        try:
            words = shlex.split(text)
        except ValueError as error:
            raise ToolServerError(f"The arguments of /{self.command} can't be read: {error}") from None
        names = [each.name for each in self.arguments]
        given: dict[str, str] = {}
        for word in words:
            name, sign, value = word.partition("=")
            if sign and name in names:
                given[name] = value
                continue
            free = next((each for each in names if each not in given), None)
            if free is None:
                raise ToolServerError(f"/{self.command} takes no {word!r}; it takes: {self.usage or 'nothing'}")
            given[free] = word
        return given

    def missing(self, given: Mapping[str, str]) -> list[str]:
        """The names of the arguments that it needs and does not have."""
        return [each.name for each in self.arguments if each.required and each.name not in given]

    def line(self, given: Mapping[str, str]) -> str:
        """The command with these arguments, as a person would type it."""
        return " ".join([f"/{self.command}", *(shlex.quote(f"{name}={value}") for name, value in given.items())])


def prompts_of(servers: AgentServers) -> list[ServerPrompt]:
    """Every prompt of the servers that are connected."""
    return [_prompt(server, raw) for server in servers.servers for raw in server.prompts]


async def called(servers: AgentServers, text: str) -> tuple[ServerPrompt, str] | None:
    """The prompt that `text` calls, and the text of its arguments; None for any other text."""
    found = _COMMAND.match(text.strip())
    if found is None:
        return None
    await servers.prepare()
    prompt = next((each for each in prompts_of(servers) if (each.server, each.name) == (found[1], found[2])), None)
    return (prompt, found[3] or "") if prompt is not None else None


async def expanded(servers: AgentServers, text: str) -> str:
    """What the prompt says that `text` calls, marked as the server's words; any other text as it is.

    Raises ToolServerError for an argument that is missing or not known, and for a server that does not answer.
    """
    found = await called(servers, text)
    if found is None:
        return text
    prompt, rest = found
    given = prompt.given(rest)
    if missing := prompt.missing(given):
        raise ToolServerError(f"/{prompt.command} needs {', '.join(missing)}; write: /{prompt.command} {prompt.usage}")
    result = await servers.server(prompt.server).prompt(prompt.name, given)
    said = (await in_thread(text_of_prompt, result)).replace("</prompt", "&lt;/prompt")
    # It must not begin with a slash: that would call for a skill or a plugin's command of the same name.
    return f'Prompt {text.strip()}\n\n<prompt server="{prompt.server}" name="{prompt.name}">\n{said}\n</prompt>'


def _prompt(server: McpServer, raw: dict[str, Any]) -> ServerPrompt:
    wanted = cast("list[dict[str, Any]]", raw.get("arguments") or [])
    arguments = tuple(
        PromptArgument(visible(str(each.get("name"))), _line(each.get("description")), each.get("required") is True)
        for each in wanted
    )
    return ServerPrompt(server.name, str(raw.get("name")), _line(raw.get("description") or raw.get("title")), arguments)


def _line(text: Any) -> str:
    return " ".join(visible(str(text or "")).split())[:300]
