"""Starting again with an empty window: the handoff document, and the few messages that go with it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from loom.context.compression.outputs import snip
from loom.context.compression.summary import extract, summary_message
from loom.context.compression.task import CompressionTask, exchanges
from loom.context.tokens import estimate_text
from loom.context.working import WorkingContext
from loom.types.handoff import HandoffArtifact
from loom.types.messages import Message

SHARE_OF_SUMMARY = 0.15
MOST_DECISIONS = 20
MOST_CITATIONS = 20
_DECISION = re.compile(r"\b(?:decid|chos[eo]|agree)\w*|决定", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a handoff tells besides the conversation: what was produced, what waits, what is risky."""

    produced: Mapping[str, str] = field(default_factory=dict[str, str])
    pending_events: Sequence[str] = ()
    risks: Sequence[str] = ()


class ContextRenewer:
    """Makes a fresh window of a full one.

    What people and the model said goes into the document; outputs of tools do not, since it is put where the model
    takes instructions from.
    """

    def renew(
        self,
        history: Sequence[Message],
        task: CompressionTask,
        working: WorkingContext,
        before: HandoffArtifact | None,
        snapshot: dict[str, Any],
        around: Surroundings,
    ) -> tuple[list[Message], HandoffArtifact]:
        """The messages to go on with, and the handoff; `before` is the one of the last renewal.

        The goal, what is pinned, the last user message and the last exchange go on; long outputs in it are cut.
        """
        said = [_without_calls(message) for message in history if message.role in ("user", "assistant")]
        if before is not None:
            said.insert(0, summary_message(before.progress_summary.splitlines(), 0))
        room = int(SHARE_OF_SUMMARY * task.window_tokens)
        lines = [line for message in said for line in message.text.splitlines() if _DECISION.search(line)]
        decided = [*(before.decisions if before else []), *(line[:300] for line in lines)]
        decided += working.decisions
        citations = [*(before.citations if before else []), *working.citations]
        handoff = HandoffArtifact(
            goal=task.goal.text if task.goal is not None else "",
            sprint=before.sprint + 1 if before is not None else 1,
            progress_summary="\n".join([*_progress(working), *extract(said, room, task.goal_words)]),
            produced_artifacts={**(before.produced_artifacts if before else {}), **around.produced},
            open_tasks=working.open_steps,
            context_snapshot=snapshot,
            decisions=_newest(list(dict.fromkeys(decided))[-MOST_DECISIONS:], room // 2),
            pending_events=list(around.pending_events),
            risks=list(around.risks),
            citations=_newest(list(dict.fromkeys(citations))[-MOST_CITATIONS:], room // 2),
        )
        return self._fresh(history, task), handoff

    def _fresh(self, history: Sequence[Message], task: CompressionTask) -> list[Message]:
        last_user, parts = task.last_user(history), list(exchanges(history))
        kept: list[Message] = []
        for number, (start, end) in enumerate(parts):
            part = history[start:end]
            if number == len(parts) - 1 or start == last_user or any(task.is_kept(message) for message in part):
                kept.extend(part)
        if task.goal is not None and task.goal not in kept:
            kept.insert(0, task.goal)
        return snip(kept, task, before=len(kept))


def _newest(lines: Sequence[str], room_tokens: int) -> list[str]:
    """As many of the last lines as have room, in their order: the document must not fill the window it begins."""
    kept: list[str] = []
    for line in reversed(lines):
        room_tokens -= estimate_text(line)
        if room_tokens < 0:
            break
        kept.append(line)
    return kept[::-1]


def _without_calls(message: Message) -> Message:
    return Message(message.role, message.text)


def _progress(working: WorkingContext) -> list[str]:
    done = [f"Done: {step.text}" for step in working.plan if step.is_done]
    return [*([working.progress] if working.progress else []), *done]
