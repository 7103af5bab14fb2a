"""The part of the Data page that says in which database harness runs are kept."""

from __future__ import annotations

from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLineEdit, QPushButton

from loom.errors import LoomError
from loom_studio.runtime_words import said_of
from loom_studio.services.harness import HarnessRuns
from loom_studio.services.run_database import RunDatabase, read_database
from loom_studio.tasks import TaskOwner
from loom_studio.texts import tr
from loom_studio.widgets.named import named, text_label


class RunDatabaseForm:
    """Fields of a form. What is chosen is tried first, and counts at once; what can't be reached changes nothing."""

    def __init__(self, runs: HarnessRuns, place: RunDatabase, tasks: TaskOwner) -> None:
        self._runs = runs
        self._place = place
        self._tasks = tasks
        self.address = named(QLineEdit(), "Database of harness runs")
        self.address.setPlaceholderText(tr("postgresql://user@host:5432/name; empty: the file of the profile"))
        self.password = named(QLineEdit(), "Password of the database")
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.password.setPlaceholderText(tr("kept in the system's keyring"))
        self.use = named(QPushButton(tr("Use it")), "Use this database")
        self.use.setAutoDefault(False)
        self.status = text_label(look="Muted")
        self.use.clicked.connect(self._on_use)
        self.address.returnPressed.connect(self._on_use)
        self.password.returnPressed.connect(self._on_use)

    def add_to(self, form: QFormLayout) -> None:
        """Put the fields into a form."""
        row = QHBoxLayout()
        row.addWidget(self.password, 1)
        row.addWidget(self.use)
        form.addRow(tr("Keep harness runs in"), self.address)
        form.addRow(tr("Its password"), row)
        form.addRow(text_label(), self.status)

    def refresh(self) -> None:
        """Show where runs are kept now."""
        place = self._place.shown
        self.address.setText(place)
        for field in (self.address, self.password, self.use):
            field.setEnabled(not self._place.is_from_environment)
        said = (
            tr("They are kept in {place}, which workers on other machines share.", place=place)
            if place
            else tr("They are kept in a file of the profile, for this machine alone.")
        )
        if self._place.is_from_environment:
            said = tr(
                "{told} LOOM_DATABASE_URL of the environment says so, and wins over what is entered here.", told=said
            )
        self.status.setText(said)

    def _on_use(self) -> None:
        if self.use.isEnabled():
            self._tasks.start(self._use(), what="use the database")

    async def _use(self) -> None:
        self.use.setEnabled(False)
        self.status.setText(tr("Trying it…"))
        try:
            if self._runs.working:
                busy = tr("A harness run works here. Stop it first: what is under way is recorded where it began.")
                self.status.setText(busy)
                return
            text = self.address.text().strip()
            address = read_database(text, self.password.text()) if text else None
            if address is not None:
                address = await self._place.with_known_password(address)
            await self._runs.move(address.url if address is not None else "")
            problem = await self._place.keep(address)
        except LoomError as error:
            self.status.setText(tr("Nothing was changed. {error}", error=said_of(error)))
            return
        finally:
            self.use.setEnabled(True)
        self.password.clear()
        self.refresh()
        if problem:
            self.status.setText(
                tr(
                    "{told} {problem}: its password is known until the Studio is closed.",
                    told=self.status.text(),
                    problem=problem,
                )
            )
