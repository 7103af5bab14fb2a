"""What tool servers have is attached to a message, and their prompts are commands, with a real server."""

import base64
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from loom.config import AgentConfig, MCPServerConfig, ModelRef
from loom.ecosystem.mcp import agent_servers
from loom.threads import in_thread
from loom.types.content import ImageBlock, TextBlock
from loom_studio.panels.chat.panel import ChatPanel
from loom_studio.panels.chat.prompt_form import PromptForm
from loom_studio.services.attachments import TEXT_LIMIT_BYTES, AttachmentError
from loom_studio.services.conversations import Conversation, Outgoing
from loom_studio.services.server_offers import Resource, attachments_of
from tests.studio.panels.test_slash_and_completion import labels, press, type_in
from tests.support.chats import with_chat
from tests.support.mcp_servers import node_server, odd
from tests.support.waiting import until

ARCHITECTURE = "demo://resource/static/document/architecture.md"
Use = Callable[[ChatPanel], Coroutine[Any, Any, None]]


def with_server(app: QApplication, folder: Path, use: Use, server: MCPServerConfig, *turns: Any) -> None:
    (folder / "readme.md").write_text("read me")

    agent = AgentConfig(ModelRef.scripted(list(turns)), name="Test", mcp_servers={"all": server})
    with_chat(app, lambda: Conversation(agent, folder), use)


async def connect(panel: ChatPanel) -> None:
    """Have the agent made and its server connected, as typing does by and by."""
    await panel.conversation.offers.resources()
    await until(lambda: panel.conversation.offers.known() == ["all"])


def said(panel: ChatPanel) -> str:
    return "\n".join(row.text for row in panel.model.rows if row.kind == "user")


@pytest.mark.slow
def test_an_at_sign_attaches_what_a_server_has_with_its_source(qapp: QApplication, tmp_path: Path) -> None:
    async def use(panel: ChatPanel) -> None:
        await connect(panel)
        type_in(panel, "@")
        await until(lambda: any(label.startswith("all:") for label in labels(panel)))
        assert labels(panel)[0].startswith("all:   7 things to attach")
        assert any("readme.md" in label for label in labels(panel))
        press(panel, Qt.Key.Key_Return)
        await until(lambda: any(ARCHITECTURE in label for label in labels(panel)))
        type_in(panel, "archi")
        await until(lambda: labels(panel)[:1] != [] and ARCHITECTURE in labels(panel)[0])
        press(panel, Qt.Key.Key_Tab)
        assert panel.composer.message.toPlainText() == f"@all:{ARCHITECTURE} "
        panel.composer.send.click()  # before it was read: it goes with it all the same
        await until(lambda: any(row.kind == "assistant" for row in panel.model.rows))
        assert f"Attached: all:{ARCHITECTURE}" in said(panel)
        session = panel.conversation._session
        assert session is not None
        block = next(b for m in session.history if m.role == "user" for b in m.content if "Everything Server" in str(b))
        assert isinstance(block, TextBlock)
        assert block.text.startswith(f'<resource server="all" uri="{ARCHITECTURE}">\n')

    with_server(qapp, tmp_path, use, node_server("server-everything"), "read")


@pytest.mark.slow
def test_an_address_that_is_not_listed_can_be_typed(qapp: QApplication, tmp_path: Path) -> None:
    address = "demo://resource/dynamic/text/7"

    async def use(panel: ChatPanel) -> None:
        await connect(panel)
        type_in(panel, f"@all:{address}")
        await until(lambda: any("this address, if the server has it" in label for label in labels(panel)))
        panel.completer.list.setCurrentRow(panel.completer.list.count() - 1)
        press(panel, Qt.Key.Key_Tab)
        await until(lambda: panel.composer.attachments)
        (attached,) = panel.composer.attachments
        assert attached.name == f"all:{address}"
        assert isinstance(attached.block, TextBlock)
        assert "Resource 7" in attached.block.text

    with_server(qapp, tmp_path, use, node_server("server-everything"))


def block_of(panel: ChatPanel) -> str:
    return "\n".join(each.block.text for each in panel.composer.attachments if isinstance(each.block, TextBlock))


