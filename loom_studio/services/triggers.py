"""The triggers of one session's agent: carried out, and tried on what was noticed before."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from loom.agent import Agent
    from loom.config import TriggerConfig
    from loom.heartbeat.events import HeartbeatEvent
    from loom.heartbeat.heartbeat import Heartbeat
    from loom.heartbeat.triggers import Fired, Triggers

Run = Callable[["TriggerConfig", str, "HeartbeatEvent"], Awaitable[None]]


class TriggerService:
    """Starts agents on what the session's own agent notices; `run` does it, None where nobody can.

    `cause` marks the runs of a session that a trigger began, and `watched_by` is the heartbeat that began it: what the
    session's agent writes is no news there.
    """

    def __init__(self) -> None:
        self.run: Run | None = None
        self.cause: dict[str, Any] | None = None
        self.watched_by: Heartbeat | None = None
        self.outcomes: dict[str, str] = {}
        self._triggers: Triggers | None = None
        self._heartbeat: Heartbeat | None = None
        self._configs: list[TriggerConfig] = []

    def begin(self, agent: Agent, workspace: Path) -> None:
        """Carry out the triggers of an agent from now on. Raises ConfigError for one that can't be."""
        from loom.heartbeat.telling import own_write

        if self.watched_by is not None:
            agent.engine.gate.writing = partial(own_write, self.watched_by)
        heartbeat = agent.heartbeat
        if heartbeat is None or not heartbeat.config.triggers or self.run is None:
            return
        from loom.heartbeat.heartbeat import Listener
        from loom.heartbeat.triggers import Triggers

        self._heartbeat, self._configs = heartbeat, list(heartbeat.config.triggers)
        self._triggers = Triggers(self._configs, self.run, root=str(workspace), on_fired=self._note)
        heartbeat.listen(Listener(on_event=self._triggers.take))

    def lines(self) -> list[str]:
        """Each trigger in a line, with what it did last."""
        return [
            f"{each.name}{' (dry run)' if each.dry_run else ''} · {each.prompt.strip().splitlines()[0][:80]} · "
            f"{self.outcomes.get(each.name, 'did not start yet')}"
            for each in self._configs
        ]

    def dry_run(self) -> str:
        """How many of the alerts that are kept would have started each trigger, in a sentence."""
        if self._triggers is None or self._heartbeat is None:
            return "This agent has no triggers."
        events = [each.event for each in (*self._heartbeat.pending(), *self._heartbeat.disposed)]
        found = self._triggers.would_fire(events)
        said = ", ".join(f"{name}: {len(fitting)}" for name, fitting in found.items())
        return f"Of the last {len(events)} alerts these would have started an agent. {said}."

    async def aclose(self) -> None:
        """Stop what triggers began."""
        if self._triggers is not None:
            await self._triggers.aclose()
            self._triggers = None

    def _note(self, fired: Fired) -> None:
        self.outcomes[fired.trigger] = fired.outcome
