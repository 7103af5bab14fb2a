"""Settings: what was used in all sessions, as a chart and a table, and the budgets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QWidget,
)
from typing_extensions import override

from loom_studio.pages.page import Page, PageContext
from loom_studio.pages.usage_bars import bars_of
from loom_studio.pages.usage_budget import BudgetRow
from loom_studio.services.usage import ASK_WHEN_SPENT, Limit, Scope, UsageService, keep_limit, limits_of, since_of
from loom_studio.texts import marked, plural, tr
from loom_studio.theme import px
from loom_studio.viewmodels.usage_table import COLUMNS, UsageTable, cost_of
from loom_studio.widgets.choice import choice
from loom_studio.widgets.named import named, text_label
from loom_studio.widgets.row_table import row_table
from loom_studio.widgets.usage_chart import UsageChart

if TYPE_CHECKING:
    from loom.memory.usage import By, UsageRow

SUBJECT = marked(
    "All sessions of this profile count: those of the Studio, of the command line and of harness runs. What deleted "
    "sessions used stays counted, without their titles."
)
BY: dict[By, str] = {
    "day": marked("Day"),
    "model": marked("Model"),
    "agent": marked("Agent"),
    "session": marked("Session"),
    "workspace": marked("Workspace"),
}
SUMMARIES: dict[By, str] = {
    "day": marked("By day: {told}"),
    "model": marked("By model: {told}"),
    "agent": marked("By agent: {told}"),
    "session": marked("By session: {told}"),
    "workspace": marked("By workspace: {told}"),
}
PERIODS = {
    7: marked("7 days"),
    30: marked("30 days"),
    90: marked("90 days"),
    365: marked("A year"),
    0: marked("Everything"),
}
MEASURES = {"cost": marked("Cost"), "tokens": marked("Tokens")}
SCOPES: dict[Scope, str] = {"day": marked("A day, all sessions"), "workspace": marked("A month, in this folder")}


class UsagePage(Page):
    """A chart with its table; below them what may be spent."""

    def __init__(self, context: PageContext, parent: QWidget | None = None) -> None:
        super().__init__(context, marked("Usage"), SUBJECT, parent)
        self.usage = UsageService(context.sessions)
        self.by = choice("Sum up by")
        self.period = choice("Period")
        self.measure = choice("Measure")
        for by, words in BY.items():
            self.by.addItem(tr(words), by)
        for days, words in PERIODS.items():
            self.period.addItem(tr(words), days)
        for measure, words in MEASURES.items():
            self.measure.addItem(tr(words), measure)
        self.period.setCurrentIndex(1)
        self.export = named(QPushButton(tr("Export CSV…")), "Export usage")
        self.export.setAutoDefault(False)
        self.total = text_label(look="Strong")
        self.chart = UsageChart()
        self.rows = UsageTable(self)
        self.table = row_table(marked("Usage table"))
        self.budgets: dict[Scope, BudgetRow] = {scope: BudgetRow(scope, words) for scope, words in SCOPES.items()}
        self.ask = named(QCheckBox(tr("Ask before each run once a budget is spent")), "Ask once a budget is spent")
        self._lay_out()
        self._connect()

    @override
    async def refresh(self) -> None:
        self._show_limits()
        if not self.rows.rows:
            self.total.setText(tr("Reading what was used…"))
        await self.usage.refresh()
        await self._look()

    @override
    async def aclose(self) -> None:
        await super().aclose()
        await self.usage.aclose()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        for box in (self.by, self.period, self.measure):
            top.addWidget(box)
        top.addStretch(1)
        top.addWidget(self.export)
        self.table.setModel(self.rows)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in range(1, len(COLUMNS)):
            self.table.setColumnWidth(column, px(92 if column < len(COLUMNS) - 1 else 150))
        self.body.addLayout(top)
        self.body.addWidget(self.total)
        self.body.addWidget(self.chart)
        self.body.addWidget(self.table, 1)
        self.body.addWidget(text_label(tr("Budgets"), "Strong"))
        for row in self.budgets.values():
            self.body.addWidget(row)
        self.body.addWidget(self.ask)

    def _connect(self) -> None:
        for box in (self.by, self.period, self.measure):
            box.activated.connect(self._on_chosen)
        for row in self.budgets.values():
            row.chosen.connect(self._on_budget)
        self.ask.toggled.connect(self._on_ask)
        self.export.clicked.connect(self._on_export)

    @property
    def _chosen(self) -> tuple[By, str]:
        return self.by.currentData(), since_of(self.period.currentData())

    async def _look(self) -> None:
        by, since = self._chosen
        rows, total = await self.usage.rows(by, since), await self.usage.total(since)
        if (by, since) != self._chosen:
            return
        told = _told(total)
        self.total.setText(told if total.calls else tr("Nothing was used in this time."))
        self.rows.show_rows(rows[::-1] if by == "day" else rows, BY[by])  # the last day first
        bars = bars_of(rows, in_money=self.measure.currentData() == "cost", by_day=by == "day", since=since)
        self.chart.show_bars(bars, is_upright=by == "day", summary=tr(SUMMARIES[by], told=told))
        await self._look_at_budgets()

    async def _look_at_budgets(self) -> None:
        workspace = self.context.workspace()
        limits = [row.limit for row in self.budgets.values()]
        spent = {each.limit.scope: each for each in await self.usage.spendings(limits, workspace)}
        for scope, row in self.budgets.items():
            row.show_spending(spent.get(scope))

    def _show_limits(self) -> None:
        for limit in limits_of(self.context.settings, self.context.workspace()):
            self.budgets[limit.scope].show_limit(limit)
        self.ask.blockSignals(True)
        self.ask.setChecked(self.context.settings.flag(ASK_WHEN_SPENT))
        self.ask.blockSignals(False)

    def _on_chosen(self) -> None:
        self.tasks.start(self._look(), what="read what was used")

    def _on_budget(self, limit: Limit) -> None:
        keep_limit(self.context.settings, limit, self.context.workspace())
        self.tasks.start(self._look_at_budgets(), what="read what is spent")

    def _on_ask(self, is_on: bool) -> None:
        self.context.settings.keep(ASK_WHEN_SPENT, is_on)

    def _on_export(self) -> None:
        by, _ = self._chosen
        dialog = QFileDialog(self, tr("Export what was used"), str(Path.home() / f"usage-by-{by}.csv"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter("CSV (*.csv)")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._on_file)
        dialog.open()

    def _on_file(self, file: str) -> None:
        self.tasks.start(self._export(Path(file)), what="export what was used")

    async def _export(self, file: Path) -> None:
        await self.usage.export(*self._chosen, file)
        self.say(tr("The table is in {file}.", file=file))


def _told(total: UsageRow) -> str:
    tokens = plural("{n} token", "{n} tokens", total.tokens)
    told = plural(
        "{cost} · {tokens} in {n} answer of models",
        "{cost} · {tokens} in {n} answers of models",
        total.calls,
        cost=cost_of(total),
        tokens=tokens,
    )
    if not total.unpriced:
        return told
    return plural(
        "{told} · the price of {n} token is not known",
        "{told} · the price of {n} tokens is not known",
        total.unpriced,
        told=told,
    )
