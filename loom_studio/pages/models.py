"""Settings: the model of each role, and what models cost."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)
from typing_extensions import override

from loom.errors import ConfigError
from loom.providers.resolve import parse_model
from loom.threads import in_thread
from loom_studio.pages.page import Page, PageContext
from loom_studio.runtime_words import said_of
from loom_studio.services.agent_facts import known_models
from loom_studio.services.model_defaults import ROLES
from loom_studio.services.prices import PARTS, PriceTable, numbers_of
from loom_studio.texts import marked, tr
from loom_studio.theme import px
from loom_studio.widgets.choice import choice
from loom_studio.widgets.named import named, text_label

BOXES = {
    "chat": (marked("Model for chat"), marked("The local model")),
    "summaries": (marked("Model for summaries"), marked("The agent's own")),
    "titles": (marked("Model for titles"), marked("The agent's own")),
    "evaluator": (marked("Model for evaluator"), marked("The agent's own")),
}
"""The name of a role's box, and what it says where nothing is chosen."""
COLUMNS = (marked("Model"), marked("Input"), marked("Output"), marked("Cache read"), marked("Cache write"))
NAMES = {
    "input": marked("Price for input"),
    "output": marked("Price for output"),
    "cache_read": marked("Price for cache read"),
    "cache_write": marked("Price for cache write"),
}
WORDS = {
    "input": marked("input"),
    "output": marked("output"),
    "cache_read": marked("cache read"),
    "cache_write": marked("cache write"),
}


