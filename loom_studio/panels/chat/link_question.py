"""Whether to open a link: its whole address is shown before anything is opened."""

from __future__ import annotations

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMessageBox, QWidget

from loom_studio.plain_text import escape_invisible
from loom_studio.texts import tr
from loom_studio.widgets.named import named

OPENED = ("http", "https", "mailto")


def ask_about_link(address: str, parent: QWidget) -> QMessageBox:
    """Show a link's address and let the person open it; an address of any other kind can only be read."""
    url = QUrl(address)
    can_open = url.isValid() and url.scheme().lower() in OPENED
    box = named(QMessageBox(parent), "Open link", "OpenLink")
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setWindowTitle(tr("Open link"))
    box.setText(
        tr("Open this address in the browser?") if can_open else tr("This address is not one that a browser opens:")
    )
    box.setInformativeText(escape_invisible(address))
    box.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    cancel = box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(cancel)
    if can_open:
        opening = box.addButton(tr("Open"), QMessageBox.ButtonRole.AcceptRole)
        opening.clicked.connect(lambda: QDesktopServices.openUrl(url))
    box.open()
    return box
