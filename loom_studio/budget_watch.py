"""Watches what is spent of the person's budgets: warns once at each mark, and asks before a run where all is spent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from loom.errors import StoreError
from loom_studio.dialogs.sessions import ask_to_spend
from loom_studio.services.conversations import Conversation
from loom_studio.services.sessions import SessionsService
from loom_studio.services.settings import Settings
from loom_studio.services.usage import ASK_WHEN_SPENT, Spending, UsageService, limits_of
from loom_studio.tasks import TaskOwner

SOON_MS = 1_500


class BudgetWatch(QObject):
    """Looks at the budgets after each answer of a model in an open session, and when other programs wrote."""

    warned = Signal(str)
    """A sentence: so much of a budget is spent."""

    def __init__(
        self, sessions: SessionsService, settings: Settings, workspace: Callable[[], Path], window: QWidget
    ) -> None:
        super().__init__(window)
        self.usage = UsageService(sessions)
        self.tasks = TaskOwner(self.warned.emit)
        self._settings = settings
        self._workspace = workspace
        self._window = window
        self._seen: tuple[tuple[str, int], ...] = ()
        self._soon = QTimer(self, singleShot=True, interval=SOON_MS)
        self._soon.timeout.connect(self._on_soon)
        sessions.changed.connect(self._look_soon)

    def look_at(self, conversations: Sequence[Conversation]) -> None:
        """Look again soon, if something was used in these."""
        seen = tuple((each.id, each.tokens) for each in conversations)
        if seen != self._seen:
            self._seen = seen
            self._look_soon()

    async def look(self) -> list[Spending]:
        """What is spent now; warns of what was not warned of. Raises StoreError."""
        spendings = await self._spendings(is_quick=True)
        for each in spendings:
            if each.level > self._told(each):
                self._settings.keep(
                    "budget_told", f"{self._settings.text('budget_told')} {each.key}={each.level:g}"[-2000:]
                )
                self.warned.emit(each.warning)
        return spendings

    async def may_run(self, _conversation: Conversation) -> bool:
        """Whether a run may begin: where a budget is spent, the person is asked if they want to be."""
        if not self._settings.flag(ASK_WHEN_SPENT):
            return True
        try:
            spent = next((each for each in await self._spendings() if each.level >= 1), None)
        except StoreError:
            return True  # what can't be read is said elsewhere; it keeps nobody from working
        if spent is None:
            return True
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

        def then(is_wanted: bool) -> None:
            if not answer.done():
                answer.set_result(is_wanted)

        ask_to_spend(spent.warning, self._window, then)
        return await answer

    async def aclose(self) -> None:
        """End what runs."""
        self._soon.stop()
        await self.tasks.aclose()
        await self.usage.aclose()

    async def _spendings(self, *, is_quick: bool = False) -> list[Spending]:
        workspace = self._workspace()
        limits = [each for each in limits_of(self._settings, workspace) if each.amount]
        if not limits:
            return []
        await self.usage.refresh(is_quick=is_quick)
        return await self.usage.spendings(limits, workspace)

    def _told(self, spending: Spending) -> float:
        """The mark that the person was warned of, in the period that goes on."""
        begins = f"{spending.key}="
        told = [
            each.removeprefix(begins) for each in self._settings.text("budget_told").split() if each.startswith(begins)
        ]
        return float(told[-1]) if told else 0.0

    def _look_soon(self) -> None:
        if not self._soon.isActive() and any(each.amount for each in limits_of(self._settings, self._workspace())):
            self._soon.start()

    def _on_soon(self) -> None:
        self.tasks.start(self.look(), what="look at the budgets")
