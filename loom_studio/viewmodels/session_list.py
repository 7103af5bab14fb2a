"""The sessions as rows of a list: pinned, of today, earlier; or what a search found."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QFont

from loom_studio.overriding import override
from loom_studio.texts import marked, tr

if TYPE_CHECKING:
    from loom.memory.records import SearchHit

MARKS = {
    marked("running"): "●",
    marked("needs you"): "◆",
    marked("failed"): "✗",
    marked("done"): "✓",
    marked("idle"): "○",
    marked("interrupted"): "‖",
}
"""The states that a session may be in, each with its mark."""
NO_INDEX = QModelIndex()
SHOWN_BEFORE = 12


class SessionItem(NamedTuple):
    """A session as a row; `at` is when it was last used, in seconds since 1970.

    `is_stored` is False for a new one; `is_live` is True for one that is open in this window.
    """

    id: str
    title: str
    state: str
    at: float
    is_pinned: bool = False
    is_archived: bool = False
    is_stored: bool = True
    is_live: bool = False
    tags: tuple[str, ...] = ()


class Heading(NamedTuple):
    """A row over a group; its text is English, and shown in the person's language."""

    text: str


SidebarRow: TypeAlias = "SessionItem | SearchHit | Heading"


def grouped(items: Iterable[SessionItem], *, now: float | None = None) -> list[SidebarRow]:
    """Sessions in groups, the last used first; archived ones last."""
    local = time.localtime(now)
    midnight = time.mktime((local.tm_year, local.tm_mon, local.tm_mday, 0, 0, 0, 0, 0, -1))
    groups: dict[str, list[SessionItem]] = {
        marked("Pinned"): [],
        marked("Today"): [],
        marked("Earlier"): [],
        marked("Archived"): [],
    }
    for item in sorted(items, key=lambda each: -each.at):
        if item.is_archived:
            groups["Archived"].append(item)
        elif item.is_pinned:
            groups["Pinned"].append(item)
        else:
            groups["Today" if item.at >= midnight else "Earlier"].append(item)
    rows: list[SidebarRow] = []
    for name, group in groups.items():
        if group:
            rows += [Heading(name), *group]
    return rows


def found(items: Iterable[SessionItem], hits: Sequence[SearchHit], text: str) -> list[SidebarRow]:
    """What a search shows: sessions with the text in their title or as a tag, then the messages that hold it."""
    wanted = text.casefold()
    titled = [
        item
        for item in sorted(items, key=lambda each: -each.at)
        if wanted in item.title.casefold() or wanted.removeprefix("#") in (tag.casefold() for tag in item.tags)
    ]
    rows: list[SidebarRow] = [Heading(marked("Titles")), *titled] if titled else []
    rows += [Heading(marked("Messages")), *hits] if hits else []
    return rows or [Heading(marked("Nothing found"))]


class SessionListModel(QAbstractListModel):
    """Rows of the sidebar. A session's item is named by its title."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[SidebarRow] = []
        self._heading_font = QFont()
        self._heading_font.setWeight(QFont.Weight.DemiBold)

    def show_rows(self, rows: list[SidebarRow]) -> None:
        """Show these rows, if they are others than before."""
        if rows == self.rows:
            return
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def number_of(self, session_id: str) -> int:
        """The row of a session; -1 if it is not shown."""
        return next((n for n, row in enumerate(self.rows) if isinstance(row, SessionItem) and row.id == session_id), -1)

    @override
    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self.rows)

    @override
    def flags(self, index: QModelIndex | QPersistentModelIndex) -> Qt.ItemFlag:
        if isinstance(self.rows[index.row()], Heading):
            return Qt.ItemFlag.ItemIsEnabled
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    @override
    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.rows):
            return None
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.UserRole:
            return row
        match row:
            case Heading(text):
                if role == Qt.ItemDataRole.FontRole:
                    return self._heading_font
                return tr(text) if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole) else None
            case SessionItem():
                return _session_data(row, role)
            case hit:
                return _hit_data(hit, role)


def _session_data(item: SessionItem, role: int) -> Any:
    if role == Qt.ItemDataRole.DisplayRole:
        return f"{MARKS[item.state]}  {item.title}"
    if role == Qt.ItemDataRole.AccessibleTextRole:
        return item.title
    if role == Qt.ItemDataRole.AccessibleDescriptionRole:
        return tr(item.state)
    if role == Qt.ItemDataRole.ToolTipRole:
        return tr("{title}: {state}", title=item.title, state=tr(item.state)) + "".join(
            f"  #{tag}" for tag in item.tags
        )
    return None


def _hit_data(hit: SearchHit, role: int) -> Any:
    if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
        begin = max(0, hit.spans[0][0] - SHOWN_BEFORE) if hit.spans else 0
        cut = "…" if begin and hit.snippet[0] != "…" else ""
        return f"{hit.title}\n{cut}{hit.snippet[begin:]}"
    return hit.snippet if role == Qt.ItemDataRole.ToolTipRole else None
