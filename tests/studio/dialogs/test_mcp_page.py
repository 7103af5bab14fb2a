"""The page of tool servers: agreed to before they start, tested, changed, taken out; and what they ask."""

import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QCheckBox, QLabel, QLineEdit

from loom.config import MCPServerConfig
from loom.ecosystem.mcp.asks import Answer, ServerAsk
from loom.ecosystem.mcp.server import ServerState, ToolState
from loom.threads import in_thread
from loom_studio.dialogs.server_ask import ServerAskDialog
from loom_studio.dialogs.server_asks import ServerAsks
from loom_studio.dialogs.settings import SettingsDialog
from loom_studio.pages.mcp import McpPage
from loom_studio.pages.mcp_consent import ServerConsentDialog
from loom_studio.pages.mcp_form import ServerForm
from loom_studio.services.mcp import Consent
from tests.support.mcp_servers import odd
from tests.support.pages import page_context, with_settings
from tests.support.waiting import until


def raw(config: MCPServerConfig) -> dict[str, Any]:
    return {"command": config.command, "args": config.args, "cwd": config.cwd}


def on_page(
    qapp: QApplication, folder: Path, use: Callable[[McpPage], Coroutine[Any, Any, None]], **servers: MCPServerConfig
) -> None:
    """The page over a profile with these servers."""
    profile = folder / "profile"
    profile.mkdir(exist_ok=True)
    named = {name: raw(config) for name, config in servers.items()}
    (profile / "mcp.json").write_text(json.dumps({"mcpServers": named}))

    async def main(dialog: SettingsDialog) -> None:
        page = await dialog.page("MCP servers")
        assert isinstance(page, McpPage)
        dialog.show_page("MCP servers")
        await until(lambda: len(page.rows) == len(servers) and (page.rows or page.empty.isVisible()))
        await use(page)

    with_settings(qapp, page_context(folder), main)


async def agree(page: McpPage) -> ServerConsentDialog:
    """Press Agree…, and in the window that opens Agree."""
    page.agree.click()
    await until(lambda: page.findChild(ServerConsentDialog) is not None)
    dialog = page.findChild(ServerConsentDialog)
    assert isinstance(dialog, ServerConsentDialog)
    await until(dialog.agree.isEnabled)
    return dialog


def test_without_servers_the_page_says_what_to_do(qapp: QApplication, tmp_path: Path) -> None:
    async def use(page: McpPage) -> None:
        assert page.empty.isVisible()
        assert "Add one" in page.empty.text()
        assert not page.test.isEnabled()

    on_page(qapp, tmp_path, use)


def test_a_server_is_shown_whole_and_starts_once_it_was_agreed_to(qapp: QApplication, tmp_path: Path) -> None:
    long = "x" * 4_000

    async def use(page: McpPage) -> None:
        assert "not agreed to" in page.servers.item(0).text()
        assert not page.test.isEnabled()
        dialog = await agree(page)
        assert f"Argument: {long}" in dialog.start.toPlainText()
        assert "Argument: zero\\u200bwidth" in dialog.start.toPlainText()
        dialog.agree.click()
        await until(lambda: "is ready" in page.status.text())
        await until(lambda: "ready" in page.servers.item(0).text())
        names = [page.tools.list.item(n).text() for n in range(page.tools.list.count())]
        assert "echo" in names
        assert page.test.isEnabled()

    on_page(qapp, tmp_path, use, odd=odd("--describe", long + "", "--describe", "zero\u200bwidth"))


def test_a_tool_that_changed_is_shown_as_a_diff_and_approved(qapp: QApplication, tmp_path: Path) -> None:
    said = tmp_path / "said"
    said.write_text("says it again")

    async def use(page: McpPage) -> None:
        (await agree(page)).agree.click()
        await until(lambda: "is ready" in page.status.text())
        server = page.rows[0].server
        assert server is not None
        await in_thread(said.write_text, "now it does something else")
        server.changed("tools")
        await until(lambda: "1 wait for you" in page.servers.item(0).text())
        assert page.tools.list.item(0).text() == "echo · changed"
        page.tools.list.setCurrentRow(0)
        assert "+  now it does something else" in page.tools.text.text
        assert page.tools.approve.isVisible()
        page.tools.keep.click()
        assert "stays suspended" in page.tools.asked.text()
        assert server.tools["echo"].state is ToolState.CHANGED
        page.tools.approve.click()
        await until(lambda: server.tools["echo"].state is ToolState.AGREED)

    on_page(qapp, tmp_path, use, odd=odd("--file", str(said)))


def test_a_server_that_fails_says_why_and_its_log_is_there(qapp: QApplication, tmp_path: Path) -> None:
    async def use(page: McpPage) -> None:
        (await agree(page)).agree.click()
        await until(lambda: "it ended with code 3; it said: I need a key" in page.status.text())
        await until(lambda: "I need a key" in page.log.toPlainText())
        page.restart.click()
        await until(lambda: page.rows[0].server is not None and page.rows[0].server.state is ServerState.FAILED)

    on_page(qapp, tmp_path, use, dead=MCPServerConfig(command="sh", args=["-c", "echo I need a key >&2; exit 3"]))


