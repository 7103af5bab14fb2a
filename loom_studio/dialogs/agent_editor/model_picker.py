"""Choosing an agent's model: a list to search in, with what is known of each, and a server that can be asked."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QListWidget, QListWidgetItem, QPushButton, QVBoxLayout, QWidget

from loom.config.model import ModelRef
from loom.providers.probe import served_models
from loom.providers.resolve import PROVIDERS
from loom.threads import in_thread
from loom_studio.dialogs.agent_editor.section import DraftForm
from loom_studio.services.agent_facts import known_models, model_words, price_words
from loom_studio.texts import marked, tr
from loom_studio.widgets.named import named, text_label

LIST_LINES = 9
LOOKING = marked("price is being looked up")
Start = Callable[[Coroutine[Any, Any, Any], str], None]


class ModelPicker(QWidget):
    """Writes `model.provider` and `model.name`. Any PROVIDER:NAME that is typed can be used too."""

    def __init__(self, form: DraftForm, start: Start, prices: Path) -> None:
        super().__init__()
        self._form = form
        self._start = start
        self._served: list[ModelRef] = []
        self._file = prices
        self._prices: dict[str, str] = {}
        self.current = text_label(look="Strong")
        self.facts = text_label(look="Muted")
        self.search = named(QLineEdit(), "Search models")
        self.search.setPlaceholderText(tr("Search, or write PROVIDER:NAME"))
        self.search.setClearButtonEnabled(True)
        self.list = named(QListWidget(), "Models")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setWordWrap(True)
        self.list.setFixedHeight(self.list.fontMetrics().lineSpacing() * LIST_LINES + 60)
        self.ask = named(QPushButton(tr("Ask the server for its models")), "Ask the server for its models")
        self.ask.setAutoDefault(False)
        self.said = text_label(look="Muted")
        row = QHBoxLayout()
        row.addWidget(self.ask)
        row.addWidget(self.said, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 8)
        layout.setSpacing(4)
        for widget in (self.current, self.facts, self.search, self.list):
            layout.addWidget(widget)
        layout.addLayout(row)
        self.search.textChanged.connect(self._fill)
        self.search.returnPressed.connect(self._on_return)
        self.list.itemActivated.connect(self._on_item)
        self.list.itemClicked.connect(self._on_item)
        self.ask.clicked.connect(lambda: self._start(self._ask(), "ask the server"))
        self._fill()
        self._start(self._price([*known_models()]), "look prices up")

    def refresh(self) -> None:
        """Show what the draft has."""
        config = self._form.draft.config
        ref = config.model if config is not None else self._written()
        self.current.setText(ref.identifier if ref is not None else tr("No model yet: choose one"))
        self.facts.setText(self._words(ref) if ref is not None else "")
        if ref is not None and ref.identifier not in self._prices:
            self._prices[ref.identifier] = tr(LOOKING)
            self._start(self._price([ref]), "look the price up")
        base = self._form.draft.value(("model", "api_base"))
        self.ask.setVisible(isinstance(base, str) and bool(base))
        here = ref.identifier if ref is not None else ""
        for number in range(self.list.count()):
            item = self.list.item(number)
            if item.data(Qt.ItemDataRole.UserRole).identifier == here:
                self.list.setCurrentItem(item)

    def _written(self) -> ModelRef | None:
        provider, name = (self._form.draft.value(("model", each)) for each in ("provider", "name"))
        return ModelRef(provider, name) if isinstance(provider, str) and isinstance(name, str) and name else None

    def _words(self, ref: ModelRef) -> str:
        return model_words(ref, self._prices.get(ref.identifier, tr(LOOKING)))

    async def _price(self, refs: list[ModelRef]) -> None:
        """Look prices up, and show them."""
        found = await in_thread(lambda: {ref.identifier: price_words(ref, self._file) for ref in refs})
        self._prices.update(found)
        self._fill()
        self.refresh()

    def _fill(self) -> None:
        words = self.search.text().casefold().split()
        self.list.clear()
        for ref in [*self._served, *known_models()]:
            text = f"{ref.identifier}\n{self._words(ref)}"
            if all(word in text.casefold() for word in words):
                item = QListWidgetItem(text)
                item.setData(Qt.ItemDataRole.UserRole, ref)
                self.list.addItem(item)
        provider, _, name = self.search.text().strip().partition(":")
        if name and provider in PROVIDERS and not self.list.count():
            item = QListWidgetItem(tr("Use {model}", model=f"{provider}:{name}"))
            item.setData(Qt.ItemDataRole.UserRole, ModelRef(provider, name))
            self.list.addItem(item)
        known = ", ".join(PROVIDERS)
        self.said.setText("" if self.list.count() else tr("No such model. Providers are {providers}.", providers=known))

    def _on_return(self) -> None:
        if self.list.count():
            self._on_item(self.list.item(max(0, self.list.currentRow())))

    def _on_item(self, item: QListWidgetItem) -> None:
        ref: ModelRef = item.data(Qt.ItemDataRole.UserRole)
        self._form.put(("model", "provider"), ref.provider)
        self._form.put(("model", "name"), ref.name)

    async def _ask(self) -> None:
        base = self._form.draft.value(("model", "api_base"))
        self.said.setText(tr("Asking the server …"))
        self._served = await served_models(str(base))
        self._start(self._price(self._served), "look prices up")
        self._fill()
        self.said.setText(tr("It has {n}; they are first in the list.", n=len(self._served)))