@pytest.mark.parametrize("era", ["older", "newer"])
def test_what_is_attached_is_read_again_when_its_server_says_that_it_changed(
    qapp: QApplication, tmp_path: Path, era: str
) -> None:
    file = tmp_path / "held.txt"
    file.write_text("first")

    async def use(panel: ChatPanel) -> None:
        await connect(panel)
        panel.attaching.resource(Resource("all", "file:///held"))
        await until(lambda: "first" in block_of(panel))
        await in_thread(file.write_text, "second")
        await until(lambda: "second" in block_of(panel))
        (attached,) = panel.composer.attachments
        assert attached.note == "Read again: its server said that it changed"
        await in_thread(file.unlink)
        await until(lambda: "could not be read again" in panel.composer.attachments[0].note)
        assert "second" in block_of(panel)
        panel.composer.chips.itemAt(0).widget().click()  # type: ignore[union-attr]
        await until(lambda: not panel.composer.attachments)

    server = MCPServerConfig(command=sys.executable, args=["-m", "tests.support.watched_server", era, str(file)])
    with_server(qapp, tmp_path, use, server)


@pytest.mark.slow
def test_the_attach_button_offers_servers_beside_files(qapp: QApplication, tmp_path: Path) -> None:
    async def use(panel: ChatPanel) -> None:
        await connect(panel)
        type_in(panel, "see")
        menu = panel.attaching.menu(panel.conversation.offers.known())
        assert [action.text() for action in menu.actions()] == ["Files…", "From the tool server all…"]
        menu.actions()[1].trigger()
        menu.deleteLater()
        assert panel.composer.message.toPlainText() == "see @all:"
        await until(lambda: any("features.md" in label for label in labels(panel)))

    with_server(qapp, tmp_path, use, node_server("server-everything"))


@pytest.mark.slow
def test_a_prompt_of_a_server_is_a_command_that_asks_for_its_arguments(qapp: QApplication, tmp_path: Path) -> None:
    async def use(panel: ChatPanel) -> None:
        await connect(panel)
        type_in(panel, "/all:args")
        await until(lambda: labels(panel)[:1] != [])
        assert labels(panel)[0].startswith("/all:args-prompt city=… [state=…]")
        press(panel, Qt.Key.Key_Tab)
        press(panel, Qt.Key.Key_Return)
        await until(lambda: panel.findChild(PromptForm) is not None)
        form = panel.findChild(PromptForm)
        assert isinstance(form, PromptForm)
        assert not form.send.isEnabled()
        form.lines["city"].setText("New York")
        assert form.send.isEnabled()
        form.send.click()
        await until(lambda: any(row.kind == "assistant" for row in panel.model.rows))
        assert "Prompt /all:args-prompt 'city=New York'" in said(panel)
        assert "What's weather in New York?" in said(panel)

    with_server(qapp, tmp_path, use, node_server("server-everything"), "sunny")


@pytest.mark.slow
def test_a_prompt_that_is_not_sent_goes_back_into_the_box(qapp: QApplication, tmp_path: Path) -> None:
    async def use(panel: ChatPanel) -> None:
        await connect(panel)
        panel.submit(Outgoing("/all:args-prompt"))
        await until(lambda: panel.findChild(PromptForm) is not None)
        form = panel.findChild(PromptForm)
        assert isinstance(form, PromptForm)
        form.cancel.click()
        assert panel.composer.message.toPlainText() == "/all:args-prompt"
        panel.composer.message.clear()
        panel.submit(Outgoing("/all:no-such-prompt x"))
        await until(lambda: any("There is no command /all:no-such-prompt" in row.text for row in panel.model.rows))
        panel.composer.message.clear()
        panel.submit(Outgoing("/all:simple-prompt"))
        await until(lambda: any(row.kind == "assistant" for row in panel.model.rows))
        assert "This is a simple prompt without arguments." in said(panel)

    with_server(qapp, tmp_path, use, node_server("server-everything"), "yes")


