"""Menus made of the table of actions. They are the menu bar of macOS; elsewhere one button opens them.

A menu bar takes a line of the window for what most people do with keys, and nobody looks at it all day. So there is one
button at the top of the sidebar, and F10 wherever the focus is: the same menus, with the same words and shortcuts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from loom_studio.services.actions import ACTIONS, MENUS
from loom_studio.texts import tr
from loom_studio.widgets.named import named

ROLES = {
    "about": QAction.MenuRole.AboutRole,
    "settings": QAction.MenuRole.PreferencesRole,
    "quit": QAction.MenuRole.QuitRole,
}
"""What macOS puts into the application's own menu."""


def make_menus(parent: QWidget, actions: Mapping[str, QAction], is_possible: Callable[[str], bool]) -> list[QMenu]:
    """One menu for each name of MENUS; what can't be done when a menu opens is grey in it."""
    menus = {name: named(QMenu(tr(name), parent), name, f"{name}Menu") for name in MENUS}
    for row in ACTIONS:
        if row.menu and row.name in actions:
            if row.begins_group:
                menus[row.menu].addSeparator()
            action = actions[row.name]
            action.setMenuRole(ROLES.get(row.name, QAction.MenuRole.NoRole))
            menus[row.menu].addAction(action)

    def look() -> None:
        for name, action in actions.items():
            action.setEnabled(is_possible(name))

    def look_away() -> None:
        # An action that is off would not hear its keys, when it can be done again.
        for action in actions.values():
            action.setEnabled(True)

    for menu in menus.values():
        menu.aboutToShow.connect(look)
        menu.aboutToHide.connect(look_away)
    return list(menus.values())
