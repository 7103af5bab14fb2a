"""The tools by which a model reads what was cut from its context, and writes down its plan and notes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from loom.config.tools import ToolHandler, ToolSpec
from loom.context.compression.task import READ_ARTIFACT
from loom.errors import ToolExecutionError
from loom.runtime.engine import AFTER_CUT
from loom.runtime.keeper import ContextKeeper
from loom.tools.offering import ALWAYS
from loom.types.checked import copied
from loom.types.runs import RunContext

SCRATCHPAD = ("update_plan", "note", "mark_progress")
PIECE_CHARS = 8_000


class ContextTools:
    """The tools on the contexts of one agent's sessions."""

    def __init__(self, keepers: Mapping[str, ContextKeeper]) -> None:
        """Work on these contexts, by the ids of their sessions."""
        self._keepers = keepers

    def specs(self, *names: str) -> list[ToolSpec]:
        """These tools, for an agent. What a model is told of them is read once, not for each agent."""
        return [copied(_told(name), handler=ToolHandler.callable(getattr(self, name))) for name in names]

    async def read_artifact(self, artifact_id: str, context: RunContext, start: int = 0) -> str:
        """Read the whole of an output that was cut from your context, in pieces of 8,000 characters.

        Args:
            artifact_id: the id that stands where the output was cut
            context: the run
            start: the character to begin at
        """
        text = await self._keeper(context, READ_ARTIFACT).whole(artifact_id)
        if text is None:
            raise ToolExecutionError(f"Nothing was cut from this conversation under {artifact_id}", tool=READ_ARTIFACT)
        piece = text[max(0, start) : max(0, start) + PIECE_CHARS]
        end = max(0, start) + len(piece)
        return piece if end >= len(text) else f"{piece}\n[{len(text) - end:,} characters follow: start={end}]"

    async def update_plan(self, steps: list[str], context: RunContext) -> str:
        """Write down your plan, or a new one. You see it with each step; steps that were done stay done.

        Args:
            steps: the steps, a short sentence each
            context: the run
        """
        keeper = self._keeper(context, "update_plan")
        keeper.manager.working.set_plan(steps)
        keeper.wrote()
        return f"The plan has {len(keeper.manager.working.plan)} steps."

    async def note(self, text: str, context: RunContext) -> str:
        """Note a fact or a decision that you will need later. Notes outlive what is cut from your context.

        Args:
            text: the note, a sentence or two
            context: the run
        """
        keeper = self._keeper(context, "note")
        keeper.manager.working.add_note(text)
        keeper.wrote()
        return "Noted."

    async def mark_progress(self, progress: str, done: list[int], context: RunContext) -> str:
        """Say how far you are, and which steps of your plan are done.

        Args:
            progress: where you stand, in a sentence
            done: the numbers of the steps that are done, from 1
            context: the run
        """
        keeper = self._keeper(context, "mark_progress")
        keeper.manager.working.mark(progress, done)
        keeper.wrote()
        left = len(keeper.manager.working.open_steps)
        return f"{left} steps are open." if left else "Every step is done."

    def _keeper(self, context: RunContext, tool: str) -> ContextKeeper:
        keeper = self._keepers.get(context.session_id)
        if keeper is None:
            raise ToolExecutionError("This session has ended, and its context with it", tool=tool)
        return keeper


@cache
def _told(name: str) -> ToolSpec:
    extensions = {ALWAYS: True, AFTER_CUT: True} if name == READ_ARTIFACT else {ALWAYS: True}
    bound = getattr(ContextTools.__new__(ContextTools), name)  # of no agent: only its signature is read
    return ToolSpec.from_function(bound, read_only=True, extensions=extensions)
