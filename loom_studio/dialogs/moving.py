"""The bar that is shown while data is moved at a start, before the window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QProgressDialog

from loom.data_move import finish_move
from loom.errors import ConfigError
from loom_studio.runtime_words import said_of
from loom_studio.texts import tr
from loom_studio.widgets.named import named

STEPS = 1000


def move_with_progress(home: Path) -> list[str]:
    """Move the data of a folder as it was planned; returns what went wrong, in sentences.

    Nothing else runs yet: the loop begins with the window.
    """
    words = tr("Moving your data. Nothing is lost if this is interrupted.")
    bar = named(QProgressDialog(words, "", 0, STEPS), "Moving data")
    bar.setWindowTitle("Loom Studio")
    bar.setCancelButton(None)
    bar.setWindowModality(Qt.WindowModality.ApplicationModal)
    bar.setMinimumDuration(0)
    bar.show()

    def tell(done: int, total: int) -> None:
        bar.setValue(STEPS * done // max(1, total))
        QApplication.processEvents()

    try:
        finish_move(home, tell)
    except ConfigError as error:
        return [said_of(error)]
    finally:
        bar.close()
        bar.deleteLater()
    return []
