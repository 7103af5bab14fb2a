"""The forms behind the Welcome dialog's doors: a provider's key, a server's address."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from loom.config import ModelRef
from loom_studio.texts import tr
from loom_studio.widgets.choice import choice
from loom_studio.widgets.named import named, text_label

PROVIDERS = {"Anthropic": "anthropic", "OpenAI": "openai", "Google Gemini": "gemini", "Qwen (DashScope)": "qwen"}


class KeyPage(QWidget):
    """A provider and its key."""

    def __init__(self) -> None:
        super().__init__()
        self.provider = choice("Provider")
        for name, provider in PROVIDERS.items():
            self.provider.addItem(name, provider)
        self.key = named(QLineEdit(), "Key")
        self.key.setEchoMode(QLineEdit.EchoMode.Password)
        self.key.setPlaceholderText(tr("Paste the key here"))
        self.store = named(QCheckBox(tr("Keep it in the system's keyring")), "Keep it in the system's keyring")
        self.store.setChecked(True)
        self.back = named(QPushButton(tr("Back")), "Back")
        self.test = named(QPushButton(tr("Test")), "Test")
        self.save = named(QPushButton(tr("Use this key")), "Use this key", "Send")
        layout = _page(self, tr("Add a provider key"))
        layout.addWidget(text_label(tr("The provider bills what you use to the account of this key."), "Muted"))
        for widget in (self.provider, self.key, self.store):
            layout.addWidget(widget)
        layout.addStretch(1)
        layout.addLayout(_row(self.back, None, self.test, self.save))


class ServerPage(QWidget):
    """A server and one of its models."""

    def __init__(self) -> None:
        super().__init__()
        self._models: list[ModelRef] = []
        self.address = named(QLineEdit(), "Server address")
        self.address.setPlaceholderText("http://localhost:11434")
        self.look = named(QPushButton(tr("Find models")), "Find models")
        self.model = choice("Server model", "ServerModel")
        self.model.setEnabled(False)
        self.back = named(QPushButton(tr("Back")), "Back")
        self.use = named(QPushButton(tr("Use this model")), "Use this model", "Send")
        self.use.setEnabled(False)
        layout = _page(self, tr("Connect a server"))
        layout.addWidget(
            text_label(tr("Ollama listens on port 11434, LM Studio on 1234, vLLM on 8000. No key is sent."), "Muted")
        )
        layout.addLayout(_row(self.address, self.look))
        layout.addWidget(self.model)
        layout.addStretch(1)
        layout.addLayout(_row(self.back, None, self.use))

    def show_models(self, models: list[ModelRef]) -> None:
        """Offer what the server has."""
        self._models = models
        self.model.clear()
        self.model.addItems([ref.name for ref in models])
        self.model.setEnabled(bool(models))
        self.use.setEnabled(bool(models))

    def chosen(self) -> ModelRef | None:
        """The model that is chosen."""
        row = self.model.currentIndex()
        return self._models[row] if 0 <= row < len(self._models) else None


def _page(widget: QWidget, title: str) -> QVBoxLayout:
    layout = QVBoxLayout(widget)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(10)
    layout.addWidget(text_label(title, "Title"))
    return layout


def _row(*widgets: QWidget | None) -> QHBoxLayout:
    """The widgets side by side; None is the space that pushes them apart."""
    row = QHBoxLayout()
    for widget in widgets:
        if widget is None:
            row.addStretch(1)
        else:
            row.addWidget(widget, 1 if isinstance(widget, QLineEdit) else 0)
            if isinstance(widget, QPushButton):
                widget.setAutoDefault(False)
    return row
