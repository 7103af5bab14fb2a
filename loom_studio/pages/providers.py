"""Settings: providers, their keys and addresses, and whether they answer."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget
from typing_extensions import override

from loom.config.model import ModelRef
from loom.errors import ConfigError, LoomError
from loom.providers.keys import ADDRESS_VARIABLES, KEY_VARIABLES
from loom.providers.offered import offered_models
from loom.providers.probe import ask_for_a_word, served_models
from loom_studio.pages.page import Page, PageContext
from loom_studio.runtime_words import said_of
from loom_studio.services.keys import keyring_problem
from loom_studio.texts import marked, plural, tr
from loom_studio.widgets.column import Column, reveal
from loom_studio.widgets.named import named, text_label

TITLES = {
    "anthropic": "Anthropic",
    "openai": "OpenAI",
    "gemini": "Google Gemini",
    "qwen": "Qwen (DashScope)",
    "ollama": "Ollama",
    "local": marked("Local model"),
}
OWN = {"ollama": "http://127.0.0.1:11434"}
MOST_NAMED = 40


class ProviderCard(QFrame):
    """One provider: where its key comes from, another key, its address, and a test that says the real error."""

    def __init__(self, provider: str, page: ProvidersPage) -> None:
        super().__init__()
        title = tr(TITLES[provider])
        named(self, tr("Provider {provider}", provider=title), "Card")
        self.provider = provider
        self._page = page
        self.where = text_label(look="Muted")
        self.key = named(QLineEdit(), tr("{provider} key", provider=title), "ProviderKey")
        self.key.setEchoMode(QLineEdit.EchoMode.Password)
        self.key.setPlaceholderText(tr("Paste a key here"))
        self.keep = _button(marked("Keep the key"), tr("Keep the {provider} key", provider=title))
        self.forget = _button(marked("Forget"), tr("Forget the {provider} key", provider=title))
        self.address = named(QLineEdit(), tr("{provider} address", provider=title), "ProviderAddress")
        self.address.setPlaceholderText(OWN.get(provider) or tr("The provider's own; or https://… of another server"))
        self.test = _button(marked("Test connection"), tr("Test {provider}", provider=title))
        self.said = text_label()
        self._lay_out(title)
        self.keep.clicked.connect(lambda: page.tasks.start(page.keep(self), what="keep the key"))
        self.key.returnPressed.connect(self.keep.click)
        self.forget.clicked.connect(lambda: page.tasks.start(page.forget(self), what="forget the key"))
        self.address.editingFinished.connect(self.take_address)
        self.test.clicked.connect(lambda: page.tasks.start(page.test(self), what="test the connection"))
        self.show_source()

    @property
    def has_key(self) -> bool:
        """Whether the provider takes keys."""
        return self.provider in KEY_VARIABLES

    def show_source(self) -> None:
        """Say where the key comes from, and where the address does."""
        source = self._page.context.keys.source(self.provider)
        self.where.setText(source.words)
        self.forget.setEnabled(bool(source.kind) and source.kind != "environment")
        variable = ADDRESS_VARIABLES.get(self.provider, "")
        address = self._page.context.keys.environment.get(variable, "")
        if not self.address.hasFocus():
            self.address.setText(address)
            self.address.setCursorPosition(0)
        is_set_outside = bool(address) and address != self._page.context.keys.addresses.get(variable)
        self.address.setReadOnly(is_set_outside)
        said = tr("It is the environment's {variable}, which wins.", variable=variable)
        self.address.setToolTip(said if is_set_outside else "")

    def _lay_out(self, title: str) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 10)
        layout.setSpacing(4)
        head = QHBoxLayout()
        head.addWidget(text_label(title, "Strong"), 1)
        head.addWidget(self.test)
        layout.addLayout(head)
        if self.has_key:
            layout.addWidget(self.where)
            row = QHBoxLayout()
            row.addWidget(self.key, 1)
            row.addWidget(self.keep)
            row.addWidget(self.forget)
            layout.addLayout(row)
        if self.provider in ADDRESS_VARIABLES:
            row = QHBoxLayout()
            row.addWidget(text_label(tr("Address")))
            row.addWidget(self.address, 1)
            layout.addLayout(row)
        self.said.hide()
        layout.addWidget(self.said)

    def say(self, sentence: str) -> None:
        """Say what came of the last thing that was done."""
        self.said.setText(sentence)
        self.said.setVisible(bool(sentence))

    def take_address(self) -> None:
        """Use the address that was typed, if it is another."""
        known = self._page.context.keys.addresses.get(ADDRESS_VARIABLES.get(self.provider, ""), "")
        if not self.address.isReadOnly() and self.address.text().strip() != known:
            self._page.use_address(self)


class PasswordBar(QFrame):
    """Asks for the password of the encrypted file: a new one, or that of the file there is."""

    def __init__(self, page: ProvidersPage) -> None:
        super().__init__()
        named(self, "Password of the key file", "Card")
        self.text = text_label()
        self.password = named(QLineEdit(), "Key file password")
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.use = _button(marked("Keep it in the file"), marked("Use the encrypted file"))
        self.once = _button(marked("Only until the Studio is closed"), marked("Keep no key"))
        layout = QVBoxLayout(self)
        layout.addWidget(self.text)
        row = QHBoxLayout()
        row.addWidget(self.password, 1)
        row.addWidget(self.use)
        row.addWidget(self.once)
        layout.addLayout(row)
        self.use.clicked.connect(lambda: page.tasks.start(page.use_file(), what="use the encrypted file"))
        self.password.returnPressed.connect(self.use.click)
        self.once.clicked.connect(self.hide)
        self.hide()

    def ask(self, sentence: str, use: str, *, may_decline: bool) -> None:
        """Show the question."""
        self.text.setText(sentence)
        self.use.setText(use)
        self.once.setVisible(may_decline)
        self.password.clear()
        self.show()
        self.password.setFocus()
        reveal(self)


class ProvidersPage(Page):
    """A card for each provider. What is changed holds for the next message of every session."""

    def __init__(self, context: PageContext, parent: QWidget | None = None) -> None:
        super().__init__(
            context,
            marked("Providers"),
            marked(
                "A key that is set in the environment wins over one that is entered here. Changes hold from the next "
                "message on, in every session."
            ),
            parent,
        )
        self.bar = PasswordBar(self)
        self._waiting: tuple[ProviderCard, str] | None = None
        column = Column(keeps_width=True)
        column.lines.setContentsMargins(0, 0, 8, 0)
        self.cards = {provider: ProviderCard(provider, self) for provider in TITLES}
        for card in self.cards.values():
            column.lines.addWidget(card)
        column.lines.addStretch(1)
        self.body.addWidget(self.bar)
        self.body.addWidget(column, 1)

    @override
    async def refresh(self) -> None:
        for card in self.cards.values():
            card.show_source()
        if await self.context.keys.is_locked():
            said = tr("The file with your keys is encrypted. Its password opens it for this start.")
            self.bar.ask(said, tr("Open"), may_decline=False)

    async def keep(self, card: ProviderCard) -> None:
        """Store the key that was typed: in the keyring, else ask whether an encrypted file may be used."""
        key = card.key.text().strip()
        if not key:
            card.say(tr("Paste the key first."))
            return
        if any(ord(letter) < 33 or ord(letter) > 126 for letter in key):
            card.say(tr("That is no key: it has a space or a letter that no key has. Copy it again from the provider."))
            return
        problem = await keyring_problem() or await self.context.keys.keep(card.provider, key)
        if not problem:
            self.context.settings.keep("keys_in_keyring", True)
            self._kept(card)
            return
        self.context.keys.use(card.provider, key)
        keys = self.context.keys
        if keys.file.is_open:
            await keys.keep_in_file(card.provider, key)
            self._kept(card)
            return
        self._waiting = (card, key)
        card.show_source()
        is_there = await keys.is_locked()
        said = tr(
            "{problem}. The key can be kept in a file that is encrypted with a password of yours: it is asked for "
            "once at each start, and cannot be recovered. Who has file and password has the keys.",
            problem=problem,
        )
        if is_there:
            said = tr("{told} There is such a file already: its password opens it.", told=said)
        use = tr("Open, and keep it there") if is_there else tr("Keep it in the file")
        self.bar.ask(said, use, may_decline=True)

    async def use_file(self) -> None:
        """Open the encrypted file, or make one, with the password that was typed."""
        password = self.bar.password.text()
        keys = self.context.keys
        try:
            if self._waiting is not None:
                card, key = self._waiting
                await keys.keep_in_file(card.provider, key, password)
            else:
                await keys.unlock(password)
        except ConfigError as error:
            self.bar.text.setText(tr("{error}.", error=said_of(error)))
            return
        self.context.settings.keep("keys_in_file", True)
        self.bar.hide()
        if self._waiting is not None:
            self._kept(self._waiting[0])
            self._waiting = None
        for each in self.cards.values():
            each.show_source()

    def _kept(self, card: ProviderCard) -> None:
        card.key.clear()
        card.show_source()
        is_overruled = self.context.keys.source(card.provider).kind == "environment"
        said = tr("It is kept, but the environment's key wins as long as it is set.")
        card.say(said if is_overruled else tr("The key is kept."))
        self.renew_sessions()

    async def forget(self, card: ProviderCard) -> None:
        """Take a key out of where it is kept."""
        back = self.context.keys.way_back(card.provider)
        problem = await self.context.keys.forget(card.provider)
        if not problem:
            said = tr("The key for {provider} was forgotten.", provider=card.provider)
            self.context.undo.offer(said, partial(self._remember, card, back))
        card.show_source()
        card.say(problem or tr("The key is forgotten."))
        self.renew_sessions()

    async def _remember(self, card: ProviderCard, back: Callable[[], Coroutine[Any, Any, None]]) -> None:
        await back()
        self._kept(card)

    def use_address(self, card: ProviderCard) -> None:
        """Send what goes to a provider to another server."""
        address = card.address.text().strip()
        if address and "://" not in address:
            address = f"http://{address}"
            card.address.setText(address)
        self.context.keys.use_address(card.provider, address)
        self.context.settings.keep(f"address_{card.provider}", address)
        said = tr("Its key goes to {address} now.", address=address)
        card.say(said if address and card.has_key else "")
        self.renew_sessions()

    async def test(self, card: ProviderCard) -> None:
        """Ask the provider which models it has, with a key that was typed but not kept; say the answer or the error."""
        card.take_address()
        environment = dict(self.context.keys.environment)
        if typed := card.key.text().strip():
            environment[KEY_VARIABLES[card.provider][0]] = typed
        elif card.has_key and not self.context.keys.source(card.provider).kind:
            card.say(tr("There is no key to test with: paste one first."))
            return
        card.test.setEnabled(False)
        card.say(tr("Asking …"))
        try:
            card.say(await self._answer(card.provider, environment))
        except (LoomError, ImportError) as error:
            card.say(tr("It does not work. {error}", error=said_of(error)))
        finally:
            card.test.setEnabled(True)

    async def _answer(self, provider: str, environment: Mapping[str, str]) -> str:
        if provider == "local":
            return tr("It works: it said {word!r}.", word=await ask_for_a_word(ModelRef.local(), environment))
        if provider == "ollama":
            address = environment.get("OLLAMA_BASE_URL") or environment.get("OLLAMA_HOST") or OWN["ollama"]
            names = [ref.name for ref in await served_models(address)]
        else:
            names = await offered_models(provider, environment)
        shown, more = ", ".join(names[:MOST_NAMED]), len(names) - MOST_NAMED
        if more > 0:
            shown = tr("{names} and {count} more", names=shown, count=more)
        return plural(
            "It works, and has {n} model: {models}", "It works, and has {n} models: {models}", len(names), models=shown
        )


def _button(words: str, name: str) -> QPushButton:
    button = named(QPushButton(tr(words)), name)
    button.setAutoDefault(False)
    return button
