"""The Welcome dialog, on the Studio's loop, with real servers on loopback."""

from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from loom.config import ModelRef
from loom.errors import ProviderError
from loom.providers.probe import ask_for_a_word
from loom_studio.dialogs.welcome import WelcomeDialog
from loom_studio.loop import run
from loom_studio.services.keys import Keys
from tests.support import wire_anthropic
from tests.support.waiting import until
from tests.support.wire_server import Reply, Request, WireServer

Use = Callable[[WelcomeDialog, list[tuple[str, ModelRef]]], Coroutine[Any, Any, None]]


def with_dialog(app: QApplication, use: Use) -> None:
    async def main() -> int:
        dialog = WelcomeDialog(Keys())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        chosen: list[tuple[str, ModelRef]] = []
        dialog.model_chosen.connect(lambda name, model: chosen.append((name, model)))
        dialog.show()
        try:
            await use(dialog, chosen)
        finally:
            await dialog.aclose()
            dialog.deleteLater()
        return 0

    assert run(app, main) == 0


def lists(key: str, name: str, *models: str) -> Callable[[Request], Reply]:
    path = "/api/tags" if key == "models" else "/v1/models"

    def answer(request: Request) -> Reply:
        if request.path != path:
            return Reply.of_json(404, {"error": "not here"})
        return Reply.of_json(200, {key: [{name: each} for each in models]})

    return answer


def test_the_keyboard_alone_goes_through_a_door_and_stays_where_it_was(qapp: QApplication) -> None:
    async def use(dialog: WelcomeDialog, chosen: list[tuple[str, ModelRef]]) -> None:
        del chosen
        async with WireServer(lists("data", "id", "qwen2.5-coder"), loop=True) as server:
            door = dialog.findChildren(QPushButton, "Door")[2]
            door.setFocus()
            QTest.keyClick(door, Qt.Key.Key_Return)
            page = dialog.server_page
            assert dialog.pages.currentWidget() is page
            page.address.setText(server.url)
            QTest.keyClick(page.address, Qt.Key.Key_Return)
            await until(page.use.isEnabled)
            await until(lambda: dialog.focusWidget() is page.address)

    with_dialog(qapp, use)


@pytest.mark.local_model
def test_the_local_model_is_chosen_at_once_where_it_is_installed(qapp: QApplication) -> None:
    async def use(dialog: WelcomeDialog, chosen: list[tuple[str, ModelRef]]) -> None:
        dialog.findChildren(QPushButton, "Door")[0].click()
        await until(lambda: bool(chosen))
        assert chosen == [("", ModelRef.local())]
        assert not dialog.isVisible()

    with_dialog(qapp, use)


@pytest.mark.parametrize("kind", ["ollama", "openai"])
def test_a_server_is_asked_for_its_models_and_one_is_chosen(qapp: QApplication, kind: str) -> None:
    async def use(dialog: WelcomeDialog, chosen: list[tuple[str, ModelRef]]) -> None:
        answer = lists("models", "name", "a", "b") if kind == "ollama" else lists("data", "id", "a", "b")
        async with WireServer(answer, loop=True) as server:
            dialog.server_page.address.setText(f"{server.url.removeprefix('http://')}/v1/")
            dialog.server_page.look.click()
            await until(lambda: "2 models" in dialog.status.text())
            dialog.server_page.model.setCurrentIndex(1)
            dialog.server_page.use.click()
            url = server.url
        name, model = chosen[0]
        assert (model.provider, model.name) == (kind, "b")
        assert model.api_base == (url if kind == "ollama" else f"{url}/v1")
        assert name == f"b on {url.removeprefix('http://')}"

    with_dialog(qapp, use)