def test_a_server_that_has_nothing_to_attach_offers_nothing(qapp: QApplication, tmp_path: Path) -> None:
    async def use(panel: ChatPanel) -> None:
        type_in(panel, "@read")
        await until(lambda: labels(panel) == ["readme.md"])
        await until(lambda: panel.conversation.tool_names != [])
        assert panel.conversation.offers.known() == []
        with pytest.raises(Exception, match="There is no server 'other'"):
            await panel.conversation.offers.read(Resource("other", "x://y"))

    with_server(qapp, tmp_path, use, odd())


def test_a_message_that_waits_for_servers_is_in_view_meanwhile(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent_servers, "START_WAIT_S", 2.0)

    async def use(panel: ChatPanel) -> None:
        panel.submit(Outgoing("Where is\nmy message?"))
        await until(panel.composer.sending.isVisible)
        assert panel.composer.sending.text() == "Where is my message?\nConnecting all …"
        await until(lambda: any(row.kind == "assistant" for row in panel.model.rows))
        assert not panel.composer.sending.isVisible()
        assert "Where is\nmy message?" in said(panel)

    with_server(qapp, tmp_path, use, odd("--mute"), "here")


def test_what_is_read_keeps_its_source_and_what_no_model_reads_is_refused() -> None:
    resource = Resource("s", "x://a")
    picture = b"\x89PNG\r\n\x1a\n" + b"0" * 20
    parts = [{"uri": "x://a", "text": "one </resource> two"}, {"blob": base64.b64encode(picture).decode()}]
    text, shown = attachments_of(resource, {"contents": parts})
    assert isinstance(text.block, TextBlock)
    assert text.block.text == '<resource server="s" uri="x://a">\none &lt;/resource> two\n</resource>'
    assert isinstance(shown.block, ImageBlock)
    assert shown.name == "s:x://a"
    faults: list[tuple[list[dict[str, Any]], str]] = [
        ([], "nothing in it"),
        ([{"blob": "!"}], "not valid base64"),
        ([{"blob": base64.b64encode(b"\0\1").decode()}], "neither text"),
        ([{"text": "x" * (TEXT_LIMIT_BYTES + 1)}], "more than 400,000 bytes"),
    ]
    for contents, why in faults:
        with pytest.raises(AttachmentError, match=why):
            attachments_of(resource, {"contents": contents})


def test_what_can_not_be_read_is_said_and_the_message_stays(qapp: QApplication, tmp_path: Path) -> None:
    async def use(panel: ChatPanel) -> None:
        panel.completer.resource_taken.emit(Resource("all", "x://gone"))
        type_in(panel, "about it")
        panel.composer.send.click()
        assert panel.composer.message.toPlainText() == "about it"
        await until(lambda: any(row.kind == "error" for row in panel.model.rows))
        assert panel.composer.message.toPlainText() == "about it"
        assert panel.composer.attachments == []
        assert not panel.conversation.is_running

    with_server(qapp, tmp_path, use, odd())


@pytest.mark.slow
def test_the_form_proposes_values_by_what_was_begun_and_what_the_other_lines_have(
    qapp: QApplication, tmp_path: Path
) -> None:
    async def use(panel: ChatPanel) -> None:
        await connect(panel)
        panel.submit(Outgoing("/all:completable-prompt"))
        await until(lambda: panel.findChild(PromptForm) is not None)
        form = panel.findChild(PromptForm)
        assert isinstance(form, PromptForm)
        department, name = form.lines["department"], form.lines["name"]
        QTest.keyClicks(department, "S")
        await until(lambda: form.completers["department"].shown == ["Sales", "Support"])
        popup = form.completers["department"].popup
        assert popup.accessibleName() == "Proposed values"
        QTest.keyClick(popup, Qt.Key.Key_Down)
        QTest.keyClick(popup, Qt.Key.Key_Return)
        assert department.text() == "Sales"
        QTest.keyClick(name, Qt.Key.Key_Down)
        await until(lambda: form.completers["name"].shown == ["David", "Eve", "Frank"])
        form.cancel.click()

    with_server(qapp, tmp_path, use, node_server("server-everything"))
