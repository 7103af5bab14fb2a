"""The tools of one server: each as it was agreed to, and what changed of it since."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QPushButton, QSplitter, QVBoxLayout, QWidget

from loom_studio.plain_text import escape_invisible
from loom_studio.runtime_words import said
from loom_studio.texts import marked, tr
from loom_studio.widgets.current_row import follow_selection
from loom_studio.widgets.diff_view import DiffView
from loom_studio.widgets.named import named, text_label

if TYPE_CHECKING:
    from loom.ecosystem.mcp.server import ServerTool

WAITING = ("changed", "new")
EMPTY = marked("Its tools are shown once it was connected: Agree…, then Test.")
WORDS = {
    "agreed": "",
    "changed": marked("changed"),
    "new": marked("new"),
    "gone": marked("no longer offered"),
    "refused": marked("can't be used"),
}


class ServerTools(QWidget):
    """`agree` is told the names of the tools that the person agreed to as they are now."""

    def __init__(self, agree: Callable[[list[str]], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._agree = agree
        self._tools: list[ServerTool] = []
        self.empty = text_label(tr(EMPTY), "Muted")
        self.list = follow_selection(named(QListWidget(), "Server tools"))
        self.text = DiffView(marked("Tool definition"), switch_name=marked("Tool side by side"))
        self.approve = named(QPushButton(tr("Approve")), "Approve")
        self.approve_all = named(QPushButton(tr("Approve all")), "Approve all")
        self.keep = named(QPushButton(tr("Keep suspended")), "Keep suspended")
        self.asked = text_label(look="Danger")
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(self.list)
        split.addWidget(self.text)
        split.setSizes([200, 400])
        split.setChildrenCollapsible(False)
        row = QHBoxLayout()
        row.addWidget(self.asked, 1)
        for button in (self.keep, self.approve, self.approve_all):
            button.setAutoDefault(False)
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 6, 0, 0)
        layout.addWidget(self.empty)
        layout.addWidget(split, 1)
        layout.addLayout(row)
        self.list.currentItemChanged.connect(self._show_tool)
        self.approve.clicked.connect(self._on_approve)
        self.approve_all.clicked.connect(
            lambda: self._agree([each.name for each in self._tools if each.state in WAITING])
        )
        self.keep.clicked.connect(self._on_keep)
        self._show_tool()

    def show_tools(self, tools: list[ServerTool], state: str) -> None:
        """Show these; those that wait for the person first."""
        tools = sorted(tools, key=lambda each: each.state not in WAITING)
        self.empty.setVisible(not tools)
        self.empty.setText(tr("It has no tools.") if state == "ready" else tr(EMPTY))
        if tools == self._tools:
            return
        chosen = self._tools[self.list.currentRow()].name if 0 <= self.list.currentRow() < len(self._tools) else ""
        self._tools = tools
        self.list.blockSignals(True)
        self.list.clear()
        for tool in tools:
            word = tr(WORDS.get(tool.state.value, tool.state.value))
            QListWidgetItem(escape_invisible(f"{tool.name} · {word}" if word else tool.name), self.list)
        self.list.setCurrentRow(next((n for n, tool in enumerate(tools) if tool.name == chosen), 0 if tools else -1))
        self.list.blockSignals(False)
        self._show_tool()

    def _show_tool(self) -> None:
        from loom.ecosystem.mcp.definitions import INSTRUCTIONS, difference

        number = self.list.currentRow()
        tool = self._tools[number] if 0 <= number < len(self._tools) else None
        waits = tool is not None and tool.state in WAITING
        for button in (self.approve, self.keep):
            button.setVisible(waits)
        self.approve_all.setVisible(sum(each.state in WAITING for each in self._tools) > 1)
        self.asked.setVisible(waits)
        if tool is None:
            self.text.show_text("", as_diff=False)
        elif waits:
            self.asked.setText(_asked(tool, is_text=tool.name == INSTRUCTIONS))
            self.text.show_text(difference(tool.agreed, tool.now), as_diff=True)
        else:
            shown = tool.now or tool.agreed
            lines = shown.lines() if shown is not None else []
            if shown is not None and shown.problem:
                lines = [tr("problem: {problem}", problem=said(shown.problem)), *lines]
            self.text.show_text("\n".join(lines), as_diff=False)

    def _on_approve(self) -> None:
        number = self.list.currentRow()
        if 0 <= number < len(self._tools):
            self._agree([self._tools[number].name])

    def _on_keep(self) -> None:
        self.asked.setText(tr("It stays suspended; you can approve it here at any time."))


def _asked(tool: ServerTool, *, is_text: bool) -> str:
    if is_text:
        return tr("The server wants models to be told this: none is told of it until you approve it.")
    if tool.agreed is None:
        return tr("The server has a new tool: it is not offered to agents until you approve it.")
    return tr("The server changed this tool: it does not run until you approve it.")
