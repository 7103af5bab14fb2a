"""What the actions of the table do in a window, and the palette and menus that are made of them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QMenu

from loom_studio.actions.bound import BoundActions
from loom_studio.panels.chat.panel import ChatPanel
from loom_studio.services.recent import Recent
from loom_studio.texts import marked, tr

if TYPE_CHECKING:
    from loom_studio.dialogs.palette import CommandPalette
    from loom_studio.window import MainWindow

STATUS_MS = 3000
MOST_RECENT = 12
ABOUT_SESSION = ("rename", "title", "tags", "pin", "archive", "fork", "export", "delete")
ABOUT_AGENT = ("edit", "duplicate", "export", "delete")
TABS = ("Approvals", "Context", "Heartbeat", "Sprints", "Trace", "Changes")
VIEWS = {"Normal": marked("Normal view"), "Verbose": marked("Verbose view"), "Summary": marked("Summary view")}


class WindowActions:
    """The actions of one window, with their keys."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._recent = Recent(window.settings, "palette_recent", MOST_RECENT)
        self._palette: CommandPalette | None = None
        self._menus: list[QMenu] = []
        shortcuts = window.services.shortcuts
        self.bound = BoundActions(window, shortcuts, self._slots())
        sidebar = window.sidebar
        names = {"list_rename": "rename", "list_delete": "delete"}
        rows = {name: partial(sidebar.act_on_session, action) for name, action in names.items()}
        BoundActions(sidebar.sessions, shortcuts, rows)
        names = {"agents_edit": "edit", "agents_delete": "delete"}
        rows = {name: partial(sidebar.act_on_agent, action) for name, action in names.items()}
        BoundActions(sidebar.agents, shortcuts, rows)
        sidebar.menu_wanted.connect(self._menu)
        window.inspector.tabBarDoubleClicked.connect(self._on_tab)
        window.inspector.way_back.clicked.connect(self._compose)
        window.header.edit_wanted.connect(partial(self._about_agent, "edit"))
        shortcuts.changed.connect(self._tell_keys)
        self._tell_keys()

    def _slots(self) -> dict[str, Callable[[], object]]:
        window = self._window
        slots: dict[str, Callable[[], object]] = {name: partial(self._about_session, name) for name in ABOUT_SESSION}
        slots |= {f"{name}_agent": partial(self._about_agent, name) for name in ABOUT_AGENT}
        slots |= {f"{name}_agent": partial(window.agents.act, name, None) for name in ("new", "import")}
        slots |= {f"tab_{title.lower()}": partial(self._show_tab, title) for title in TABS}
        slots |= {f"centre_{title.lower()}": partial(self.show_in_centre, title) for title in TABS}
        return slots | {
            "new_session": window.new_like_this,
            "new_window": partial(window.window_wanted.emit, ""),
            "workspace": window.choose_workspace,
            "import_session": window.desk.ask_to_import,
            "add_model": window.dialogs.open_welcome,
            "settings": window.dialogs.open_settings,
            "close_window": window.close,
            "quit": window.quit_wanted.emit,
            "undo": window.services.undo.take_back,
            "attach": self._attach,
            "stop": self._stop,
            "regenerate": self._regenerate,
            "review": window.review_changes,
            "compress": self._compress,
            "renew": self._renew,
            "own_window": self._own_window,
            "harness": window.dialogs.ask_for_harness,
            "sidebar": self._sidebar,
            "inspector": window.beside.toggle,
            "density": self._density,
            "palette": self.open_palette,
            "compose": self._compose,
            "find": self._find,
            "search": self._search,
            "next_waiting": self._next_waiting,
            "next_trouble": self._next_trouble,
            "menu": self._menu,
            "manual": window.dialogs.open_manual,
            "tour": self._tour,
            "shortcuts": self._shortcuts,
            "about": self._about,
        }

    def is_possible(self, name: str) -> bool:
        """Whether an action would do something now."""
        window = self._window
        conversation = window.panel.conversation
        if name in ABOUT_SESSION and name not in ("rename", "delete"):
            return conversation.is_stored
        if name == "stop":
            return conversation.is_running
        if name == "regenerate":
            return window.panel.earlier.last is not None
        if name == "review":
            return bool(conversation.changed_files)
        if name == "undo":
            return window.services.undo.last is not None
        if name.startswith(("tab_", "centre_")):
            return name.partition("_")[2] in (title.lower() for title in window.inspector.titles)
        if name.endswith("_agent") and name not in ("new_agent", "import_agent"):
            return conversation.has_config
        return True

    def fill_menu_bar(self) -> None:
        """Put the menus where this system has a place for them outside the window."""
        if sys.platform == "darwin":
            for menu in self.menus():
                self._window.menuBar().addMenu(menu)

    async def aclose(self) -> None:
        """End what the palette does, and hear no more of other keys."""
        self._window.services.shortcuts.changed.disconnect(self._tell_keys)
        if self._palette is not None:
            await self._palette.aclose()

    # -- what they do

    def open_palette(self) -> None:
        """Show what can be done and opened, to choose by typing."""
        if self._palette is None:
            from loom_studio.dialogs.palette import CommandPalette
            from loom_studio.palette_choices import PaletteChoices

            offered = PaletteChoices(self._window, self.bound, self.is_possible)
            self._palette = CommandPalette(offered.all, self._recent, self._window)
        self._palette.open_over()

    def _menu(self) -> None:
        window = self._window
        menu = QMenu(window)
        for each in self.menus():
            menu.addMenu(each)
        menu.aboutToHide.connect(menu.deleteLater)
        button = window.sidebar.menu
        corner = button.mapToGlobal(QPoint(0, button.height())) if button.isVisible() else QPoint()
        menu.popup(corner if button.isVisible() else window.mapToGlobal(QPoint(8, 8)))

    def menus(self) -> list[QMenu]:
        """The menus of the table, made when they are first wanted."""
        if not self._menus:
            from loom_studio.actions.menus import make_menus

            self._menus = make_menus(self._window, self.bound.actions, self.is_possible)
        return self._menus

    def _sidebar(self) -> None:
        self._window.sidebar.setVisible(not self._window.sidebar.isVisible())

    def _attach(self) -> None:
        self._window.beside.leave_centre()
        self._window.panel.attaching.ask_for_files()

    def _stop(self) -> None:
        self._window.panel.stop()

    def _regenerate(self) -> None:
        self._window.panel.earlier.regenerate()

    def _compress(self) -> None:
        panel = self._window.panel
        panel.tasks.start(panel.conversation.context.compress(), what="compress the context")

    def _renew(self) -> None:
        panel = self._window.panel
        panel.tasks.start(panel.conversation.context.renew(), what="renew the context")

    def _own_window(self) -> None:
        self._window.window_wanted.emit(self._window.panel.conversation.id)

    def _compose(self) -> None:
        self._window.beside.leave_centre()
        self._window.panel.composer.message.setFocus()

    def _find(self) -> None:
        self._window.beside.leave_centre()
        self._window.panel.open_find()

    def _search(self) -> None:
        self._window.sidebar.show()
        self._window.sidebar.search.setFocus()

    def _next_trouble(self) -> None:
        self._window.beside.leave_centre()
        self._window.panel.go_to_trouble()

    def _density(self) -> None:
        self._window.statusBar().showMessage(tr(VIEWS[self._window.panel.next_density()]), STATUS_MS)

    def _next_waiting(self) -> None:
        """Go to the next thing that waits for the person: in a session, then in a harness run, then of a server."""
        window, desk = self._window, self._window.desk
        waiting = [panel for panel in desk.panels if panel.conversation.pending]
        calls, here = window.waits.calls, window.harness.in_hand()
        if here is None:
            at = desk.panels.index(desk.panel)
            stops = [*(each for each in waiting if desk.panels.index(each) > at), *calls, *waiting]
        else:
            stops = [*calls[calls.index(here) + 1 :], *waiting, *calls]
        for stop in stops[:1]:
            if isinstance(stop, ChatPanel):
                window.beside.leave_centre()
                desk.show_panel(stop)
                desk.panel.card.setFocus()
            else:
                window.harness.show_call(stop)
        if not stops:
            window.dialogs.next_question()

    def _tour(self) -> None:
        self._window.tasks.start(self._window.take_tour(), what="begin the tour")

    def _shortcuts(self) -> None:
        self._window.dialogs.open_settings("Shortcuts")

    def _about(self) -> None:
        self._window.dialogs.open_settings("About")

    def _show_tab(self, title: str) -> None:
        self._window.beside.show()
        self._window.inspector.show_tab(title)

    def show_in_centre(self, title: str) -> None:
        """Give a tab the place of the chat; if it has that, give it back."""
        window = self._window
        if window.beside.is_centre and window.inspector.title == title:
            self._compose()
            return
        window.inspector.show_tab(title)
        window.show_in_centre()

    def _on_tab(self, _place: int) -> None:
        self.show_in_centre(self._window.inspector.title)

    def _about_session(self, action: str) -> None:
        desk = self._window.desk
        item = next((each for each in desk.items() if each.id == desk.panel.conversation.id), None)
        if item is None or not (item.is_stored or action in ("rename", "delete")):
            from loom_studio.dialogs.sessions import NOT_STORED

            desk.complain(tr(NOT_STORED))
        else:
            desk.act(action, item)

    def _about_agent(self, action: str) -> None:
        conversation = self._window.panel.conversation
        if conversation.has_config:
            self._window.agents.act_on_named(action, conversation.config.name)

    def _tell_keys(self, _name: str = "") -> None:
        """Have the tips of buttons name the keys that hold."""
        shortcuts = self._window.services.shortcuts
        for button, words, name in (
            (self._window.sidebar.open_settings, tr("Settings"), "settings"),
            (self._window.sidebar.menu, tr("Everything that can be done"), "menu"),
            (self._window.sidebar.new, tr("Begin a session with the agent in view"), "new_session"),
            (self._window.header.edit, tr("Edit this session's agent"), "edit_agent"),
        ):
            keys = shortcuts.shown(name)
            button.setToolTip(tr("{words} ({keys})", words=words, keys=keys) if keys else words)
