"""The Usage page, and the budgets: chart and table, what is spent, one warning a mark, a question before a run."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from datetime import date
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QApplication, QMessageBox, QWidget

from loom.config import AgentConfig, ModelRef
from loom.memory.sqlite_store import SQLiteStore
from loom.threads import in_thread
from loom_studio.budget_watch import BudgetWatch
from loom_studio.loop import run
from loom_studio.pages.usage import UsagePage
from loom_studio.pages.usage_bars import bars_of
from loom_studio.panels.chat.panel import ChatPanel
from loom_studio.services.conversations import Conversation, Outgoing
from loom_studio.services.sessions import SessionsService
from loom_studio.services.settings import Settings
from loom_studio.services.usage import ASK_WHEN_SPENT, Limit, Spending, keep_limit, limits_of, since_of
from tests.studio.pages.test_pages import shown
from tests.support.many_steps import fill_steps
from tests.support.pages import page_context, with_settings
from tests.support.waiting import until


def fill(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    store = SQLiteStore(path, fsync=False)
    fill_steps(store, "one", 10, agent="Mason", model="x:big", workspace="/a", cost=0.05)
    fill_steps(store, "two", 10, at=time.time() - 3 * 86_400, agent="Scout", model="x:odd", workspace="/b", cost=None)
    store.close()


def test_the_page_shows_sums_as_bars_and_rows_and_exports_them(qapp: QApplication, tmp_path: Path) -> None:
    context = page_context(tmp_path)
    fill(context.sessions.path)

    async def use(dialog: Any) -> None:
        page = await shown(dialog, "Usage", UsagePage)
        assert isinstance(page, UsagePage)
        assert page.total.text().startswith("$0.5000 + unknown · ")
        assert "tokens is not known" in page.total.text()
        cells = [[page.rows.index(row, column).data() for column in (0, 1, 5)] for row in range(page.rows.rowCount())]
        assert [cell[1:] for cell in cells] == [["10", "$0.5000"], ["10", "unknown"]], "the last day first"
        assert len(page.chart._bars) == 30, "days on which nothing was used are in the chart"
        for name, keys in (("Model", {"x:big", "x:odd"}), ("Agent", {"Mason", "Scout"}), ("Workspace", {"/a", "/b"})):
            page.by.setCurrentText(name)
            page.by.activated.emit(page.by.currentIndex())
            await until(lambda name=name: page.rows.title == name)
            assert {page.rows.index(row, 0).data() for row in range(2)} == keys
        await page._export(tmp_path / "usage.csv")
        assert "/a,10," in await in_thread((tmp_path / "usage.csv").read_text)

    with_settings(qapp, context, use)


def test_a_budget_is_kept_for_its_folder_and_shows_what_is_spent(qapp: QApplication, tmp_path: Path) -> None:
    context = page_context(tmp_path)
    fill(context.sessions.path)

    async def use(dialog: Any) -> None:
        page = await shown(dialog, "Usage", UsagePage)
        assert isinstance(page, UsagePage)
        row = page.budgets["day"]
        assert (row.amount.text(), row.spent.text()) == ("none", "")
        row.amount.setValue(2.0)
        await until(lambda: row.spent.text() == "$0.50 of $2.00 · 25%")
        page.budgets["workspace"].unit.setCurrentIndex(1)
        page.budgets["workspace"].amount.setValue(5_000)
        await until(lambda: page.budgets["workspace"].spent.text() == "0 of 5,000 tokens · 0%")
        page.ask.setChecked(True)
        assert limits_of(context.settings, tmp_path) == [Limit("day", 2.0), Limit("workspace", 5_000, "tokens")]
        assert limits_of(context.settings, Path("/other"))[1] == Limit("workspace", 0.0)
        assert context.settings.flag(ASK_WHEN_SPENT)

    with_settings(qapp, context, use)


def with_watch(
    qapp: QApplication, folder: Path, use: Callable[[BudgetWatch, Settings], Coroutine[Any, Any, None]]
) -> None:
    async def main() -> int:
        window = QWidget()
        window.show()
        sessions, settings = SessionsService(folder / "loom.db"), Settings(folder)
        watch = BudgetWatch(sessions, settings, lambda: Path("/a"), window)
        try:
            await use(watch, settings)
        finally:
            await watch.aclose()
            await sessions.aclose()
            window.deleteLater()
        return 0

    assert run(qapp, main) == 0


def test_the_person_is_warned_once_at_each_mark(qapp: QApplication, tmp_path: Path) -> None:
    async def use(watch: BudgetWatch, settings: Settings) -> None:
        await in_thread(fill, tmp_path / "loom.db")
        told: list[str] = []
        watch.warned.connect(told.append)
        await watch.look()
        assert told == []
        keep_limit(settings, Limit("day", 0.6), Path("/a"))
        await watch.look()
        await watch.look()
        assert told == ["83% of today's budget is spent: $0.50 of $0.60."]
        store = await watch.usage._sessions.store()
        await in_thread(lambda: fill_steps(store, "more", 5, cost=0.05))
        watch.look_at([])
        watch._look_soon()
        await until(lambda: len(told) == 2)
        assert told[1].startswith("125% of today's budget is spent")
        keep_limit(settings, Limit("workspace", 100, "tokens"), Path("/a"))
        await watch.look()
        assert "this month's budget for /a is spent" in told[2]

    with_watch(qapp, tmp_path, use)


def test_once_all_is_spent_each_run_is_asked_about_and_a_no_gives_the_message_back(
    qapp: QApplication, tmp_path: Path
) -> None:
    async def use(watch: BudgetWatch, settings: Settings) -> None:
        await in_thread(fill, tmp_path / "loom.db")
        keep_limit(settings, Limit("day", 0.1), Path("/a"))
        chat = ChatPanel(Conversation(AgentConfig(ModelRef.scripted(["Yes.", "Yes."]), name="Test"), tmp_path))
        chat.may_run = watch.may_run
        await chat.converse(Outgoing("Not asked about"))
        settings.keep(ASK_WHEN_SPENT, True)

        async def answered(words: str) -> None:
            sending = asyncio.ensure_future(chat.converse(Outgoing("Go on")))
            boxes = lambda: watch._window.findChildren(QMessageBox)  # noqa: E731
            await until(lambda: any(box.isVisible() for box in boxes()))
            [box] = boxes()
            next(button for button in box.buttons() if words in button.text()).click()
            await sending
            await until(lambda: watch._window.findChild(QMessageBox) is None)

        await answered("Cancel")
        assert chat.composer.message.toPlainText() == "Go on"
        said = [row.text for row in chat.model.rows if row.kind == "user"]
        assert said == ["Not asked about"]
        chat.composer.message.clear()
        await answered("Run")
        assert [row.text for row in chat.model.rows if row.kind == "user"] == ["Not asked about", "Go on"]
        await chat.aclose()
        chat.deleteLater()

    with_watch(qapp, tmp_path, use)


def test_money_that_is_not_known_is_said_beside_what_is() -> None:
    spending = Spending(Limit("day", 1.0), "2026-01-01", "", 0.9, 1_234)
    assert spending.level == 0.8
    assert spending.words == "$0.90 of $1.00, and 1,234 tokens of unknown price"
    assert bars_of([], in_money=True, by_day=True, since="2026-01-01") == []


def test_a_period_is_of_days_whatever_hours_they_have() -> None:
    assert [since_of(days, date(2026, 3, 30)) for days in (1, 2, 30, 0)] == [
        "2026-03-30",
        "2026-03-29",
        "2026-03-01",
        "",
    ]


def test_a_large_budget_is_kept_to_the_token(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    keep_limit(settings, Limit("day", 1_234_567.0, "tokens"), tmp_path)
    assert limits_of(settings, tmp_path)[0] == Limit("day", 1_234_567.0, "tokens")
