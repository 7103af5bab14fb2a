"""The Heartbeat tab: what the agent of the session in view noticed, what became of it, and what it watches."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QColor, QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QListView,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from loom_studio.panels.heartbeat.actions import AlertActions
from loom_studio.panels.heartbeat.triggers import TriggersSection
from loom_studio.services.alerts import (
    RESOURCES,
    Alert,
    alerts_of,
    feed_state,
    muted_lines,
    readings_of,
    resource_label,
    thresholds_of,
    use_thresholds,
    watch_folder,
    watches_of,
)
from loom_studio.services.conversations import MUTE_S, Conversation
from loom_studio.services.retold import retold
from loom_studio.tasks import TaskOwner
from loom_studio.texts import marked, plural, tr
from loom_studio.theme import current, px
from loom_studio.widgets.column import Column
from loom_studio.widgets.current_row import follow_selection
from loom_studio.widgets.empty_text import EmptyText
from loom_studio.widgets.flow import FlowLayout
from loom_studio.widgets.named import named, text_label
from loom_studio.widgets.sparkline import Sparkline

REFRESH_MS = 1000
ALERTS_PX, WATCHES_PX = 120, 72
"""What a list needs at least; a lower window scrolls."""
QUESTION = "What are you doing at the moment, and are you getting anywhere? Say so in a sentence, then go on."
NO_HEARTBEAT = marked("This agent watches nothing: its file has no [heartbeat].")
NOT_STARTED = marked("The agent begins to watch in a moment.")
NOTHING_YET = marked("Nothing was noticed yet.")
RUNS = {
    "queued": marked("Run: queued"),
    "working": marked("Run: working"),
    "waiting": marked("Run: waiting"),
    "ended": marked("Run: ended"),
}
LEVELS = (marked("quiet"), marked("stalled"))
LOOPING = (marked("{tool} was called {times} times alike"),)


class HeartbeatPanel(QWidget):
    """Shows the heartbeat of one conversation, once a second while it is in view.

    `alert_wanted` asks for an alert's place in the transcript: the conversation, and how the alert is said there.
    """

    alert_wanted = Signal(object, str)
    trigger_wanted = Signal(object, str, object)
    """A conversation, the name of a trigger of its agent (empty: none), and what is to take its place."""
    act_wanted = Signal(object, str, str)
    """A conversation, what is to be done about an alert of it (tell, run), and the event's id."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._conversation: Conversation | None = None
        self._shown: object = ()
        self._watched: object = None
        self.tasks = TaskOwner(self.say)
        self._column = Column()
        self.hint = text_label(tr(NOT_STARTED), look="Muted")
        self.alerts = follow_selection(named(QListWidget(), "Alerts"))
        self.alerts.setWordWrap(True)
        self.alerts.setMinimumHeight(px(ALERTS_PX))
        self.alert_actions = AlertActions()
        self.quiet = named(QPushButton(tr("Do not disturb")), "Do not disturb")
        self.quiet.setCheckable(True)
        self.quiet.setToolTip(
            tr("No notifications of the desktop for what is noticed. The feed and the model get all.")
        )
        self.triggers = TriggersSection()
        self.liveness = text_label(look="Muted")
        self.ask = named(QPushButton(tr("Ask it")), "Ask it")
        self.ask.setToolTip(tr("Ask the model, at its next step, what it is doing and whether it gets anywhere."))
        self.interrupt = named(QPushButton(tr("Interrupt")), "Interrupt")
        self.interrupt.setToolTip(tr("Stop the run at once, with the tools that it runs."))
        self.kill = named(QPushButton(tr("Kill tree")), "Kill tree")
        self.kill.setToolTip(tr("End the commands that its tools run, with all that they started. The run goes on."))
        self.lines = {name: Sparkline(resource_label(name), f"Sparkline{word}") for name, word in RESOURCES.items()}
        self.limits = {name: _limit(resource_label(name), f"{word}threshold") for name, word in RESOURCES.items()}
        self.watches = named(QListWidget(), "Watches")
        self.watches.setWordWrap(True)
        self.watches.setMinimumHeight(px(WATCHES_PX))
        self.watch_folder = named(QPushButton(tr("Watch folder…")), "Watch folder…")
        self.pause = named(QPushButton(tr("Pause heartbeat")), "Pause heartbeat")
        self.pause.setCheckable(True)
        self.status = text_label(look="Muted")
        for listed in (self.alerts, self.watches):
            listed.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            listed.setResizeMode(QListView.ResizeMode.Adjust)
        EmptyText(
            self.watches,
            tr("Nothing is watched. Choose a folder to watch, or name what to watch in the agent's file."),
        )
        self._timer = QTimer(self)
        self._timer.setInterval(REFRESH_MS)
        self._lay_out()
        self._connect()
        self.refresh()

    def say(self, sentence: str) -> None:
        """Show a sentence at the foot of the tab."""
        self.status.setText(sentence)

    def show_conversation(self, conversation: Conversation) -> None:
        """Show the heartbeat of a conversation's agent."""
        if conversation is not self._conversation:
            self._conversation = conversation
            self.status.clear()
        self.refresh()

    def refresh(self) -> None:
        """Show what is there now; lists that are as they were are left alone."""
        conversation = self._conversation
        heartbeat = conversation.heartbeat if conversation is not None else None
        watches = [*muted_lines(conversation), *watches_of(conversation)] if conversation is not None else []
        has_none = conversation is not None and conversation.has_config and conversation.config.heartbeat is None
        idle = NO_HEARTBEAT if has_none else NOT_STARTED
        self.hint.setText(tr(idle if heartbeat is None else NOTHING_YET))
        self.watch_folder.setEnabled(heartbeat is not None)
        self.pause.setEnabled(heartbeat is not None)
        self.pause.setChecked(heartbeat is not None and heartbeat.is_paused)
        self._show_machine(conversation)
        self._show_liveness(conversation)
        self.triggers.show_conversation(conversation)
        if watches != self._watched:
            self._watched = watches
            self.watches.clear()
            for text, why in watches:
                item = QListWidgetItem(text)
                item.setToolTip(why)
                self.watches.addItem(item)
        self._show_alerts(conversation)
        self._show_buttons()

    async def aclose(self) -> None:
        """End what runs."""
        self._timer.stop()
        await self.tasks.aclose()

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start()
        self.refresh()

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _lay_out(self) -> None:
        layout = self._column.lines
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(4)
        layout.addWidget(self.hint)
        layout.addWidget(self.alerts, 3)
        layout.addWidget(self.alert_actions)
        flow = FlowLayout()
        for button in (self.watch_folder, self.quiet, self.pause):
            flow.addWidget(button)
        layout.addLayout(flow)
        layout.addWidget(self.watches, 1)
        layout.addWidget(self.triggers)
        layout.addWidget(self.liveness)
        row = QHBoxLayout()
        row.addWidget(self.ask)
        row.addWidget(self.interrupt)
        row.addWidget(self.kill)
        layout.addLayout(row)
        for name, line in self.lines.items():
            row = QHBoxLayout()
            row.addWidget(line, 1)
            row.addWidget(self.limits[name])
            layout.addLayout(row)
        layout.addWidget(self.status)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._column)

    def _connect(self) -> None:
        self._timer.timeout.connect(self.refresh)
        self.alerts.currentItemChanged.connect(self._show_buttons)
        self.alert_actions.dismiss.clicked.connect(self._on_dismiss)
        self.triggers.said.connect(self.say)
        self.triggers.changed.connect(self.trigger_wanted)
        self.ask.clicked.connect(self._on_ask)
        self.interrupt.clicked.connect(self._on_interrupt)
        self.kill.clicked.connect(self._on_kill)
        self.alert_actions.show_step.clicked.connect(self._on_show_step)
        self.alert_actions.tell.clicked.connect(lambda: self._act("tell"))
        self.alert_actions.run_on.clicked.connect(lambda: self._act("run"))
        self.alert_actions.mute.clicked.connect(self._on_mute)
        for limit in self.limits.values():
            limit.editingFinished.connect(self._on_limit)
        self.watch_folder.clicked.connect(self._on_watch_folder)
        self.pause.toggled.connect(self._on_pause)

    def _chosen(self) -> Alert | None:
        row = self.alerts.currentRow()
        return self.alerts.item(row).data(Qt.ItemDataRole.UserRole) if row >= 0 else None

    def _show_alerts(self, conversation: Conversation | None) -> None:
        """Read the feed again only if something happened: it may be long."""
        state = feed_state(conversation) if conversation is not None else None
        if state == self._shown:
            return
        self._shown = state
        alerts = alerts_of(conversation) if conversation is not None else []
        self.hint.setVisible(not alerts)
        chosen = self._chosen()
        before = chosen.id if chosen is not None else ""
        colours = {"high": current().warning, "critical": current().danger}
        self.alerts.clear()
        for alert in alerts:
            item = QListWidgetItem(alert.text)
            item.setData(Qt.ItemDataRole.UserRole, alert)
            if alert.is_pending and alert.event is not None and alert.event.urgency in colours:
                item.setForeground(QColor(colours[alert.event.urgency]))
            self.alerts.addItem(item)
            if alert.id == before:
                self.alerts.setCurrentItem(item)

    def _show_machine(self, conversation: Conversation | None) -> None:
        heartbeat = conversation.heartbeat if conversation is not None else None
        readings = readings_of(conversation) if conversation is not None else {}
        limits = thresholds_of(conversation) if conversation is not None else {}
        for name, line in self.lines.items():
            line.show_values(readings.get(name, []), limits.get(name))
            box = self.limits[name]
            box.setEnabled(heartbeat is not None)
            if not box.hasFocus():
                box.setValue(round(limits.get(name) or 0))

    def _show_liveness(self, conversation: Conversation | None) -> None:
        run = conversation.run if conversation is not None and conversation.is_running else None
        for button in (self.ask, self.interrupt, self.kill):
            button.setVisible(run is not None)
        if run is None:
            self.liveness.setText(tr("No run is at work."))
            return
        seen = run.liveness()
        told = [
            tr(RUNS[seen.process]),
            tr("last event {seconds:.0f} s ago", seconds=seen.event_age_s),
            tr("last progress {seconds:.0f} s ago", seconds=seen.progress_age_s),
            tr(seen.level) if seen.level in LEVELS else "",
            retold(seen.looping, LOOPING),
        ]
        self.liveness.setText(" · ".join(each for each in told if each))
        colours = {"quiet": current().warning, "stalled": current().danger}
        self.liveness.setStyleSheet(f"color: {colours[seen.level]};" if seen.level in colours else "")

    def _on_ask(self) -> None:
        if self._conversation is not None and self._conversation.run is not None and self._conversation.is_running:
            self._conversation.run.steer(QUESTION)
            self.say(tr("It is asked at its next step."))

    def _on_interrupt(self) -> None:
        if self._conversation is not None:
            self._conversation.stop()

    def _on_kill(self) -> None:
        if self._conversation is not None and self._conversation.run is not None and self._conversation.is_running:
            ended = self._conversation.run.end_processes()
            self.say(
                plural("{n} command is ended; the run goes on.", "{n} commands are ended; the run goes on.", ended)
                if ended
                else tr("Its tools have no command running.")
            )

    def _show_buttons(self) -> None:
        alert = self._chosen()
        heartbeat = self._conversation.heartbeat if self._conversation is not None else None
        event = alert.event if alert is not None else None
        is_muted = heartbeat is not None and event is not None and (event.source, event.kind) in heartbeat.muted()
        self.alert_actions.show_alert(alert, is_muted=is_muted)

    def _act(self, action: str) -> None:
        alert = self._chosen()
        if alert is not None and self._conversation is not None:
            self.act_wanted.emit(self._conversation, action, alert.id)

    def _on_mute(self, is_muted: bool) -> None:
        alert = self._chosen()
        if alert is not None and self._conversation is not None:
            self.tasks.start(self._mute(self._conversation, alert, MUTE_S if is_muted else 0.0), what="mute it")

    async def _mute(self, conversation: Conversation, alert: Alert, seconds: float) -> None:
        await conversation.mute(alert.id, seconds)
        self.refresh()

    def _on_dismiss(self) -> None:
        alert = self._chosen()
        if self._conversation is not None and alert is not None:
            self.tasks.start(self._settle(self._conversation, alert), what="dismiss the alert")

    async def _settle(self, conversation: Conversation, alert: Alert) -> None:
        await conversation.dismiss(alert.id)
        self.refresh()

    def _on_show_step(self) -> None:
        alert = self._chosen()
        if alert is not None and self._conversation is not None:
            self.alert_wanted.emit(self._conversation, alert.summary)

    def _on_limit(self) -> None:
        wanted = {name: float(box.value()) or None for name, box in self.limits.items()}
        conversation = self._conversation
        if conversation is not None and conversation.heartbeat is not None and wanted != thresholds_of(conversation):
            self.tasks.start(use_thresholds(conversation, wanted), what="change the thresholds")

    def _on_pause(self, is_paused: bool) -> None:
        if self._conversation is not None and self._conversation.heartbeat is not None:
            self._conversation.heartbeat.is_paused = is_paused
            self._conversation.changed.emit()

    def _on_watch_folder(self) -> None:
        folder = str(self._conversation.workspace) if self._conversation is not None else ""
        dialog = named(QFileDialog(self, tr("Watch a folder"), folder), "Watch a folder")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.add_folder)
        dialog.open()

    def add_folder(self, folder: str) -> None:
        """Watch `folder` too, until the session is closed."""
        if self._conversation is not None:
            self.tasks.start(watch_folder(self._conversation, folder), what="watch the folder")


def _limit(label: str, object_name: str) -> QSpinBox:
    box = named(QSpinBox(), tr("{resource} threshold", resource=label), object_name)
    box.setRange(0, 100)
    box.setSuffix(" %")
    box.setSpecialValueText(tr("off"))
    box.setToolTip(tr("The share above which there is an alert; off for never."))
    return box
