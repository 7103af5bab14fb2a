"""Settings: what this program is, which version, and under which licences its parts are."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QPlainTextEdit, QWidget
from typing_extensions import override

from loom import __version__
from loom.threads import in_thread
from loom_studio.pages.page import Page, PageContext
from loom_studio.services.licences import Installed, installed_packages
from loom_studio.texts import marked, tr
from loom_studio.theme import mono_font
from loom_studio.widgets.current_row import follow_selection
from loom_studio.widgets.named import named, text_label

SUBJECT = marked("A desktop studio for AI agents. Apache License 2.0.")
PROMISE = marked(
    "Nothing is sent about you to anybody: there is no telemetry, and nothing looks for updates by itself."
)


class AboutPage(Page):
    """Lists the packages; the licence of the chosen one is beside the list."""

    def __init__(self, context: PageContext, parent: QWidget | None = None) -> None:
        super().__init__(context, f"Loom Studio {__version__}", SUBJECT, parent)
        self.packages = follow_selection(named(QListWidget(), "Packages"))
        self.licence = named(QPlainTextEdit(), "Licence")
        self.licence.setReadOnly(True)
        self.licence.setFont(mono_font())
        self.licence.setPlaceholderText(tr("Choose a package to read its licence."))
        self.body.addWidget(text_label(tr(PROMISE)))
        row = QHBoxLayout()
        row.addWidget(self.packages, 2)
        row.addWidget(self.licence, 3)
        self.body.addLayout(row, 1)
        self.packages.currentItemChanged.connect(self._on_chosen)

    @override
    async def refresh(self) -> None:
        """List the packages, once."""
        if self.packages.count():
            return
        for package in await in_thread(installed_packages):
            licence = package.licence or tr("licence not stated")
            words = tr("{name} {version}, {licence}", name=package.name, version=package.version, licence=licence)
            item = QListWidgetItem(words if package.version else package.name)
            item.setData(Qt.ItemDataRole.UserRole, package)
            self.packages.addItem(item)

    def _on_chosen(self, item: QListWidgetItem | None) -> None:
        package = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
        if isinstance(package, Installed):
            self.licence.setPlainText(package.text or tr("The package has no text of its licence with it."))