def test_servers_are_added_by_form_and_by_paste_switched_off_and_removed(qapp: QApplication, tmp_path: Path) -> None:
    async def use(page: McpPage) -> None:
        page.add.click()
        await until(lambda: page.findChild(ServerForm) is not None)
        form = page.findChild(ServerForm)
        assert isinstance(form, ServerForm)
        form.add.click()
        await until(form.fault.isVisible)
        assert "is no name for a server" in form.fault.text()
        form.name.setText("time")
        form.command.setText("mcp-server-time --local-timezone 'Europe/Berlin'")
        form.env.setPlainText("TOKEN=${MY_TOKEN}")
        form.add.click()
        await until(lambda: len(page.rows) == 1)
        assert page.rows[0].entry.config.args == ["--local-timezone", "Europe/Berlin"]
        page.add.click()
        await until(lambda: any(each is not form for each in page.findChildren(ServerForm)))
        form = next(each for each in page.findChildren(ServerForm) if each is not form)
        form.kinds.setCurrentIndex(2)
        form.json.setPlainText('{"mcpServers": {"web": {"type": "http", "url": "https://example.com/mcp"}}}')
        form.add.click()
        await until(lambda: len(page.rows) == 2)
        page.servers.setCurrentRow(0)
        page.switch.click()
        await until(lambda: page.rows[0].state == "disabled")
        page.servers.setCurrentRow(1)
        page.remove.click()
        await until(lambda: [row.name for row in page.rows] == ["time"])

    on_page(qapp, tmp_path, use)


def test_a_file_that_can_not_be_read_is_said_on_the_page(qapp: QApplication, tmp_path: Path) -> None:
    (tmp_path / ".mcp.json").write_text("{")

    async def use(page: McpPage) -> None:
        await until(page.fault.isVisible)
        assert ".mcp.json" in page.fault.text()

    on_page(qapp, tmp_path, use)


FORM = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "title": "Name"},
        "age": {"type": "integer", "title": "Age", "maximum": 120},
        "news": {"type": "boolean", "title": "News"},
    },
    "required": ["name"],
}


def test_a_form_is_filled_in_with_its_faults_named(qapp: QApplication, tmp_path: Path) -> None:
    answers: list[Answer] = []

    async def use(page: McpPage) -> None:
        dialog = ServerAskDialog(
            ServerAsk("odd", "form", "Who are\u202e you?", FORM), lambda _id, answer: answers.append(answer), page
        )
        dialog.open()
        await until(dialog.yes.isEnabled)
        editors = {field.name: editor for field, editor in dialog.fields}
        name, age, news = editors["name"], editors["age"], editors["news"]
        assert isinstance(name, QLineEdit)
        assert isinstance(age, QLineEdit)
        assert isinstance(news, QCheckBox)
        dialog.yes.click()
        assert dialog.fault.text() == "Name is required"
        name.setText("Ada")
        age.setText("200")
        dialog.yes.click()
        assert dialog.fault.text() == "Age must be at most 120"
        age.setText("36")
        news.setChecked(True)
        dialog.yes.click()
        assert answers == [Answer("accept", {"name": "Ada", "age": 36, "news": True})]

    on_page(qapp, tmp_path, use)


@pytest.mark.parametrize("how", ["decline", "close"])
def test_what_a_server_asks_opens_a_window_and_no_answer_is_a_no(qapp: QApplication, tmp_path: Path, how: str) -> None:
    async def use(page: McpPage) -> None:
        service = page.service
        asks = ServerAsks(service, page)
        service.asked.connect(asks.refresh)
        pool = await service.load()
        ask = ServerAsk("odd", "sampling", "It wants to ask", prompt="[user] hello", max_tokens=50)
        asking = page.tasks
        given: list[Answer] = []

        async def wait() -> None:
            given.append(await pool.desk.ask(ask))

        asking.start(wait(), what="ask")
        await until(lambda: asks.open)
        (dialog,) = asks.open.values()
        assert dialog.text.toPlainText() == "[user] hello"
        dialog.no.click() if how == "decline" else dialog.close()
        await until(lambda: given)
        assert given[0].action in ("decline", "cancel")
        await until(lambda: not asks.open)

    on_page(qapp, tmp_path, use)


def test_a_start_that_changed_is_shown_with_its_changes_also_where_no_line_did(
    qapp: QApplication, tmp_path: Path
) -> None:
    program = tmp_path / "server.sh"
    program.write_text("#!/bin/sh\nexit 0\n")
    program.chmod(0o755)

    async def use(page: McpPage) -> None:
        (row,) = page.rows
        consent = await page.service.consent(row.entry)
        other = Consent(consent.launch, (*consent.launch.shown[:-1], "Argument: --old"))
        changed, same = (
            ServerConsentDialog(row, each, lambda: None, page)
            for each in (other, Consent(consent.launch, consent.launch.shown))
        )
        assert not changed.agree.isEnabled()  # nothing is agreed to in the first half second
        told = [label.text() for label in changed.findChildren(QLabel)]
        assert "It is no longer what you agreed to." in told
        assert f"+ {consent.launch.shown[-1]}" in changed.start.toPlainText()
        assert "- Argument: --old" in changed.start.toPlainText()
        assert len(changed.start.extraSelections()) == 2
        assert any("a file of the workspace" in label.text() for label in same.findChildren(QLabel))
        assert same.start.extraSelections() == []
        for dialog in (changed, same):
            dialog.reject()

    on_page(qapp, tmp_path, use, here=MCPServerConfig(command=str(program)))
