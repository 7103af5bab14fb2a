"""What hooks say before a run: no, or what the model is to know with the message."""

from __future__ import annotations

import html

from loom.config.hooks import PROMPT, SESSION_START
from loom.errors import HookDeniedError
from loom.runtime.engine import Engine
from loom.safety.hooks import HookDecision, HookOutcome
from loom.safety.redaction import redact

MOST_CHARS = 10_000


async def told_by_hooks(engine: Engine, session_id: str, run_id: str, prompt: str, *, is_first: bool) -> str:
    """What hooks want the model to know, marked as theirs; those for a session's start are asked if `is_first`.

    Raises HookDeniedError where one refuses the message. A session's start is refused by nobody.
    """
    hooks = engine.gate.hooks
    if not (hooks.has(SESSION_START) or hooks.has(PROMPT)):
        return ""
    keeper = engine.keepers.get(session_id)
    about = {"session_id": session_id, "run_id": run_id, "cwd": str(engine.workspace or "")}
    told: list[str] = []
    if is_first and hooks.has(SESSION_START):
        source = "resume" if keeper is not None and keeper.manager.history else "startup"
        outcome = await hooks.run(SESSION_START, {**about, "hook_event_name": SESSION_START, "source": source})
        told.append(_marked(outcome, SESSION_START))
    if hooks.has(PROMPT):
        outcome = await hooks.run(PROMPT, {**about, "hook_event_name": PROMPT, "prompt": prompt})
        if outcome.decision in (HookDecision.DENY, HookDecision.ASK):
            raise HookDeniedError(
                f"The message was not sent: {outcome.message or f'the hook {outcome.hook!r} said no'}"
            )
        told.append(_marked(outcome, PROMPT))
    return "\n\n".join(filter(None, told))


def _marked(outcome: HookOutcome, event: str) -> str:
    text = redact(str(outcome.context_updates.get("context", "")).strip())
    if not text:
        return ""
    cut = f"\n[… {len(text) - MOST_CHARS:,} characters left out]" if len(text) > MOST_CHARS else ""
    return f'<hook_context event="{event}">\n{html.escape(text[:MOST_CHARS], quote=False)}{cut}\n</hook_context>'
