"""The knowledge of every agent in the library: how its indexes stand, and what makes and asks them. Knows no widget."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from loom.errors import ConfigError, LoomError
from loom.threads import in_thread
from loom_studio.runtime_words import said_of
from loom_studio.services.agents import AgentLibrary
from loom_studio.texts import tr

if TYPE_CHECKING:
    from loom.config.agent import AgentConfig
    from loom.knowledge.base import KnowledgeBase
    from loom.knowledge.index import Document, Hit
    from loom.knowledge.reader import SourceStatus
    from loom.knowledge.update import Outcome, Progress

MOST_PROBLEMS = 500


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A source of an agent, and how it stands."""

    agent: str
    status: SourceStatus

    @property
    def key(self) -> tuple[str, str]:
        """The agent and the source, by name."""
        return self.agent, self.status.name

    @property
    def has_index(self) -> bool:
        """Whether there is something to index."""
        return self.status.kind in ("path", "url")


@dataclass(frozen=True, slots=True)
class _Held:
    config: AgentConfig
    workspace: Path
    base: KnowledgeBase


class KnowledgeService:
    """Opens each agent's knowledge as its file says now, for the workspace of now.

    `environment` gives the keys that embedders need.
    """

    def __init__(
        self, library: AgentLibrary, workspace: Callable[[], Path], environment: Callable[[], Mapping[str, str]]
    ) -> None:
        self._library = library
        self._workspace = workspace
        self._environment = environment
        self._held: dict[str, _Held] = {}
        self.problems_of_agents: list[str] = []

    async def lines(self) -> list[SourceLine]:
        """The sources of every agent that has some; what is wrong with an agent is in `problems_of_agents`."""
        workspace, found = self._workspace(), list[SourceLine]()
        self.problems_of_agents = []
        wanted = {each.name: each.config for each in self._library.entries if each.config and each.config.knowledge}
        for name in self._held.keys() - wanted.keys():
            await self._held.pop(name).base.aclose()
        for name, config in wanted.items():
            try:
                base = await self._base(name, config, workspace)
                found += [SourceLine(name, status) for status in await base.status()]
            except LoomError as error:
                self.problems_of_agents.append(f"{name}: {said_of(error)}")
        return found

    async def update(self, key: tuple[str, str], say: Callable[[Progress], None], *, anew: bool = False) -> Outcome:
        """Bring an index up to date, or make it anew. Raises LoomError."""
        base = self._of(key)
        return await (base.rebuild if anew else base.update)(key[1], say)

    def stop(self, key: tuple[str, str]) -> None:
        """End what updates an index; what was read by then stays."""
        self._of(key).stop(key[1])

    async def problems(self, key: tuple[str, str]) -> list[Document]:
        """The documents that could not be read, with why."""
        return await self._of(key).problems(key[1], MOST_PROBLEMS)

    async def search(self, key: tuple[str, str], question: str, limit: int = 20) -> list[Hit]:
        """The ranked pieces of an index, with why. Raises LoomError."""
        return await self._of(key).search(key[1], question, limit)

    async def aclose(self) -> None:
        """End what is under way."""
        for held in self._held.values():
            await held.base.aclose()
        self._held.clear()

    def _of(self, key: tuple[str, str]) -> KnowledgeBase:
        if key[0] not in self._held:
            raise ConfigError(tr("The agent {agent!r} is not in the library any more", agent=key[0]))
        return self._held[key[0]].base

    async def _base(self, name: str, config: AgentConfig, workspace: Path) -> KnowledgeBase:
        held = self._held.get(name)
        if held is not None and (held.config.knowledge, held.workspace) == (config.knowledge, workspace):
            return held.base
        if held is not None:
            await self._held.pop(name).base.aclose()
        base = await in_thread(_opened, config, workspace, self._environment())
        self._held[name] = _Held(config, workspace, base)
        return base


def _opened(config: AgentConfig, workspace: Path, environment: Mapping[str, str]) -> KnowledgeBase:
    from loom.knowledge.base import KnowledgeBase

    return KnowledgeBase.of(config, workspace, environment)
