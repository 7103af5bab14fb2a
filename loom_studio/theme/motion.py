"""What moves by itself: the blinking cursor, and menus and lists that slide open."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

EFFECTS = (Qt.UIEffect.UI_AnimateMenu, Qt.UIEffect.UI_AnimateCombo, Qt.UIEffect.UI_AnimateTooltip)
_usual: dict[str, int] = {}


def apply_motion(app: QApplication, *, reduced: bool) -> None:
    """Stop what moves by itself, or let it move as the system does."""
    _usual.setdefault("flash_ms", app.cursorFlashTime())
    app.setCursorFlashTime(0 if reduced else _usual["flash_ms"])
    for effect in EFFECTS:
        app.setEffectEnabled(effect, not reduced)
