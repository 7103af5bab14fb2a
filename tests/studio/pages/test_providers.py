"""The page of providers: keys are kept where it says, the environment wins, and a test says the real error."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import keyring
import keyring.backends.fail
import pytest
from PySide6.QtWidgets import QApplication

from loom.errors import ConfigError
from loom.providers.keys import KEY_VARIABLES
from loom.threads import in_thread
from loom_studio.dialogs.settings import SettingsDialog
from loom_studio.pages.providers import ProvidersPage
from loom_studio.services.key_file import KeyFile
from loom_studio.services.keys import Keys
from tests.support.pages import page_context, with_settings
from tests.support.waiting import until
from tests.support.wire_server import Reply, WireServer

MODELS = {"data": [{"id": "big"}, {"id": "small"}]}


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No key in the environment, and no keyring."""
    for name in (name for names in KEY_VARIABLES.values() for name in names):
        monkeypatch.delenv(name, raising=False)
    before = keyring.get_keyring()
    keyring.set_keyring(keyring.backends.fail.Keyring())
    yield
    keyring.set_keyring(before)


async def shown(dialog: SettingsDialog) -> ProvidersPage:
    dialog.show_page("Providers")
    page = await dialog.page("Providers")
    assert isinstance(page, ProvidersPage)
    return page


def test_a_connection_is_tested_and_the_real_error_is_said(qapp: QApplication, tmp_path: Path) -> None:
    async def use(dialog: SettingsDialog) -> None:
        page = await shown(dialog)
        card = page.cards["openai"]
        refusal = Reply.of_json(401, {"error": {"message": "Incorrect API key provided: sk-bad"}})
        async with WireServer(refusal, Reply.of_json(200, MODELS)) as server:
            card.address.setText(f"{server.url}/v1")
            card.address.editingFinished.emit()
            page.context.keys.use("openai", "sk-bad")
            card.test.click()
            await until(lambda: card.said.text().startswith("It does not work"))
            assert "Incorrect API key provided" in card.said.text()
            assert "401" in card.said.text()
            card.test.click()
            await until(lambda: card.said.text().startswith("It works"))
            assert card.said.text() == "It works, and has 2 models: big, small"
            assert server.requests[0].path == "/v1/models"
            assert server.requests[1].headers["authorization"] == "Bearer sk-bad"
        card.test.click()
        await until(lambda: "can't be reached" in card.said.text())
        assert page.context.settings.text("address_openai").endswith("/v1")

    with_settings(qapp, page_context(tmp_path), use)


def test_a_key_is_tried_before_it_is_kept_and_without_one_nobody_is_asked(qapp: QApplication, tmp_path: Path) -> None:
    async def use(dialog: SettingsDialog) -> None:
        page = await shown(dialog)
        card = page.cards["openai"]
        async with WireServer(Reply.of_json(200, MODELS)) as server:
            card.address.setText(f"{server.url}/v1")
            card.test.click()
            await until(lambda: card.said.text() == "There is no key to test with: paste one first.")
            card.key.setText("sk-typed")
            card.test.click()
            await until(lambda: card.said.text().startswith("It works"))
            assert [each.headers["authorization"] for each in server.requests] == ["Bearer sk-typed"]
        assert not page.context.keys.source("openai").kind, "it is kept nowhere yet"

    with_settings(qapp, page_context(tmp_path), use)


def test_each_provider_is_asked_in_its_own_way(qapp: QApplication, tmp_path: Path) -> None:
    async def use(dialog: SettingsDialog) -> None:
        page = await shown(dialog)
        for provider, header, path in (
            ("anthropic", "x-api-key", "/v1/models?limit=1000"),
            ("gemini", "x-goog-api-key", "/v1beta/models"),
            ("qwen", "authorization", "/models"),
        ):
            named = {"models": [{"name": "models/g"}]} if provider == "gemini" else MODELS
            async with WireServer(Reply.of_json(200, named)) as server:
                page.context.keys.use(provider, "sk-1")
                page.cards[provider].address.setText(server.url)
                page.cards[provider].test.click()
                await until(lambda provider=provider: page.cards[provider].said.text().startswith("It works"))
                assert server.requests[0].path == path
                assert "sk-1" in server.requests[0].headers[header]

    with_settings(qapp, page_context(tmp_path), use)


def test_the_environment_wins_and_is_shown(qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_API_KEY", "sk-env")

    async def use(dialog: SettingsDialog) -> None:
        page = await shown(dialog)
        card = page.cards["gemini"]
        assert "environment's GOOGLE_API_KEY" in card.where.text()
        assert not card.forget.isEnabled()
        page.context.keys.use("gemini", "sk-typed")
        assert "GEMINI_API_KEY" not in page.context.keys.environment
        assert page.context.keys.environment["GOOGLE_API_KEY"] == "sk-env"

    with_settings(qapp, page_context(tmp_path), use)


def test_without_a_keyring_a_key_goes_to_an_encrypted_file_after_a_question(qapp: QApplication, tmp_path: Path) -> None:
    async def use(dialog: SettingsDialog) -> None:
        page = await shown(dialog)
        card = page.cards["anthropic"]
        card.key.setText("sk-secret")
        card.keep.click()
        await until(page.bar.isVisible)
        assert "no keyring" in page.bar.text.text()
        assert "encrypted with a password" in page.bar.text.text()
        file = tmp_path / "keys.json"
        assert not await in_thread(file.exists)
        page.bar.password.setText("short")
        page.bar.use.click()
        await until(lambda: "at least 8" in page.bar.text.text())
        page.bar.password.setText("long enough")
        page.bar.use.click()
        await until(lambda: not page.bar.isVisible())
        assert card.where.text() == "The key is in the encrypted file."
        text = await in_thread(file.read_text)
        assert "sk-secret" not in text
        assert (await in_thread(file.stat)).st_mode & 0o077 == 0

    context = page_context(tmp_path)
    with_settings(qapp, context, use)

    async def later() -> None:
        keys = Keys(file=tmp_path / "keys.json")
        assert await keys.is_locked()
        assert not keys.has("anthropic")
        with pytest.raises(ConfigError, match="not the password"):
            await keys.unlock("something else")
        await keys.unlock("long enough")
        assert keys.environment["ANTHROPIC_API_KEY"] == "sk-secret"
        assert await keys.forget("anthropic") == ""
        assert await in_thread(KeyFile(tmp_path / "keys.json").open, "long enough") == {}

    asyncio.run(later())
