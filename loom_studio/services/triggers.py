"""The triggers of one session's agent: carried out, changed, and tried on what was noticed before."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loom.errors import ConfigError
from loom_studio.plain_text import escape_invisible
from loom_studio.runtime_words import said_of
from loom_studio.services.retold import retold
from loom_studio.texts import clauses, marked, tr

if TYPE_CHECKING:
    from loom.agent import Agent
    from loom.config import TriggerConfig
    from loom.heartbeat.events import HeartbeatEvent
    from loom.heartbeat.heartbeat import Heartbeat, PendingEvent
    from loom.heartbeat.triggers import Fired, Triggers

Run = Callable[["TriggerConfig", str, "HeartbeatEvent"], Awaitable[None]]
MOST_TRIED = 200
"""On how many of the last alerts a trigger is tried."""
NAMED, NAMED_CHARS = 3, 80
NOT_STARTED = marked("did not start yet")
OUTCOMES = (
    NOT_STARTED,
    marked("dry run: it would have started"),
    marked("skipped: its last run still works"),
    marked("not started: cooling down for {seconds} s more"),
    marked("not started: already started {times} times in this minute"),
    marked("not started: {events} events wait already"),
    marked("queued behind its last run"),
    marked("started"),
    marked("started, in place of its last run"),
    marked("failed: {why}"),
)
"""What a trigger did last, as the runtime says it."""


class TriggerService:
    """Starts agents on what the session's own agent notices; `run` does it, None where nobody can.

    `is_in_charge` says whether this session does, where several of one agent watch one folder.

    `cause` marks the runs of a session that a trigger began, and `watched_by` is the heartbeat that began it: what the
    session's agent writes is no news there.
    """

    def __init__(self) -> None:
        self.run: Run | None = None
        self.is_in_charge: Callable[[], bool] = lambda: True
        self.cause: dict[str, Any] | None = None
        self.watched_by: Heartbeat | None = None
        self.outcomes: dict[str, str] = {}
        self.configs: list[TriggerConfig] = []
        self._triggers: Triggers | None = None
        self._heartbeat: Heartbeat | None = None
        self._root = ""

    def begin(self, agent: Agent, workspace: Path) -> None:
        """Carry out the triggers of an agent from now on. Raises ConfigError for one that can't be."""
        from loom.heartbeat.telling import own_write

        if self.watched_by is not None:
            agent.engine.gate.writing = partial(own_write, self.watched_by)
        heartbeat = agent.heartbeat
        if heartbeat is None or self.run is None:
            return
        from loom.heartbeat.heartbeat import Listener
        from loom.heartbeat.triggers import Triggers

        self._heartbeat, self._root, self.configs = heartbeat, str(workspace), list(heartbeat.config.triggers)
        self._triggers = Triggers(self.configs, self.run, root=self._root, on_fired=self._note)
        heartbeat.listen(Listener(on_event=self._on_event))

    def use(self, configs: Sequence[TriggerConfig]) -> None:
        """Carry out these from now on; what was started goes on. Raises ConfigError for one that can't be."""
        if self._triggers is not None and self._heartbeat is not None:
            self._triggers.reconfigure(configs)
            self.configs = list(configs)
            self._heartbeat.config = replace(self._heartbeat.config, triggers=self.configs)

    def changed(self, before: str, trigger: TriggerConfig | None) -> list[TriggerConfig]:
        """The triggers with `trigger` in the place of the one named `before`. Raises ConfigError if that can't be."""
        from loom.config.trigger_file import with_trigger

        return with_trigger(self.configs, before, trigger)

    def lines(self) -> list[str]:
        """Each trigger in a line, with what it did last."""
        return [
            escape_invisible(
                f"{tr('{name} (dry run)', name=each.name) if each.dry_run else each.name} · "
                f"{each.prompt.strip().splitlines()[0][:80]} · {retold(self._outcome(each.name), OUTCOMES)}"
            )
            for each in self.configs
        ]

    def dry_run(self) -> str:
        """How many of the alerts that are kept would have started each trigger, in a sentence."""
        if self._triggers is None or not self.configs:
            return tr("This agent has no triggers.")
        events = self._events()
        found = self._triggers.would_fire(events)
        said = clauses(f"{name}: {len(fitting)}" for name, fitting in found.items())
        return tr(
            "Of the last {count} alerts these would have started an agent. {triggers}.",
            count=len(events),
            triggers=said,
        )

    def fault_in(self, fields: dict[str, Any], before: str) -> str:
        """Why these can't be the fields of a trigger in the place of `before` (empty: a new one); empty if they can."""
        try:
            trigger = trigger_of(fields)
            _pattern(trigger, self._root)
            self.changed(before, trigger)
        except ConfigError as error:
            return said_of(error)
        file = Path(self._root) / trigger.agent
        return tr("There is no agent file at {file}", file=file) if trigger.agent and not file.is_file() else ""

    def tried(self, fields: dict[str, Any]) -> str:
        """On which of the last alerts a trigger with these fields would have started, in a sentence; blocks a while."""
        from loom.memory.summary import first_words

        fits = _pattern(trigger_of(fields), self._root).fits
        events = self._events()
        found = [event for event in events if fits(event)]
        if not found:
            return tr("It fits none of the last {count} alerts.", count=len(events))
        named = "; ".join(escape_invisible(first_words(event.summary, NAMED_CHARS)) for event in found[-NAMED:])
        known = {"found": len(found), "count": len(events), "alerts": named, "more": len(found) - NAMED}
        if len(found) <= NAMED:
            return tr("It fits {found} of the last {count} alerts: {alerts}", **known)
        return tr("It fits {found} of the last {count} alerts: {alerts} and {more} more", **known)

    async def aclose(self) -> None:
        """Stop what triggers began."""
        if self._triggers is not None:
            await self._triggers.aclose()
            self._triggers = None

    def _events(self) -> list[HeartbeatEvent]:
        if self._heartbeat is None:
            return []
        kept = [each.event for each in (*self._heartbeat.pending(), *self._heartbeat.disposed)]
        return sorted(kept, key=lambda event: event.at)[-MOST_TRIED:]

    def _on_event(self, pending: PendingEvent) -> None:
        if self._triggers is not None and self.is_in_charge():
            self._triggers.take(pending)

    def _outcome(self, name: str) -> str:
        return self.outcomes.get(name, NOT_STARTED)

    def _note(self, fired: Fired) -> None:
        self.outcomes[fired.trigger] = fired.outcome


def trigger_of(fields: dict[str, Any]) -> TriggerConfig:
    """The trigger with these fields. Raises ConfigError that says what is missing or wrong."""
    from loom.config import TriggerConfig

    if not fields["name"]:
        raise ConfigError(tr("A trigger needs a name: its sessions are found by it"))
    if not fields["prompt"]:
        raise ConfigError(tr("A trigger needs a prompt: what its agent is asked"))
    if not any(fields[name] for name in ("source", "kind", "path", "text", "urgency")):
        raise ConfigError(
            tr("Say what it starts on: a source, kind, path, text or urgency. Else anything would start it")
        )
    return TriggerConfig(**fields)


def _pattern(trigger: TriggerConfig, root: str) -> Any:
    from loom.heartbeat.triggers import pattern_of

    return pattern_of(trigger, root)