class ModelsPage(Page):
    """What an agent file names itself always wins over what is chosen here."""

    def __init__(self, context: PageContext, parent: QWidget | None = None) -> None:
        super().__init__(
            context,
            marked("Models"),
            marked(
                "Models for work that an agent's file names none for; what the file says wins. Holds from the next "
                "message on."
            ),
            parent,
        )
        self.roles: dict[str, QComboBox] = {}
        self._file = PriceTable(context.permissions.profile.folder)
        self._prices: dict[str, dict[str, float]] = {}
        form = QFormLayout()
        for role, words in ROLES.items():
            name, own = BOXES[role]
            box = choice(name)
            box.setEditable(True)
            box.addItem(tr(own))
            box.addItems([ref.identifier for ref in known_models()])
            self.roles[role] = box
            form.addRow(tr(words), box)
        self.table = named(QTableWidget(0, len(COLUMNS)), "Prices")
        self.table.setHorizontalHeaderLabels([tr(each) for each in COLUMNS])
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setStretchLastSection(True)
        for column in range(len(COLUMNS)):
            self.table.setColumnWidth(column, px(100 if column else 240))
        self.table.setTabKeyNavigation(False)
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.model = named(QLineEdit(), "Priced model")
        self.model.setPlaceholderText(tr("PROVIDER:NAME"))
        self.numbers = {each: named(QLineEdit(), NAMES[each]) for each in PARTS}
        self.set_price = _button(marked("Set price"))
        self.remove = _button(marked("Remove price"))
        self._lay_out(form)
        for role, box in self.roles.items():
            box.activated.connect(partial(self._on_chosen, role))
            line = box.lineEdit()
            if line is not None:
                line.editingFinished.connect(lambda role=role: self._on_role(role))
        self.set_price.clicked.connect(self._on_set)
        self.remove.clicked.connect(self._on_remove)
        self.table.itemSelectionChanged.connect(self._on_row)

    def _lay_out(self, form: QFormLayout) -> None:
        row = QHBoxLayout()
        row.addWidget(self.model, 1)
        numbers = QHBoxLayout()
        for words, line in zip(COLUMNS[1:], self.numbers.values(), strict=True):
            line.setPlaceholderText(tr(words))
            numbers.addWidget(line, 1)
        row.addWidget(self.set_price)
        row.addWidget(self.remove)
        self.body.addLayout(form)
        self.body.addWidget(text_label(tr("Prices"), "Strong"))
        self.body.addWidget(
            text_label(
                tr(
                    "In US dollars for a million tokens, for models whose price is not published, or another for you. "
                    "Without a price a cost is unknown, never 0."
                ),
                "Muted",
            )
        )
        self.body.addWidget(self.table, 1)
        self.body.addLayout(row)
        self.body.addLayout(numbers)

    @override
    async def refresh(self) -> None:
        for role, box in self.roles.items():
            box.setCurrentText(self.context.models.model(role) or box.itemText(0))
        await self._show_prices()

    async def _show_prices(self) -> None:
        self._prices = {name: numbers_of(price) for name, price in (await in_thread(self._file.prices)).items()}
        self.table.setRowCount(len(self._prices))
        for row, (name, numbers) in enumerate(sorted(self._prices.items())):
            texts = [f"{numbers[each]:g}" if each in numbers else tr("as input") for each in PARTS]
            for column, text in enumerate([name, *texts]):
                item = QTableWidgetItem(text)
                if column:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(row, column, item)

    def _on_chosen(self, role: str, _row: int) -> None:
        self._on_role(role)

    def _on_role(self, role: str) -> None:
        box = self.roles[role]
        text = box.currentText().strip()
        wanted = "" if text == box.itemText(0) else text
        if wanted == self.context.models.model(role):
            return
        self.tasks.start(self._choose(role, wanted, wanted or box.itemText(0)), what="choose the model")

    async def _choose(self, role: str, identifier: str, words: str) -> None:
        await self.context.models.choose(role, identifier)
        self.say(tr("{role}: {model}.", role=tr(ROLES[role]), model=words))
        self.renew_sessions()

    def _on_set(self) -> None:
        try:
            values = {each: _number(line.text(), each) for each, line in self.numbers.items()}
        except ConfigError as error:
            self.say(tr("{error}.", error=said_of(error)))
            return
        read, written = values["input"], values["output"]
        if read is None or written is None:
            self.say(tr("A price needs at least what input and output cost."))
            return
        numbers = {each: value for each, value in values.items() if value is not None}
        self.tasks.start(self._set(self.model.text().strip(), numbers), what="keep the price")

    async def _set(self, text: str, numbers: dict[str, float]) -> None:
        ref = await in_thread(parse_model, text)
        await self._put(ref.identifier, numbers)

    def _on_remove(self) -> None:
        name = self.model.text().strip()
        numbers = self._prices.get(name)
        if numbers is not None:
            self.tasks.start(self._remove(name, numbers), what="remove the price")
        else:
            self.say(tr("Choose a price in the table first."))

    async def _remove(self, name: str, numbers: dict[str, float]) -> None:
        await self._put(name, None)
        self.context.undo.offer(tr("The price of {model} was removed.", model=name), partial(self._put, name, numbers))

    async def _put(self, name: str, numbers: dict[str, float] | None) -> None:
        await in_thread(self._file.put, name, numbers)
        await self._show_prices()
        self.say(
            tr("{model} is counted with that from the next message on.", model=name)
            if numbers is not None
            else tr("{model} is counted with the published price, or as unknown, from the next message on.", model=name)
        )
        self.renew_sessions()

    def _on_row(self) -> None:
        row = self.table.currentRow()
        name = self.table.item(row, 0)
        if row < 0 or name is None:
            return
        self.model.setText(name.text())
        numbers = self._prices.get(name.text(), {})
        for each, line in self.numbers.items():
            line.setText(f"{numbers[each]:g}" if each in numbers else "")


def _number(text: str, name: str) -> float | None:
    if not text.strip():
        return None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e6:
        raise ConfigError(
            tr("The price for {part} is {value!r}, not a number of US dollars", part=tr(WORDS[name]), value=text)
        )
    return value


def _button(words: str) -> QPushButton:
    button = named(QPushButton(tr(words)), words)
    button.setAutoDefault(False)
    return button
