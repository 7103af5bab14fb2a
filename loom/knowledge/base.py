"""What one agent knows: its sources, their indexes kept up to date, and the evidence for a question."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loom.config.agent import AgentConfig
from loom.config.knowledge import KnowledgeSource
from loom.errors import ConfigError, KnowledgeError, LoomError
from loom.safety.redaction import redact
from loom.threads import in_thread
from loom.types.knowledge import KnowledgeBundle, KnowledgeEvidence, KnowledgeQuery

# Every agent has a base, and most have no sources: what reads and asks them is imported with the first one.
if TYPE_CHECKING:
    from loom.knowledge.evidence import InlineDocuments
    from loom.knowledge.index import Document, Hit
    from loom.knowledge.reader import SourceReader, SourceStatus
    from loom.knowledge.update import Outcome, Progress

log = logging.getLogger(__name__)

WAIT_S = 10.0
"""How long a question waits for an index to be brought up to date; then it is asked of what is there."""


def default_folder() -> Path:
    """Where indexes are kept: in LOOM_HOME, or in the platform's folder for what can be made again."""
    import platformdirs

    return Path(os.environ.get("LOOM_HOME") or platformdirs.user_cache_dir("loom")) / "knowledge"


@dataclass(eq=False)
class KnowledgeBase:
    """The sources of an agent, each with an index of its own in `folder`, which other agents and programs share.

    Without a folder it is the usual one. `environment` is where keys of embedders are looked for; `allowed` are private
    places that pages may come from; `tells_secrets` leaves in the evidence what looks like a secret.
    """

    sources: Sequence[KnowledgeSource]
    workspace: Path | None = None
    folder: Path | None = None
    environment: Mapping[str, str] | None = None
    allowed: Sequence[str] = ()
    tells_secrets: bool = False
    _readers: dict[str, SourceReader] = field(init=False, repr=False, default_factory=dict[str, "SourceReader"])
    _aside: KnowledgeBase | None = field(init=False, repr=False, default=None)
    _inline: dict[str, InlineDocuments] = field(init=False, repr=False, default_factory=dict[str, "InlineDocuments"])

    def __post_init__(self) -> None:
        """Refuse a path that nobody can know. Raises ConfigError."""
        if not self.sources:
            return
        from loom.knowledge.reader import SourceReader, place_of

        hide, folder = str if self.tells_secrets else redact, self.folder or default_folder()
        for source in self.sources:
            if source.kind in ("path", "url"):
                place = place_of(source, self.workspace)
                self._readers[source.name] = SourceReader(source, place, folder, self.environment, self.allowed, hide)

    @classmethod
    def of(
        cls, config: AgentConfig, workspace: Path | None = None, environment: Mapping[str, str] | None = None
    ) -> KnowledgeBase:
        """What an agent of this configuration knows; its `policy.extensions` say which private hosts pages come from.

        Raises ConfigError.
        """
        told: dict[str, Any] = config.policy.extensions if config.policy is not None else {}
        hosts: Any = told.get("web_hosts", [])
        tells = told.get("secrets") == "told"
        return cls(config.knowledge, workspace, environment=environment, allowed=hosts, tells_secrets=tells)

    @property
    def readers(self) -> list[SourceReader]:
        """What brings each index up to date, and asks it."""
        return list(self._readers.values())

    @property
    def has_indexes(self) -> bool:
        """Whether any source is read into an index."""
        return bool(self._readers)

    def chosen(self, names: Sequence[str]) -> list[KnowledgeSource]:
        """The sources of these names, or all. Raises ConfigError for a name that there is not."""
        by_name = {source.name: source for source in self.sources}
        unknown = [name for name in names if name not in by_name]
        if unknown:
            raise ConfigError(f"No knowledge source is named {unknown[0]!r}; there are: {', '.join(by_name) or 'none'}")
        return [by_name[name] for name in names] or list(by_name.values())

    def resolve(self, query: KnowledgeQuery) -> KnowledgeBundle:
        """Evidence for a query, best first; blocks until every index that it needs is up to date.

        Raises ConfigError for an unknown source, and KnowledgeError where nothing could be asked.
        """
        from loom.knowledge.evidence import bundle_of

        if not any(source.name in self._readers for source in self.chosen(query.source_names)):
            return bundle_of(query, [self._at_hand(source, query) for source in self.chosen(query.source_names)])
        found: list[KnowledgeBundle | BaseException] = []

        def ask() -> None:
            try:
                found.append(asyncio.run(self._ask_aside(query)))
            except BaseException as error:  # noqa: BLE001  raised again by the caller
                found.append(error)

        # A loop of its own, in a thread of its own: the caller may be on one.
        asking = threading.Thread(target=ask, name="loom-knowledge")
        asking.start()
        asking.join()
        if isinstance(found[0], BaseException):
            raise found[0]
        return found[0]

    async def _ask_aside(self, query: KnowledgeQuery) -> KnowledgeBundle:
        """Ask by readers that belong to no other loop."""
        if self._aside is None:
            self._aside = replace(self)
        try:
            return await self._aside.find(query, wait_s=None)
        finally:
            await self._aside.end_here()

    async def end_here(self) -> None:
        """End what runs on this loop, which is about to end itself."""
        for reader in self._readers.values():
            await reader.end_here()

    async def find(self, query: KnowledgeQuery, *, wait_s: float | None = WAIT_S) -> KnowledgeBundle:
        """Evidence for a query, best first. Resolvers and indexes are asked off the loop.

        An index that is not up to date within `wait_s` seconds is asked as it is, and goes on being read. A source that
        fails is passed over where another could be asked; `metadata["problems"]` of the bundle says so, for a person.
        """
        sources = self.chosen(query.source_names)
        answers = await asyncio.gather(
            *(self._ask(source, query, wait_s) for source in sources), return_exceptions=True
        )
        from loom.knowledge.evidence import bundle_of

        evidences = [answer for answer in answers if isinstance(answer, KnowledgeEvidence)]
        errors = [answer for answer in answers if isinstance(answer, BaseException)]
        for error in errors:
            if not isinstance(error, LoomError) or not evidences:
                raise error
            log.warning("A source of knowledge was passed over: %s", error)
        notes = [str(found.metadata["note"]) for found in evidences if "note" in found.metadata]
        bundle = bundle_of(query, evidences)
        if problems := [*map(str, errors), *notes]:
            bundle.metadata["problems"] = problems
        return bundle

    async def search(self, name: str, question: str, limit: int = 10) -> list[Hit]:
        """The ranked pieces of one index, as it is now, with why. Raises KnowledgeError."""
        return await self._reader(name).search(question, limit)

    async def update(self, name: str, say: Callable[[Progress], None] | None = None) -> Outcome:
        """Bring a source's index up to date now. Raises KnowledgeError, and ProviderError of an embedder."""
        return await self._reader(name).update(say, again=True)

    async def rebuild(self, name: str, say: Callable[[Progress], None] | None = None) -> Outcome:
        """Make a source's index anew."""
        reader = self._reader(name)
        await reader.forget()
        return await reader.update(say, again=True)

    async def status(self) -> list[SourceStatus]:
        """How every source stands."""
        return [await self._status(source) for source in self.sources]

    async def problems(self, name: str, limit: int = 1000) -> list[Document]:
        """The documents of a source that could not be read, with why."""
        return await self._reader(name).problems(limit)

    def stop(self, name: str) -> None:
        """End what updates a source's index; what was read by then stays."""
        self._reader(name).stop()

    async def aclose(self) -> None:
        """End what is under way, and let go of the files."""
        aside, self._aside = self._aside, None
        for reader in (*self._readers.values(), *(aside.readers if aside is not None else ())):
            await reader.aclose()

    async def _ask(self, source: KnowledgeSource, query: KnowledgeQuery, wait_s: float | None) -> KnowledgeEvidence:
        reader = self._readers.get(source.name)
        if reader is None:
            return await in_thread(self._at_hand, source, query)
        return await reader.ask(query, wait_s)

    def _at_hand(self, source: KnowledgeSource, query: KnowledgeQuery) -> KnowledgeEvidence:
        if source.resolver is not None:
            return source.resolver.resolve(query)
        from loom.knowledge.evidence import InlineDocuments

        if source.name not in self._inline:
            self._inline[source.name] = InlineDocuments(source)
        return self._inline[source.name].find(query)

    def _reader(self, name: str) -> SourceReader:
        if name not in self._readers:
            self.chosen([name])
            raise KnowledgeError(f"The source {name!r} needs no index: it is asked as it is")
        return self._readers[name]

    async def _status(self, source: KnowledgeSource) -> SourceStatus:
        if source.name in self._readers:
            return await self._readers[source.name].status()
        count = len(source.documents)
        told = "one document" if count == 1 else f"{count} documents"
        from loom.knowledge.reader import SourceStatus

        where = f"{told} in the agent file" if source.kind == "inline" else source.description or "a function"
        return SourceStatus(source.name, source.kind, where)
