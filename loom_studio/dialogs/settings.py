"""The settings window: a list of pages on the left, the chosen one on the right."""

from __future__ import annotations

import importlib
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QListWidget, QListWidgetItem, QStackedWidget, QVBoxLayout, QWidget

from loom_studio.pages.page import Page, PageContext
from loom_studio.panels.undo_bar import UndoBar
from loom_studio.tasks import TaskOwner
from loom_studio.texts import marked, tr
from loom_studio.theme import px
from loom_studio.widgets.named import named
from loom_studio.widgets.sized import open_at


@dataclass(frozen=True, slots=True)
class Entry:
    """A page by its English title, and where its class is: it is imported when it is first chosen."""

    title: str
    module: str
    name: str


PAGES = (
    Entry(marked("Agents"), "loom_studio.pages.agents", "AgentsPage"),
    Entry(marked("Providers"), "loom_studio.pages.providers", "ProvidersPage"),
    Entry(marked("Models"), "loom_studio.pages.models", "ModelsPage"),
    Entry(marked("Permissions"), "loom_studio.pages.permissions", "PermissionsPage"),
    Entry(marked("Hooks"), "loom_studio.pages.hooks", "HooksPage"),
    Entry(marked("Notifications"), "loom_studio.pages.notifications", "NotificationsPage"),
    Entry(marked("Appearance"), "loom_studio.pages.appearance", "AppearancePage"),
    Entry(marked("Shortcuts"), "loom_studio.pages.shortcuts", "ShortcutsPage"),
    Entry(marked("MCP servers"), "loom_studio.pages.mcp", "McpPage"),
    Entry(marked("Skills"), "loom_studio.pages.skills", "SkillsPage"),
    Entry(marked("Plugins"), "loom_studio.pages.plugins", "PluginsPage"),
    Entry(marked("Knowledge"), "loom_studio.pages.knowledge", "KnowledgePage"),
    Entry(marked("Memory"), "loom_studio.pages.memory", "MemoryPage"),
    Entry(marked("Insights"), "loom_studio.pages.insights", "InsightsPage"),
    Entry(marked("Usage"), "loom_studio.pages.usage", "UsagePage"),
    Entry(marked("Network"), "loom_studio.pages.network", "NetworkPage"),
    Entry(marked("Data"), "loom_studio.pages.data", "DataPage"),
    Entry(marked("Reset"), "loom_studio.pages.reset", "ResetPage"),
    Entry(marked("About"), "loom_studio.pages.about", "AboutPage"),
)


class SettingsDialog(QDialog):
    """Stays open beside the window; what is changed on a page holds at once."""

    def __init__(self, context: PageContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "Settings")
        self.setWindowTitle(tr("Settings"))
        self.setModal(False)
        self._context = context
        self.tasks = TaskOwner(self._complain)
        self._made: dict[str, Page] = {}
        self.list = named(QListWidget(), "Settings pages")
        self.list.setFixedWidth(px(180))
        for entry in PAGES:
            item = QListWidgetItem(tr(entry.title))
            item.setData(Qt.ItemDataRole.UserRole, entry)
            self.list.addItem(item)
        self.pages = QStackedWidget()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.list)
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(self.pages, 1)
        self.deleted = UndoBar(context.undo, has_keys=True)
        column.addWidget(self.deleted)
        layout.addLayout(column, 1)
        # Through the accessibility bus a row is selected without becoming the current one.
        self.list.itemSelectionChanged.connect(self._on_chosen)
        open_at(self, 900, 640)

    def show_page(self, title: str = "") -> None:
        """Bring the window to the front, with the page of this title, or the one that was in view."""
        row = next((n for n, entry in enumerate(PAGES) if entry.title == title), max(0, self.list.currentRow()))
        self.list.setCurrentRow(row)
        self.show()
        self.raise_()
        self.activateWindow()

    async def page(self, title: str) -> Page:
        """The page of this title, made now if it was not in view yet. Raises KeyError for no such title."""
        entry = {each.title: each for each in PAGES}[title]
        module = importlib.import_module(entry.module)
        if title not in self._made:
            made: Page = getattr(module, entry.name)(self._context)
            self._made[title] = made
            self.pages.addWidget(made)
        return self._made[title]

    async def aclose(self) -> None:
        """End what the pages do."""
        await self.tasks.aclose()
        for page in self._made.values():
            await page.aclose()

    def _complain(self, sentence: str) -> None:
        self.setWindowTitle(tr("Settings – {sentence}", sentence=sentence))

    def _on_chosen(self) -> None:
        for item in self.list.selectedItems():
            self.tasks.start(self._show(item.data(Qt.ItemDataRole.UserRole).title), what="show the page")

    async def _show(self, title: str) -> None:
        page = await self.page(title)
        if [item.data(Qt.ItemDataRole.UserRole).title for item in self.list.selectedItems()] == [title]:
            self.pages.setCurrentWidget(page)
