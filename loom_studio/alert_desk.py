"""What is done about alerts: shown, told to the agent, acted on by another; and what starts one by itself."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from loom_studio.inspector import Inspector
from loom_studio.panels.chat.panel import ChatPanel
from loom_studio.services.agents import AgentLibrary
from loom_studio.services.conversations import Conversation
from loom_studio.session_desk import SessionDesk
from loom_studio.tasks import TaskOwner
from loom_studio.texts import tr

if TYPE_CHECKING:
    from loom.config import TriggerConfig


class AlertDesk:
    """Does what the inspector's tabs wish of the sessions that an alert or a trigger is about."""

    def __init__(self, desk: SessionDesk, inspector: Inspector, library: AgentLibrary, tasks: TaskOwner) -> None:
        self._desk = desk
        self._inspector = inspector
        self._library = library
        self._tasks = tasks
        inspector.alert_wanted.connect(self._on_alert_wanted)
        inspector.act_wanted.connect(self._on_act_wanted)
        inspector.trigger_wanted.connect(self._on_trigger_wanted)
        inspector.session_wanted.connect(self._on_session_wanted)

    def _panel_of(self, conversation: Conversation) -> ChatPanel | None:
        return next((each for each in self._desk.panels if each.conversation is conversation), None)

    def _on_session_wanted(self, conversation: Conversation) -> None:
        self._tasks.start(self._show_card(conversation), what="open the session")

    async def _show_card(self, conversation: Conversation) -> None:
        """Show a session, which may be one of another window, with the card of its call."""
        await self._desk.open(conversation.id)
        self._desk.panel.card.setFocus()

    def _on_alert_wanted(self, conversation: Conversation, summary: str) -> None:
        panel = self._panel_of(conversation)
        if panel is not None:
            self._desk.show_panel(panel)
            panel.show_alert(summary)

    def _on_act_wanted(self, conversation: Conversation, action: str, event_id: str) -> None:
        panel = self._panel_of(conversation)
        if panel is not None and action == "tell":
            panel.tell_alert(event_id)
        elif panel is not None:
            self._desk.ask_to_run(conversation, event_id)

    def _on_trigger_wanted(self, conversation: Conversation, before: str, trigger: TriggerConfig | None) -> None:
        self._tasks.start(self._change_trigger(conversation, before, trigger), what="change the trigger")

    async def _change_trigger(self, conversation: Conversation, before: str, trigger: TriggerConfig | None) -> None:
        """Have the agent's file say it, and every open session of the agent do it at once."""
        name = conversation.config.name
        watched = conversation.config.heartbeat if trigger is None else None
        removed = next((each for each in watched.triggers if each.name == before), None) if watched else None
        kept_triggers = await self._library.change_trigger(name, before, trigger)
        triggers = conversation.triggers.changed(before, trigger) if kept_triggers is None else kept_triggers
        for each in self._desk.conversations:
            if each is conversation or (each.has_config and each.config.name == name):
                each.use_triggers(triggers)
        if removed is not None and self._desk.undo is not None:
            back = partial(self._change_trigger, conversation, "", removed)
            self._desk.undo.offer(tr("The trigger “{name}” was removed.", name=before), back)
        if self._inspector.heartbeat is not None:
            self._inspector.heartbeat.refresh()
            self._inspector.heartbeat.say(
                tr("It holds from now on. It is in the agent's file.")
                if kept_triggers is not None
                else tr("It holds from now on. The agent has no file: it holds until you close it.")
            )