def test_the_key_of_another_provider_never_goes_to_a_server_of_ones_own(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")

    async def use(dialog: WelcomeDialog, chosen: list[tuple[str, ModelRef]]) -> None:
        async with WireServer(lists("data", "id", "a"), loop=True) as server:
            dialog.server_page.address.setText(server.url)
            dialog.server_page.look.click()
            await until(lambda: "1 model" in dialog.status.text())
            dialog.server_page.use.click()
            with pytest.raises(ProviderError, match="not here"):
                await ask_for_a_word(chosen[0][1])
            assert not any("sk-secret" in str(request.headers) for request in server.requests)
            assert server.requests[-1].path == "/v1/chat/completions"

    with_dialog(qapp, use)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("localhost:1", "No server answers at http://localhost:1"),
        ("http://", "no server's address"),
        ("ftp://localhost", "no server's address"),
        ("two words", "no server's address"),
        ("http://localhost:99999", "no server's address"),
        ("   ", "Write the server's address first"),
    ],
)
def test_an_address_where_nothing_is_gets_a_sentence(qapp: QApplication, address: str, said: str) -> None:
    async def use(dialog: WelcomeDialog, chosen: list[tuple[str, ModelRef]]) -> None:
        dialog.server_page.address.setText(address)
        dialog.server_page.look.click()
        await until(lambda: said in dialog.status.text())
        assert dialog.pages.isEnabled()
        assert chosen == []

    with_dialog(qapp, use)


def test_a_page_that_is_no_model_server_is_told_apart(qapp: QApplication) -> None:
    async def use(dialog: WelcomeDialog, chosen: list[tuple[str, ModelRef]]) -> None:
        async with WireServer(Reply(200, {"content-type": "text/html"}, [b"<html>hello"]), loop=True) as server:
            dialog.server_page.address.setText(server.url)
            dialog.server_page.look.click()
            await until(lambda: "lists no models" in dialog.status.text())

    with_dialog(qapp, use)


def test_asking_a_silent_server_can_be_cancelled(qapp: QApplication) -> None:
    async def use(dialog: WelcomeDialog, chosen: list[tuple[str, ModelRef]]) -> None:
        async with WireServer(Reply(200, {}, [], stall=True), loop=True) as server:
            dialog.server_page.address.setText(server.url)
            dialog.server_page.look.click()
            await until(lambda: bool(server.requests) and dialog.cancel.isVisible())
            dialog.cancel.click()
            await until(dialog.pages.isEnabled)
            assert dialog.status.text() == "Cancelled."

    with_dialog(qapp, use)


def test_a_key_is_tested_against_its_provider(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    async def use(dialog: WelcomeDialog, chosen: list[tuple[str, ModelRef]]) -> None:
        refused = Reply.of_json(401, {"type": "error", "error": {"type": "authentication_error", "message": "bad key"}})
        async with WireServer(refused, wire_anthropic.text("Hello!")) as server:
            monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
            dialog.key_page.key.setText("sk-mine")
            dialog.key_page.test.click()
            await until(lambda: "not accepted" in dialog.status.text())
            dialog.key_page.test.click()
            await until(lambda: "The key works" in dialog.status.text())
            assert {request.headers["authorization"] for request in server.requests} == {"Bearer sk-mine"}

    with_dialog(qapp, use)


def test_a_key_for_this_start_becomes_an_agents_model(qapp: QApplication) -> None:
    async def use(dialog: WelcomeDialog, chosen: list[tuple[str, ModelRef]]) -> None:
        dialog.key_page.store.setChecked(False)
        for text, said in (("", "Paste the key first"), ("sk nonsense", "no key"), ("sk-ü", "no key")):
            dialog.key_page.key.setText(text)
            dialog.key_page.save.click()
            await until(lambda said=said: said in dialog.status.text() and dialog.pages.isEnabled())
        dialog.key_page.key.setText("sk-mine")
        dialog.key_page.save.click()
        await until(lambda: bool(chosen))
        assert chosen[0][0] == "Claude"
        assert chosen[0][1].provider == "anthropic"
        assert dialog.keys.environment["ANTHROPIC_API_KEY"] == "sk-mine"

    with_dialog(qapp, use)
