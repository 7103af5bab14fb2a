"""What the command palette of a window offers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from loom_studio.actions.bound import BoundActions
from loom_studio.dialogs.settings import PAGES
from loom_studio.services.actions import ACTIONS, WINDOW
from loom_studio.services.palette import Choice
from loom_studio.texts import marked, tr

if TYPE_CHECKING:
    from loom_studio.window import MainWindow


class PaletteChoices:
    """Looks up all that can be done or opened at the moment."""

    def __init__(self, window: MainWindow, bound: BoundActions, is_possible: Callable[[str], bool]) -> None:
        self._window = window
        self._bound = bound
        self._is_possible = is_possible

    def all(self) -> list[Choice]:
        """All that can be done or opened now: actions, then settings, agents, sessions, models, workspaces."""
        return [*self._actions(), *self._pages(), *self._agents(), *self._sessions(), *self._models(), *self._folders()]

    def _actions(self) -> list[Choice]:
        shortcuts = self._window.services.shortcuts
        return [
            _choice(f"action {row.name}", row.text, row.what, action.trigger, shortcuts.shown(row.name))
            for row in ACTIONS
            if row.place == WINDOW
            and row.name not in ("palette", "menu")
            and (action := self._bound.actions.get(row.name)) is not None
            and self._is_possible(row.name)
        ]

    def _pages(self) -> list[Choice]:
        show = self._window.dialogs.open_settings
        return [_choice(f"page {e.title}", e.title, marked("Settings page"), partial(show, e.title)) for e in PAGES]

    def _agents(self) -> list[Choice]:
        window = self._window
        return [
            Choice(f"agent {entry.name}", entry.name, tr("Agent: new session"), "", partial(window.new_session, entry))
            for entry in window.entries
            if entry.config is not None
        ]

    def _sessions(self) -> list[Choice]:
        window = self._window
        items = sorted(window.desk.items(), key=lambda each: -each.at)
        return [
            Choice(
                f"session {each.id}",
                each.title,
                tr("Session, {state}", state=tr(each.state)),
                "",
                partial(window.open_session, each.id),
            )
            for each in items
            if each.id != window.panel.conversation.id
        ]

    def _models(self) -> list[Choice]:
        window = self._window
        return [
            Choice(f"model {name}", name, tr("Model: for this session"), "", partial(window.use_model, name))
            for name in window.names("model")
        ]

    def _folders(self) -> list[Choice]:
        window = self._window
        return [
            Choice(
                f"workspace {folder}",
                Path(folder).name,
                tr("Workspace {folder}", folder=folder),
                "",
                partial(window.use_workspace, folder),
            )
            for folder in window.workspaces.texts()
            if Path(folder) != window.workspace
        ]


def _choice(key: str, label: str, detail: str, do: Callable[[], object], keys: str = "") -> Choice:
    """A choice of the Studio's own words, given in English: it is found by them in any language."""
    shown = tr(label)
    return Choice(key, shown, tr(detail), keys, do, "" if shown == label else f"{label} {detail}")
