"""The tool by which a model looks something up in the agent's knowledge; what it finds is numbered, to be cited."""

from __future__ import annotations

from loom.config.tools import ToolSpec
from loom.errors import ToolExecutionError
from loom.runtime.engine import Engine
from loom.types.knowledge import KnowledgeQuery
from loom.types.runs import RunContext

SEARCH_KNOWLEDGE = "search_knowledge"
MOST_PIECES = 20


def knowledge_tools(engine: Engine) -> list[ToolSpec]:
    """The tool, for an agent that has sources."""
    sources = engine.config.knowledge
    if not sources:
        return []

    async def search_knowledge(
        query: str, context: RunContext, source_names: list[str] | None = None, top_k: int = 5
    ) -> str:
        """Search the knowledge that you were given: documents, files and pages. Cite what you use by its number.

        Args:
            query: what you want to know; words that the text would have work best
            context: the run
            source_names: the sources to search; all of them if it is left out
            top_k: how many pieces to give at most, up to 20
        """
        keeper = engine.keepers.get(context.session_id)
        if keeper is None:
            raise ToolExecutionError("This session has ended, and its context with it", tool=SEARCH_KNOWLEDGE)
        if not query.strip():
            raise ToolExecutionError("The query is empty: say what to search for", tool=SEARCH_KNOWLEDGE)
        asked = KnowledgeQuery(query, top_k=max(1, min(MOST_PIECES, top_k)), source_names=source_names or [])
        bundle = await engine.knowledge.find(asked)
        pieces = keeper.cite(bundle)
        notes = [str(found.metadata["note"]) for found in bundle.evidences if "note" in found.metadata]
        if not pieces:
            return "\n".join([f"Nothing was found for {query!r}.", *notes])
        return "\n\n".join([*pieces, *notes])

    spec = ToolSpec.from_function(search_knowledge, read_only=True, concurrency_safe=True)
    named = "; ".join(
        f"{source.name}: {source.description}" if source.description else source.name for source in sources
    )
    spec.description += f"\n\nSources: {named}"
    return [spec]
