"""What a tool server asks of the person: a form, an address to open, the model to lend, to sign in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from PySide6.QtCore import Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from loom.ecosystem.mcp.asks import Answer, ServerAsk
from loom.ecosystem.mcp.forms import FormField, fields_of, value_of
from loom.errors import ConfigError
from loom_studio.pages.mcp_consent import ARMED_MS
from loom_studio.plain_text import escape_invisible
from loom_studio.runtime_words import said_of
from loom_studio.texts import marked, tr
from loom_studio.widgets.choice import choice
from loom_studio.widgets.column import Column
from loom_studio.widgets.named import named, text_label
from loom_studio.widgets.sized import open_at

TITLES = {
    "form": marked("The server {server} asks you something"),
    "url": marked("The server {server} wants to open an address"),
    "sampling": marked("The server {server} wants to use the agent's model"),
    "sign_in": marked("The server {server} wants you to sign in"),
}
YES = {
    "form": marked("Send"),
    "url": marked("Open in the browser"),
    "sampling": marked("Lend the model"),
    "sign_in": marked("Open in the browser"),
}
FORM_WARNING = marked("Do not enter passwords or keys: a server may not ask for them in a form.")


class ServerAskDialog(QDialog):
    """One question. `answered` is told the answer; closing the window is a no."""

    def __init__(self, ask: ServerAsk, answered: Callable[[str, Answer], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "A server asks")
        self.setWindowTitle(tr(TITLES[ask.kind], server=escape_invisible(ask.server)))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.ask = ask
        self._answered = answered
        self._is_answered = False
        self.fields = [(field, _editor(field)) for field in fields_of(ask.schema)] if ask.kind == "form" else []
        self.text = named(QPlainTextEdit(), "What it asks")
        self.text.setReadOnly(True)
        self.fault = text_label(look="Danger")
        self.yes = named(QPushButton(tr(YES[ask.kind])), YES[ask.kind])
        self.no = named(QPushButton(tr("Decline")), "Decline")
        for button in (self.yes, self.no):
            button.setAutoDefault(False)
        self.yes.setEnabled(False)
        QTimer.singleShot(ARMED_MS, self, lambda: self.yes.setEnabled(True))
        self._lay_out()
        self.yes.clicked.connect(self._on_yes)
        self.no.clicked.connect(self._on_no)
        open_at(self, 560, 420 if ask.kind in ("form", "sampling") else 240)

    def _lay_out(self) -> None:
        ask = self.ask
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(10)
        layout.addWidget(text_label(self.windowTitle(), "Title"))
        layout.addWidget(text_label(escape_invisible(ask.message)))
        if ask.kind == "form":
            layout.addWidget(text_label(tr(FORM_WARNING), "Muted"))
            layout.addWidget(self._form(), 1)
        else:
            self.text.setPlainText(escape_invisible(ask.url or ask.prompt))
            layout.addWidget(self.text, 1)
        if ask.url:
            host = QUrl(ask.url).host()
            words = tr("It is on {host}.", host=host) if host else tr("It is on no host.")
            layout.addWidget(text_label(words, "Title"))
        if ask.kind == "sampling":
            words = tr(
                "This is all that the model would read; it may answer with {tokens:,} tokens, at your cost.",
                tokens=ask.max_tokens,
            )
            layout.addWidget(text_label(words, "Muted"))
        layout.addWidget(self.fault)
        self.fault.hide()
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.no)
        row.addWidget(self.yes)
        layout.addLayout(row)

    def _form(self) -> QWidget:
        column = Column()
        form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        for field, editor in self.fields:
            mark = " *" if field.required else ""
            form.addRow(text_label(escape_invisible(field.title) + mark), editor)
            if field.description:
                form.addRow(text_label(escape_invisible(field.description), "Muted"))
        column.lines.setContentsMargins(0, 0, 8, 0)
        column.lines.addLayout(form)
        column.lines.addStretch(1)
        return column

    def _on_yes(self) -> None:
        try:
            content = {
                field.name: value for field, editor in self.fields if (value := _value(field, editor)) is not None
            }
        except ConfigError as error:
            self.fault.setText(said_of(error))
            self.fault.show()
            return
        if self.ask.url:
            QDesktopServices.openUrl(QUrl(self.ask.url))
        self._say(Answer("accept", content))
        self.accept()

    def _on_no(self) -> None:
        self._say(Answer("decline"))
        self.reject()

    @override
    def done(self, result: int) -> None:
        self._say(Answer("cancel"))
        super().done(result)

    def _say(self, answer: Answer) -> None:
        if not self._is_answered:
            self._is_answered = True
            self._answered(self.ask.id, answer)


def _editor(field: FormField) -> QWidget:
    match field.kind:
        case "yes_no":
            box = named(QCheckBox(), field.title)
            box.setChecked(field.default is True)
            return box
        case "one_of":
            return _choice(field)
        case "some_of":
            return _list(field)
        case _:
            line = named(QLineEdit(), field.title)
            line.setText("" if field.default is None else str(field.default))
            line.setPlaceholderText(field.format)
            return line


def _choice(field: FormField) -> QComboBox:
    box = choice(field.title)
    if not field.required:
        box.addItem("", "")
    for value, text in field.choices:
        box.addItem(escape_invisible(text), value)
    box.setCurrentIndex(max(0, box.findData(field.default)))
    return box


def _list(field: FormField) -> QListWidget:
    box = named(QListWidget(), field.title)
    default: Any = field.default
    chosen = cast("list[Any]", default) if isinstance(default, list) else list[Any]()
    for value, text in field.choices:
        item = QListWidgetItem(escape_invisible(text))
        item.setData(Qt.ItemDataRole.UserRole, value)
        item.setCheckState(Qt.CheckState.Checked if value in chosen else Qt.CheckState.Unchecked)
        box.addItem(item)
    box.setMaximumHeight(110)
    return box


def _value(field: FormField, editor: QWidget) -> Any:
    if isinstance(editor, QCheckBox):
        return editor.isChecked()
    if isinstance(editor, QComboBox):
        return value_of(field, editor.currentData())
    if isinstance(editor, QListWidget):
        items = [editor.item(n) for n in range(editor.count())]
        checked = [item.data(Qt.ItemDataRole.UserRole) for item in items if item.checkState() == Qt.CheckState.Checked]
        return value_of(field, checked)
    assert isinstance(editor, QLineEdit)  # noqa: S101  there is no other kind
    return value_of(field, editor.text().strip())
