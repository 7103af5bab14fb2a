"""Prompts that servers bring, as slash commands: `/server:prompt`, with arguments in their order or by name."""

from __future__ import annotations

import re
import shlex
from typing import Any

from loom.ecosystem.mcp.agent_servers import AgentServers
from loom.ecosystem.mcp.results import text_of_prompt
from loom.ecosystem.mcp.server import McpServer
from loom.errors import ToolServerError
from loom.threads import in_thread

_COMMAND = re.compile(r"/([A-Za-z0-9][A-Za-z0-9._-]*):(\S+)(?:\s+(.*))?$", re.DOTALL)


def prompt_commands(servers: AgentServers) -> list[tuple[str, str]]:
    """Every prompt as a slash command, and what it is for."""
    return [
        (f"/{server.name}:{prompt.get('name')}", str(prompt.get("description") or prompt.get("title") or ""))
        for server in servers.servers
        for prompt in server.prompts
    ]


async def expanded(servers: AgentServers, text: str) -> str:
    """The text of the prompt that `text` calls; any other text as it is.

    Raises ToolServerError for an argument that is missing or not known, and for a server that does not answer.
    """
    found = _COMMAND.match(text.strip())
    if found is None:
        return text
    await servers.prepare()
    server = next((each for each in servers.servers if each.name == found[1]), None)
    prompt = next((each for each in server.prompts if each.get("name") == found[2]), None) if server else None
    if server is None or prompt is None:
        return text
    arguments = _arguments(server, prompt, found[3] or "")
    said = await in_thread(text_of_prompt, await server.prompt(found[2], arguments))
    return said or text


def _arguments(server: McpServer, prompt: dict[str, Any], text: str) -> dict[str, str]:
    wanted: list[dict[str, Any]] = prompt.get("arguments") or []
    names = [str(each.get("name")) for each in wanted]
    command = f"/{server.name}:{prompt.get('name')}"
    usage = " ".join(
        f"{name}=…" if each.get("required") else f"[{name}=…]" for name, each in zip(names, wanted, strict=True)
    )
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ToolServerError(f"The arguments of {command} can't be read: {error}") from None
    given: dict[str, str] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if sign and name in names:
            given[name] = value
            continue
        free = next((each for each in names if each not in given), None)
        if free is None:
            raise ToolServerError(f"{command} takes no {word!r}; it takes: {usage or 'nothing'}")
        given[free] = word
    missing = [name for name, each in zip(names, wanted, strict=True) if each.get("required") and name not in given]
    if missing:
        raise ToolServerError(f"{command} needs {', '.join(missing)}; write: {command} {usage}")
    return given
