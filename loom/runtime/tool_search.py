"""The tool by which a model finds other tools, where there are too many to be told of each."""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from loom.config.tools import ToolSpec
from loom.context.tokens import estimate_tool
from loom.errors import ToolExecutionError
from loom.tools.offering import ALWAYS, FIND_TOOLS, findable
from loom.types.runs import RunContext

if TYPE_CHECKING:
    from loom.runtime.engine import Engine

MANY_TOKENS = 6_000
"""Above this, in tokens of their definitions, tools are only told of once they were found."""
MOST_FOUND = 8
MOST_GROUPS = 20
SLICE = 25
READ_CHARS = 2_000
LINE_CHARS = 160
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")
_WRITTEN = json.JSONEncoder(default=str)
_SAME = ("ing", "ies", "es", "ed", "s", "e")


def offer_search(engine: Engine) -> None:
    """Give an agent with many tools the one that searches them; what it says of them is up to date."""
    tools = engine.gate.tools
    many = findable(tools.values())
    if not is_many(many):
        tools.pop(FIND_TOOLS, None)
        return
    description = _description(many)
    known = tools.get(FIND_TOOLS)
    if known is None or known.description != description:
        tools[FIND_TOOLS] = _spec(engine, description)


def is_many(tools: Iterable[ToolSpec]) -> bool:
    """Whether these tools are too many to be told of all at once."""
    room = MANY_TOKENS
    for tool in tools:
        room -= estimate_tool(tool.name, tool.description, _WRITTEN.encode(tool.to_input_schema()))
        if room < 0:
            return True
    return False


async def prepare_search(tools: Sequence[ToolSpec]) -> None:
    """Read the words of tools, in slices, so that whoever shares the loop goes on; each is read once."""
    for number, tool in enumerate(tools):
        _words_of(tool)
        if number % SLICE == 0:
            await asyncio.sleep(0)


def search(tools: Sequence[ToolSpec], query: str, limit: int = MOST_FOUND) -> list[ToolSpec]:
    """The tools whose names and descriptions fit the words best; what is rare counts more, a name most.

    Exact names come first. Nothing fits a query without a word in common.
    """
    wanted = list(dict.fromkeys(_words(query)))
    asked = {part.strip("\"'`,;:").casefold() for part in query.split()}
    read = [(tool, _words_of(tool)) for tool in tools]
    rarity = {word: math.log(1 + len(read) / (1 + sum(word in words.any for _, words in read))) for word in wanted}

    def score(tool: ToolSpec, words: _Words) -> float:
        if tool.name.casefold() in asked:
            return 1e6
        total = sum(
            rarity[word] * (3 * (word in words.name) + min(2, words.about[word]) + 0.5 * (word in words.arguments))
            for word in wanted
            if word in words.any
        )
        return total / words.length

    scored = [(tool, points) for tool, words in read if (points := score(tool, words)) > 0]
    best = sorted(scored, key=lambda each: (-each[1], each[0].name))
    return [tool for tool, _ in best[: max(1, limit)]]


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of one tool; `length` makes a long description count less."""

    name: frozenset[str]
    about: Counter[str]
    arguments: frozenset[str]
    any: frozenset[str]
    length: float


def _words_of(tool: ToolSpec) -> _Words:
    properties: Any = tool.to_input_schema().get("properties")
    names = " ".join(map(str, properties)) if isinstance(properties, dict) else ""  # pyright: ignore[reportUnknownArgumentType]
    return _read_words(tool.name, tool.description, names)


@lru_cache(maxsize=8192)
def _read_words(name: str, description: str, arguments: str) -> _Words:
    named, given = frozenset(_words(name)), frozenset(_words(arguments))
    about = Counter(_words(description[:READ_CHARS]))
    return _Words(named, about, given, named | given | frozenset(about), 1 + 0.02 * sum(about.values()))


def _spec(engine: Engine, description: str) -> ToolSpec:
    async def find_tools(query: str, context: RunContext) -> str:
        """Find tools.

        Args:
            query: what you want to do, in a few words, or names of tools
            context: the run
        """
        keeper = engine.keepers.get(context.session_id)
        if keeper is None:
            raise ToolExecutionError("This session has ended, and its context with it", tool=FIND_TOOLS)
        tools = findable(engine.gate.tools.values())
        await prepare_search(tools)
        found = search(tools, query)
        if not found:
            return f"No tool of {len(tools)} fits {query!r}. Try other words: what it works on, or the service's name."
        keeper.offer([tool.name for tool in found], query)
        lines = [f"- {tool.name}: {_line(tool.description)}" for tool in found]
        return "\n".join(["You can call these from your next step on:", *lines])

    return ToolSpec.from_function(find_tools, description=description, read_only=True, extensions={ALWAYS: True})


def _description(tools: Sequence[ToolSpec]) -> str:
    groups = Counter(tool.name.split("__", 1)[0] if "__" in tool.name else "" for tool in tools)
    named = [f"{name} ({count})" for name, count in groups.most_common() if name]
    from_servers = f" Among them are those of {', '.join(named[:MOST_GROUPS])}." if named else ""
    return (
        f"Find tools by what they do: {len(tools)} more than you are told of can be called once they were found."
        f"{from_servers} Search before you say that something can't be done."
    )


def _line(description: str) -> str:
    line = " ".join(description.split())
    return line if len(line) <= LINE_CHARS else line[: LINE_CHARS - 1] + "…"


def _words(text: str) -> list[str]:
    return [_stem(word.casefold()) for word in _WORD.findall(text)]


def _stem(word: str) -> str:
    for end in _SAME:
        if word.endswith(end) and len(word) - len(end) >= 3:
            return word[: -len(end)]
    return word
