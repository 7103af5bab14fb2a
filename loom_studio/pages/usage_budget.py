"""One budget on the usage page: its amount, its unit, and what is spent of it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QWidget

from loom_studio.services.usage import UNITS, Limit, Scope, Spending
from loom_studio.texts import tr
from loom_studio.theme import px
from loom_studio.widgets.choice import choice
from loom_studio.widgets.named import named, text_label

MOST = 1_000_000_000.0


class BudgetRow(QWidget):
    """Shows a limit, and says when the person chose another; `words`, a marked text, is what it is for."""

    chosen = Signal(object)
    """The limit as it is now."""

    def __init__(self, scope: Scope, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scope: Scope = scope
        words = tr(words)
        self.amount = named(QDoubleSpinBox(), tr("Budget: {which}", which=words), "BudgetAmount")
        self.amount.setRange(0, MOST)
        self.amount.setSpecialValueText(tr("none"))
        self.amount.setKeyboardTracking(False)
        self.amount.setMinimumWidth(px(120))
        self.unit = choice(tr("Unit of the budget: {which}", which=words), "BudgetUnit")
        for unit, name in UNITS.items():
            self.unit.addItem(tr(name), unit)
        self.spent = text_label(look="Muted")
        title = text_label(words)
        title.setFixedWidth(px(170))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (title, self.amount, self.unit):
            row.addWidget(widget)
        row.addWidget(self.spent, 1)
        self.amount.valueChanged.connect(self._on_changed)
        self.unit.activated.connect(self._on_changed)

    @property
    def limit(self) -> Limit:
        """The budget as it stands there."""
        return Limit(self.scope, self.amount.value(), self.unit.currentData())

    def show_limit(self, limit: Limit) -> None:
        """Show a budget, without saying that it was chosen."""
        if limit == self.limit:
            return
        for widget in (self.amount, self.unit):
            widget.blockSignals(True)
        self.unit.setCurrentIndex(self.unit.findData(limit.unit))
        self._fit()
        self.amount.setValue(limit.amount)
        for widget in (self.amount, self.unit):
            widget.blockSignals(False)

    def show_spending(self, spending: Spending | None) -> None:
        """Show what is spent of it; None where there is no budget."""
        self.spent.setText(
            tr("{told} · {share:.0%}", told=spending.words, share=spending.share) if spending is not None else ""
        )
        self.spent.setObjectName("Danger" if spending is not None and spending.level >= 1 else "Muted")
        self.spent.style().polish(self.spent)

    def _fit(self) -> None:
        is_money = self.limit.unit == "usd"
        self.amount.setDecimals(2 if is_money else 0)
        self.amount.setSingleStep(1 if is_money else 100_000)

    def _on_changed(self) -> None:
        self._fit()
        self.chosen.emit(self.limit)
