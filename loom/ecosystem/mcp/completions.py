"""What a server proposes for an argument of a prompt, or of the address of a resource, while a person types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from loom.ecosystem.mcp.asks import visible
from loom.ecosystem.mcp.server import McpServer

LIMIT_S = 3.0
"""How long is waited for an answer: a person types meanwhile."""
MOST, LONGEST_CHARS = 100, 500


@dataclass(frozen=True, slots=True)
class Completions:
    """The values that a server proposes, in its order, and whether it has more of them."""

    values: tuple[str, ...] = ()
    has_more: bool = False


async def complete_prompt(
    server: McpServer, prompt: str, argument: str, begun: str, given: Mapping[str, str] | None = None
) -> Completions:
    """What may stand for an argument of a prompt that `begun` begins; `given` are the others, so far as there are any.

    A server that completes nothing proposes nothing. Raises ToolServerError for one that does not answer in three
    seconds, refuses, or can't be used now.
    """
    return await _completed(server, {"type": "ref/prompt", "name": prompt}, argument, begun, given)


async def complete_address(
    server: McpServer, template: str, argument: str, begun: str, given: Mapping[str, str] | None = None
) -> Completions:
    """What may stand for a place in the address of a resource (`McpServer.templates`); as `complete_prompt`."""
    return await _completed(server, {"type": "ref/resource", "uri": template}, argument, begun, given)


async def _completed(
    server: McpServer, about: dict[str, str], argument: str, begun: str, given: Mapping[str, str] | None
) -> Completions:
    others = {name: value for name, value in (given or {}).items() if name != argument and value}
    answer = await server.complete(about, argument, begun, others, LIMIT_S)
    raw: Any = answer.get("values")
    said = cast("list[Any]", raw) if isinstance(raw, list) else []
    # What can't be seen, or is no line, is nothing that a person chooses.
    fine = [each for each in said if isinstance(each, str) and each and visible(each) == each and "\n" not in each]
    kept = [each for each in dict.fromkeys(fine) if len(each) <= LONGEST_CHARS]
    return Completions(tuple(kept[:MOST]), answer.get("hasMore") is True or len(kept) > MOST)
