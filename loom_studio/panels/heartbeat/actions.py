"""What can be done with the alert that is chosen in the Heartbeat tab."""

from __future__ import annotations

from PySide6.QtWidgets import QPushButton, QWidget

from loom_studio.services.alerts import Alert
from loom_studio.texts import tr
from loom_studio.widgets.flow import FlowLayout
from loom_studio.widgets.named import named


class AlertActions(QWidget):
    """The buttons, each enabled where it makes sense."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.dismiss = named(QPushButton(tr("Dismiss alert")), "Dismiss alert")
        self.show_step = named(QPushButton(tr("Show in transcript")), "Show in transcript")
        self.tell = named(QPushButton(tr("Tell the agent")), "Tell the agent of the alert")
        self.tell.setToolTip(tr("Ask the agent to look at it: at its next step, or in a run of its own."))
        self.run_on = named(QPushButton(tr("Run…")), "Run on the alert")
        self.run_on.setToolTip(tr("Start an agent on it, in a session of its own."))
        self.mute = named(QPushButton(tr("Mute 1 h")), "Mute alerts like this")
        self.mute.setCheckable(True)
        self.mute.setToolTip(tr("Pass over what comes from this source and is of this kind, for an hour."))
        layout = FlowLayout(self)
        for button in (self.dismiss, self.show_step, self.tell, self.run_on, self.mute):
            layout.addWidget(button)

    def show_alert(self, alert: Alert | None, *, is_muted: bool) -> None:
        """Show what can be done with an alert; None for none chosen."""
        for button in (self.tell, self.run_on, self.mute):
            button.setEnabled(alert is not None)
        self.show_step.setEnabled(alert is not None and alert.is_told)
        self.dismiss.setEnabled(alert is not None and alert.is_pending)
        self.mute.setChecked(is_muted)
        self.mute.setText(tr("Unmute") if is_muted else tr("Mute 1 h"))
