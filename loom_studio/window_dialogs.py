"""What a window opens beside itself: settings, the question for a model, questions of tool servers, the manual."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

# A window is shown without any of them: each is imported when it is first opened.
if TYPE_CHECKING:
    from loom_studio.dialogs.manual import ManualDialog
    from loom_studio.dialogs.server_asks import ServerAsks
    from loom_studio.dialogs.settings import SettingsDialog
    from loom_studio.dialogs.welcome import WelcomeDialog
    from loom_studio.services.conversations import Conversation
    from loom_studio.services.faults import Fault
    from loom_studio.widgets.fault_notice import FaultNotice
    from loom_studio.window import MainWindow


class WindowDialogs:
    """Makes each when it is first wanted, and ends what they do."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self.welcome: WelcomeDialog | None = None
        self.settings: SettingsDialog | None = None
        self.manual: ManualDialog | None = None
        self._server_asks: ServerAsks | None = None
        self._fault_notice: FaultNotice | None = None
        self._fault: Fault | None = None

    async def aclose(self) -> None:
        """End what they do."""
        if self.welcome is not None:
            self.welcome.destroyed.disconnect(self._on_welcome_gone)  # the settings may be gone before it
        for dialog in (self.welcome, self.settings, self.manual):
            if dialog is not None:
                await dialog.aclose()

    def open_welcome(self) -> None:
        """Ask which model shall answer."""
        window = self._window
        if self.welcome is None:
            from loom_studio.dialogs.welcome import WelcomeDialog

            self.welcome = WelcomeDialog(window.keys, window)
            self.welcome.model_chosen.connect(window.use_chosen_model)
            self.welcome.tour_wanted.connect(lambda: window.tasks.start(window.take_tour(), what="begin the tour"))
            self.welcome.key_stored.connect(lambda: window.settings.keep("keys_in_keyring", True))
            self.welcome.destroyed.connect(self._on_welcome_gone)
        self.welcome.show()
        self.welcome.raise_()

    def open_settings(self, page: str = "") -> None:
        """Show the settings window, with a page by its title."""
        window = self._window
        if self.settings is None:
            from loom_studio.dialogs.settings import SettingsDialog
            from loom_studio.pages.page import PageContext

            context = PageContext(
                window.settings,
                window.keys,
                window.library,
                window.desk.sessions,
                window.permissions,
                lambda: window.workspace,
                self._open_conversations,
                window.mcp,
                window.agents.files,
                window.agents.act,
                window.models,
                window.services.shortcuts,
                window.services.undo,
                window.services.harness,
            )
            self.settings = SettingsDialog(context, window)
        self.settings.show_page(page)

    def open_manual(self, topic: str = "") -> None:
        """Show the manual, with a topic by its file name."""
        if self.manual is None:
            from loom_studio.dialogs.manual import ManualDialog
            from loom_studio.texts import language_in_use

            self.manual = ManualDialog(language_in_use(), self._window)
        self.manual.show_topic(topic)

    def ask_for_harness(self) -> None:
        """Ask what a new harness run is to do."""
        from loom_studio.dialogs.new_harness import NewHarnessDialog

        window = self._window
        tab = window.inspector.sprints
        if tab is not None:
            NewHarnessDialog(window.entries, window.workspace, tab.start, window, tab).open()

    def ask_about_trust(self) -> None:
        """Ask whether the workspace is trusted, if it brings rules that would relax something."""
        window = self._window
        window.tasks.start(self._ask_about_trust(window.workspace), what="read the workspace's rules")

    def show_server_asks(self) -> None:
        """Show what tool servers ask of the person."""
        if self._server_asks is None:
            from loom_studio.dialogs.server_asks import ServerAsks

            self._server_asks = ServerAsks(self._window.mcp, self._window)
            self._window.sidebar.question_chosen.connect(self._server_asks.bring_up)
        self._server_asks.refresh()
        waiting = self._server_asks.waiting()
        self._window.sidebar.show_questions(waiting)
        self._window.attention.look_at_questions(waiting)

    def next_question(self) -> bool:
        """Bring up what a tool server asks; False where none does."""
        waiting = self._server_asks.waiting() if self._server_asks is not None else []
        if self._server_asks is not None and waiting:
            self._server_asks.bring_up(waiting[0][0])
        return bool(waiting)

    def show_fault(self, fault: Fault) -> None:
        """Tell of a fault of the program below the chat; the work goes on."""
        if self._fault_notice is None:
            from loom_studio.widgets.fault_notice import FaultNotice

            faults = self._window.services.faults
            self._fault_notice = notice = FaultNotice()
            notice.report_wanted.connect(lambda: notice.copy(faults.report(self._fault or fault)))
            self._window.notices.addWidget(notice)
        self._fault = fault
        self._fault_notice.show_fault(fault.shown, fault.details, fault.times, is_lag=fault.is_lag)

    def _open_conversations(self) -> list[Conversation]:
        """Those of every window, the one in view first."""
        window = self._window
        return sorted(window.services.open.conversations, key=lambda each: each is not window.panel.conversation)

    async def _ask_about_trust(self, workspace: Path) -> None:
        window = self._window
        wishes = await window.permissions.wishes(workspace)
        if wishes:
            from loom_studio.dialogs.trust import TrustDialog

            dialog = TrustDialog(workspace, wishes, window)
            trust = window.permissions.trust
            dialog.trusted.connect(lambda: window.tasks.start(trust(workspace), what="trust the folder"))
            dialog.show()

    def _on_welcome_gone(self) -> None:
        self.welcome = None
        self._window.settings.keep("welcomed", True)
