"""The first question: which model answers? The local one, one behind a provider's key, one on a server."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import urlsplit

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from loom.config import ModelRef
from loom.errors import LoomError
from loom.providers.capabilities import KNOWN_MODELS
from loom.providers.probe import ask_for_a_word, served_models
from loom.providers.resolve import KEY_VARIABLES
from loom.providers.weights import install_commands
from loom.threads import in_thread
from loom_studio.dialogs.welcome_pages import KeyPage, ServerPage
from loom_studio.runtime_words import said_of
from loom_studio.services.keys import Keys
from loom_studio.tasks import TaskOwner
from loom_studio.texts import marked, plural, tr
from loom_studio.widgets.named import named, text_label
from loom_studio.widgets.sized import open_at

Work = Callable[[], Coroutine[Any, Any, object]]

AGENT_NAMES = {"anthropic": "Claude", "openai": "OpenAI", "gemini": "Gemini", "qwen": "Qwen"}


class WelcomeDialog(QDialog):
    """Says `model_chosen` with an agent's name and the model; closing it chooses nothing.

    The name is empty where the agent in view is to get the model.
    """

    model_chosen = Signal(str, object)
    key_stored = Signal()
    tour_wanted = Signal()

    def __init__(self, keys: Keys, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "Welcome")
        self.setWindowTitle(tr("Welcome"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(False)
        self.keys = keys
        self._was_told = False
        self.tasks = TaskOwner(self.say)
        self.pages = QStackedWidget()
        self.status = text_label()
        self.progress = named(QProgressBar(), "Progress")
        self.progress.setRange(0, 0)
        self.progress.hide()
        self.cancel = named(QPushButton(tr("Cancel")), "Cancel")
        self.cancel.hide()
        busy = QHBoxLayout()
        busy.addWidget(self.progress, 1)
        busy.addWidget(self.cancel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(12)
        layout.addWidget(self.pages, 1)
        layout.addLayout(busy)
        layout.addWidget(self.status)
        self.pages.addWidget(self._doors())
        self.key_page = KeyPage()
        self.server_page = ServerPage()
        self.pages.addWidget(self.key_page)
        self.pages.addWidget(self.server_page)
        for page in (self.key_page, self.server_page):
            page.back.clicked.connect(self._show_doors)
        self.key_page.test.clicked.connect(lambda: self._start(self._test_key, "test the key"))
        self.key_page.save.clicked.connect(lambda: self._start(self._save_key, "keep the key"))
        self.key_page.key.returnPressed.connect(self.key_page.save.click)
        self.server_page.look.clicked.connect(lambda: self._start(self._find, "ask the server"))
        self.server_page.address.returnPressed.connect(self.server_page.look.click)
        self.server_page.use.clicked.connect(self._use_server)
        self.cancel.clicked.connect(self._on_cancel)
        self.finished.connect(self._on_finished)
        open_at(self, 560, 460)

    def say(self, sentence: str) -> None:
        """Show a sentence below the page."""
        self.status.setText(sentence)

    async def aclose(self) -> None:
        """End what runs."""
        await self.tasks.aclose()

    def _doors(self) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(text_label(tr("Which model shall answer?"), "Title"))
        layout.addWidget(text_label(tr("You can change it at any time; its name is above each chat."), "Muted"))
        layout.addSpacing(8)
        for text, meaning, slot in (
            (
                marked("Use the local model"),
                tr(
                    "A small model on this machine: no key, no network. Good for a first conversation and for trying "
                    "everything out; agents want a larger one."
                ),
                lambda: self._start(self._use_local, "install the local model"),
            ),
            (
                marked("Add a provider key…"),
                tr(
                    "Anthropic, OpenAI, Google Gemini or Qwen. The key is kept in the system's keyring, never in a "
                    "file."
                ),
                lambda: self._show(1),
            ),
            (
                marked("Connect a server…"),
                tr("Ollama, vLLM, LM Studio, or any server that speaks OpenAI's chat format."),
                lambda: self._show(2),
            ),
            (
                marked("Take the tour"),
                tr("A script in a model's place shows what the Studio does, with real tools in a scratch folder."),
                self._take_tour,
            ),
        ):
            button = named(QPushButton(tr(text)), text, "Door")
            button.clicked.connect(slot)
            layout.addWidget(button)
            layout.addWidget(text_label(meaning, "Muted"))
            layout.addSpacing(6)
        layout.addStretch(1)
        return page

    def _take_tour(self) -> None:
        self.tour_wanted.emit()
        self.accept()

    def _show(self, number: int) -> None:
        self.say("")
        self.pages.setCurrentIndex(number)
        (self.key_page.key if number == 1 else self.server_page.address).setFocus()

    def _show_doors(self) -> None:
        self.say("")
        self.pages.setCurrentIndex(0)

    def _start(self, work: Work, what: str) -> None:
        self.tasks.start(self._busy(work), what=what)

    async def _busy(self, work: Work) -> None:
        """Do the work with the page disabled, the bar moving and Cancel there. The keyboard is then where it was."""
        at = self.focusWidget() or self.pages
        self._show_busy(busy=True)
        try:
            await work()
        finally:
            self._show_busy(busy=False)
            at.setFocus()

    def _show_busy(self, *, busy: bool) -> None:
        self.pages.setEnabled(not busy)
        self.progress.setVisible(busy)
        self.cancel.setVisible(busy)

    def _on_cancel(self) -> None:
        self.tasks.cancel_all()
        self.say(tr("Cancelled."))

    def _on_finished(self) -> None:
        self.tasks.cancel_all()

    async def _use_local(self) -> None:
        missing = await in_thread(install_commands)
        if missing:
            self.say(tr("Installing the local model: about 100 MB are fetched, once."))
        for command in missing:
            process = await asyncio.create_subprocess_exec(
                *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
            )
            try:
                said = await self._follow(process)
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
            if process.returncode != 0:
                hint = f"{sys.executable} -m pip install {command[-1]}"
                self.say(
                    tr(
                        "The local model could not be installed. The installer said: {said}\nIn a terminal: {command}",
                        said=said,
                        command=hint,
                    )
                )
                return
        importlib.invalidate_caches()
        self._choose("", ModelRef.local())

    async def _follow(self, process: asyncio.subprocess.Process) -> str:
        """Show the installer's lines; returns the last one after its end."""
        last = ""
        if process.stdout is not None:
            async for line in process.stdout:
                text = line.decode("utf-8", "replace").strip()
                if text:
                    last = text[:300]
                    self.say(last)
        await process.wait()
        return last

    def _entered_key(self) -> tuple[str, str] | None:
        key = self.key_page.key.text().strip()
        if not key:
            self.say(tr("Paste the key first."))
            return None
        if any(ord(letter) < 33 or ord(letter) > 126 for letter in key):
            self.say(tr("That is no key: it has a space or a letter that no key has. Copy it again from the provider."))
            return None
        return self.key_page.provider.currentData(), key

    async def _test_key(self) -> bool:
        entered = self._entered_key()
        if entered is None:
            return False
        provider, key = entered
        ref = ModelRef(provider, KNOWN_MODELS[provider][0])
        self.say(tr("Asking {model} for a word …", model=ref.identifier))
        try:
            answer = await ask_for_a_word(ref, {**self.keys.environment, KEY_VARIABLES[provider][0]: key})
        except (LoomError, ImportError) as error:
            self.say(tr("The key was not accepted or the provider not reached. {error}", error=said_of(error)))
            return False
        self.say(tr("The key works: {model} said {answer!r}.", model=ref.identifier, answer=answer))
        return True

    async def _save_key(self) -> None:
        entered = self._entered_key()
        if entered is None:
            return
        provider, key = entered
        source = self.keys.source(provider)
        if source.kind == "environment" and not self._was_told:
            self._was_told = True
            self.say(
                tr(
                    "{source} Unset it to use another, or press Use this key again to go on with it.",
                    source=source.words,
                )
            )
            return
        if self.key_page.store.isChecked():
            problem = await self.keys.keep(provider, key)
            if problem:
                self.key_page.store.setChecked(False)
                self.say(
                    tr("{problem}. Press Use this key again to use it until the Studio is closed.", problem=problem)
                )
                return
            self.key_stored.emit()
        else:
            self.keys.use(provider, key)
        self._choose(AGENT_NAMES[provider], ModelRef(provider, KNOWN_MODELS[provider][0]))

    async def _find(self) -> None:
        address = self.server_page.address.text().strip()
        if not address:
            self.say(tr("Write the server's address first, such as http://localhost:11434"))
            return
        self.say(tr("Asking the server …"))
        self.server_page.show_models([])
        models = await served_models(address)
        self.server_page.show_models(models)
        self.say(plural("The server has {n} model. Choose one.", "The server has {n} models. Choose one.", len(models)))

    def _use_server(self) -> None:
        chosen = self.server_page.chosen()
        if chosen is None:
            self.say(tr("Find the server's models first."))
            return
        host = urlsplit(chosen.api_base or "").netloc
        self._choose(f"{chosen.name} on {host}", chosen)

    def _choose(self, agent_name: str, model: ModelRef) -> None:
        self.model_chosen.emit(agent_name, model)
        self.accept()
