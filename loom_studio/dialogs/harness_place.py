"""Where a new harness run works: on this computer, or at a worker that takes it from the queue of a database."""

from __future__ import annotations

import shiboken6
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLineEdit, QPushButton

from loom.errors import ConfigError, LoomError
from loom_studio.services.run_database import read_database
from loom_studio.services.run_queue import RunQueue, Wanted
from loom_studio.tasks import TaskOwner
from loom_studio.texts import tr
from loom_studio.widgets.choice import choice
from loom_studio.widgets.named import named, text_label

HERE, QUEUE = "here", "queue"


class HarnessPlace:
    """Fields of a form; those of the queue are there once it is chosen."""

    def __init__(self, queue: RunQueue, tasks: TaskOwner) -> None:
        self._queue = queue
        self._tasks = tasks
        self.where = choice("Where the run works")
        self.where.addItem(tr("On this computer"), HERE)
        self.where.addItem(tr("At a worker, from a queue"), QUEUE)
        self.where.setCurrentIndex(1 if queue.is_wanted else 0)
        self.address = named(QLineEdit(queue.shown), "Database of the queue")
        self.address.setPlaceholderText(tr("postgresql://user@host:5432/name, or sqlite:////path/to/file.db"))
        self.password = named(QLineEdit(), "Password of the queue's database")
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.password.setPlaceholderText(tr("kept in the system's keyring"))
        self.test = named(QPushButton(tr("Test connection")), "Test connection")
        self.test.setAutoDefault(False)
        self.name = named(QLineEdit(queue.name), "Name of the queue")
        self.status = text_label(look="Muted")
        if queue.place.is_from_environment:
            self.status.setText(tr("LOOM_DATABASE_URL of the environment names the database."))
            for field in (self.address, self.password):
                field.setEnabled(False)
        else:
            self.status.setText(
                tr("The worker looks for the agents and the folder under the same paths, and has keys of its own.")
            )
        self.test.clicked.connect(self._on_test)
        self.address.editingFinished.connect(self._on_address)
        self._form: QFormLayout | None = None
        self._rows: list[int] = []

    @property
    def is_queue(self) -> bool:
        """Whether a worker is to do it."""
        return self.where.currentData() == QUEUE

    @property
    def wanted(self) -> Wanted:
        """What was entered."""
        return Wanted(self.address.text().strip(), self.password.text(), self.name.text().strip())

    def remember(self) -> None:
        """Have the next dialog begin with what was chosen."""
        self._queue.want(is_wanted=self.is_queue)

    def add_to(self, form: QFormLayout) -> None:
        """Put the fields into a form."""
        form.addRow(text_label(tr("Works")), self.where)
        tried = QHBoxLayout()
        tried.addWidget(self.name, 1)
        tried.addWidget(self.test)
        first = form.rowCount()
        form.addRow(text_label(tr("Database")), self.address)
        form.addRow(text_label(tr("Its password")), self.password)
        form.addRow(text_label(tr("Its queue")), tried)
        form.addRow(text_label(), self.status)
        self._form, self._rows = form, list(range(first, form.rowCount()))
        self.where.currentIndexChanged.connect(self._show_rows)
        self._show_rows()

    def _show_rows(self) -> None:
        if self._form is not None:
            for row in self._rows:
                self._form.setRowVisible(row, self.is_queue)

    def _on_test(self) -> None:
        self._tasks.start(self._try(), what="test the connection")

    async def _try(self) -> None:
        self.test.setEnabled(False)
        self._tell(tr("Trying it…"))
        try:
            said = await self._queue.try_it(self.wanted)
        except LoomError as error:
            said = str(error)
        if shiboken6.isValid(self.status):  # the dialog may be gone
            self._tell(said)
            self.test.setEnabled(True)

    def _tell(self, sentence: str) -> None:
        """Show a sentence whole: rows of a form do not always give a text the lines that it takes."""
        self.status.setText(sentence)
        self.status.setMinimumHeight(self.status.heightForWidth(self.status.width()))

    def _on_address(self) -> None:
        """Put a password that was written into the address where none can read it."""
        try:
            address = read_database(self.address.text(), self.password.text())
        except ConfigError:
            return  # Test and Start say what is wrong
        if address.password:
            self.address.setText(address.shown)
            self.password.setText(address.password)
