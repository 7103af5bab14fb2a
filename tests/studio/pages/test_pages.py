"""The other pages of the settings window: each choice is kept, holds at once, and what is wrong is said."""

import asyncio
import sys
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from loom.config import AgentConfig, ModelRef, load_agent
from loom.memory.records import SessionSummary
from loom.providers.network import Network
from loom.providers.pool import network_in_use, use_network
from loom.providers.prices import read_prices
from loom.safety.audit import AuditRecord
from loom.safety.profile import read_rules
from loom.threads import in_thread
from loom.types.permissions import PermissionMode
from loom_studio import app as studio
from loom_studio.dialogs.settings import PAGES, SettingsDialog
from loom_studio.pages.agents import AgentsPage
from loom_studio.pages.appearance import AppearancePage
from loom_studio.pages.data import DataPage
from loom_studio.pages.hooks import HooksPage
from loom_studio.pages.models import ModelsPage
from loom_studio.pages.network import NetworkPage
from loom_studio.pages.notifications import NotificationsPage
from loom_studio.pages.page import Page
from loom_studio.pages.permissions import PermissionsPage
from loom_studio.pages.reset import ResetPage
from loom_studio.services.agent_files import Deleted
from loom_studio.services.conversations import Conversation, Outgoing
from loom_studio.services.notifications import wants
from loom_studio.services.permissions import first_mode
from loom_studio.services.retention import outdated
from loom_studio.theme import DARK, LIGHT, apply_theme, current, px, scale_percent, set_scale
from loom_studio.windows import Windows
from tests.support.pages import page_context, with_settings
from tests.support.waiting import until
from tests.support.windows import options_for, with_windows

AGENT = 'name = "One"  # mine\ndescription = "Does one thing"\n[model]\nprovider = "scripted"\nname = "s"\n'


async def shown(dialog: SettingsDialog, title: str, kind: type[Page]) -> Page:
    dialog.show_page(title)
    page = await dialog.page(title)
    assert isinstance(page, kind)
    await until(lambda: dialog.pages.currentWidget() is page)
    await until(lambda: not page.tasks._tasks)  # it was read
    await page.refresh()
    return page


def library(folder: Path) -> Path:
    (folder / "agents").mkdir()
    file = folder / "agents" / "one.toml"
    file.write_text(AGENT)
    (folder / "agents" / "two.toml").write_text("name = 2\n")
    return file


def test_agents_are_cards_and_a_broken_one_says_what_is_wrong(qapp: QApplication, tmp_path: Path) -> None:
    file = library(tmp_path)
    context = page_context(tmp_path)

    async def use(dialog: SettingsDialog) -> None:
        await context.library.load()
        context.agent_files.watch()
        page = await shown(dialog, "Agents", AgentsPage)
        assert isinstance(page, AgentsPage)
        assert [card.accessibleName() for card in page.cards] == ["Agent One", "Agent two"]
        await in_thread(file.write_text, AGENT.replace("One", "Three"))
        await until(lambda: page.cards[0].accessibleName() == "Agent Three")
        deleted = await context.agent_files.delete(file)
        assert isinstance(deleted, Deleted)
        await until(dialog.deleted.isVisible)
        dialog.deleted.undo.click()
        await until(lambda: len(page.cards) == 2 and page.cards[0].accessibleName() == "Agent Three")

    with_settings(qapp, context, use)


def test_a_model_of_a_role_and_a_price_hold_for_agents_that_name_none(qapp: QApplication, tmp_path: Path) -> None:
    context = page_context(tmp_path)

    async def use(dialog: SettingsDialog) -> None:
        page = await shown(dialog, "Models", ModelsPage)
        assert isinstance(page, ModelsPage)
        page.roles["summaries"].setCurrentText("ollama:qwen3")
        page.roles["summaries"].activated.emit(0)
        await until(lambda: context.models.model("summaries") == "ollama:qwen3")
        page.roles["chat"].setCurrentText("no model")
        page.roles["chat"].activated.emit(0)
        await until(lambda: "is no model" in page.status.text())
        page.model.setText("openai:gpt-6-luna")
        page.numbers["input"].setText("x")
        page.set_price.click()
        assert "not a number" in page.status.text()
        page.numbers["input"].setText("2")
        page.numbers["output"].setText("8.5")
        page.set_price.click()
        await until(lambda: page.table.rowCount() == 1)
        item = page.table.item(0, 3)
        assert item is not None
        assert item.text() == "as input"
        prices = await in_thread(read_prices, tmp_path / "profile" / "prices.toml")
        assert prices["openai:gpt-6-luna"].output_usd_per_mtok == 8.5
        config = context.models.applied(AgentConfig(ModelRef.openai("gpt-6-luna")))
        assert config.context is not None
        assert config.context.compression.summary_model == ModelRef("ollama", "qwen3")
        assert context.models.chat_model() == ("local", "smollm2-135m")
        page.remove.click()
        await until(lambda: page.table.rowCount() == 0)
        await until(lambda: context.undo.last is not None)
        context.undo.take_back()
        await until(lambda: page.table.rowCount() == 1)
        assert await in_thread(read_prices, tmp_path / "profile" / "prices.toml") == prices

    with_settings(qapp, context, use)


def test_the_price_of_ones_own_table_counts_in_an_open_session(qapp: QApplication, tmp_path: Path) -> None:
    ref = ModelRef.scripted([{"text": "hello", "usage": {"input_tokens": 5, "output_tokens": 1}}])
    conversation_of: list[Conversation] = []
    context = page_context(tmp_path, conversation_of)

    async def use(dialog: SettingsDialog) -> None:
        del dialog
        profile = context.permissions.profile
        conversation = Conversation(AgentConfig(ref, name="A"), tmp_path, profile=profile)
        page = ModelsPage(context)
        page.model.setText(ref.identifier)
        page.numbers["input"].setText("100000")
        page.numbers["output"].setText("0")
        page.set_price.click()
        await until(lambda: page.table.rowCount() == 1)
        run = await conversation.start(Outgoing("hi"))
        async for _ in conversation.watch(run):
            pass
        assert conversation.cost_usd == 0.5
        await conversation.aclose()
        await page.aclose()
        page.deleteLater()

    with_settings(qapp, context, use)


def test_rules_are_added_tried_changed_and_removed_and_comments_stay(qapp: QApplication, tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    profile.mkdir()
    file = profile / "permissions.toml"
    file.write_text('# mine\ndeny = [\n  "run_command(rm *)",  # never\n]\n')
    context = page_context(tmp_path)
    context.permissions.profile.audit.append(
        AuditRecord("allowed", "run_command", "c", "r", "s", arguments='{"command": "git push origin"}')
    )

    async def use(dialog: SettingsDialog) -> None:
        page = await shown(dialog, "Permissions", PermissionsPage)
        assert isinstance(page, PermissionsPage)
        assert page.rules.item(0).text() == "deny  run_command(rm *)"
        page.effect.setCurrentText("allow")
        page.rule.setText("*(x)")
        assert "allows by a pattern of tools" in page.fault.text()
        assert not page.add.isEnabled()
        page.effect.setCurrentText("ask")
        page.rule.setText("run_command(git push *)")
        await until(lambda: "about 1" in page.covered.text())
        page.add.click()
        await until(lambda: page.rules.count() == 2)
        rules = await in_thread(read_rules, file)
        assert (rules.deny, rules.ask) == (["run_command(rm *)"], ["run_command(git push *)"])
        page.rules.setCurrentRow(1)
        page.rule.setText("run_command(git push:*)")
        page.change.click()
        await until(lambda: "git push:*" in page.rules.item(1).text())
        page.rules.setCurrentRow(1)
        page.remove.click()
        await until(lambda: page.rules.count() == 1)
        text = await in_thread(file.read_text)
        assert "# mine" in text
        assert "# never" in text
        page.mode.setCurrentIndex(page.mode.findData("plan"))
        page.mode.activated.emit(0)
        assert first_mode(context.settings) is PermissionMode.PLAN
        await context.permissions.trust(tmp_path)
        await page.refresh()
        page.trusted.setCurrentRow(0)
        page.distrust.click()
        await until(lambda: page.trusted.item(0).text().startswith("None."))
        await in_thread(file.write_text, "deny = 1")
        await page.refresh()
        assert "can't be used" in page.status.text()

    with_settings(qapp, context, use)


def test_a_hook_is_added_tested_changed_and_removed(qapp: QApplication, tmp_path: Path) -> None:
    file = library(tmp_path)
    context = page_context(tmp_path)
    program = tmp_path / "hook.py"
    program.write_text("import sys, json\nprint(json.load(sys.stdin)['tool_name'], file=sys.stderr)\nsys.exit(2)\n")

    async def use(dialog: SettingsDialog) -> None:
        page = await shown(dialog, "Hooks", HooksPage)
        assert isinstance(page, HooksPage)
        assert "No agent has a hook" in page.list.item(0).text()
        page.command.setText(f"'{sys.executable}' '{program}'")
        page.test.click()
        await until(lambda: page.status.text().startswith("It decided deny"))
        assert page.status.text().endswith(": run_command")
        page.add.click()
        await until(lambda: "PreToolUse" in page.list.item(0).text())
        config = await in_thread(load_agent, file)
        assert config.hooks[0].command == [sys.executable, str(program)]
        assert "# mine" in await in_thread(file.read_text)
        page.list.setCurrentRow(0)
        page.matcher.setText("run_command")
        page.change.click()
        await until(lambda: "· run_command ·" in page.list.item(0).text())
        page.list.setCurrentRow(0)
        page.remove.click()
        await until(lambda: "No agent has a hook" in page.list.item(0).text())
        page.command.setText("/no/such/program")
        page.test.click()
        await until(lambda: "can't be started" in page.status.text())
        page.command.setText("'open")
        page.test.click()
        await until(lambda: "can't be read" in page.status.text())

    with_settings(qapp, context, use)


def test_what_the_desktop_is_told_of_is_chosen(qapp: QApplication, tmp_path: Path) -> None:
    context = page_context(tmp_path)

    async def use(dialog: SettingsDialog) -> None:
        page = await shown(dialog, "Notifications", NotificationsPage)
        assert isinstance(page, NotificationsPage)
        assert page.boxes["approvals"].isChecked()
        assert not page.boxes["ends"].isChecked()
        page.boxes["approvals"].click()
        page.boxes["ends"].click()
        assert not wants(context.settings, "approvals")
        assert wants(context.settings, "ends")

    with_settings(qapp, context, use)


def test_a_proxy_is_put_in_force_and_one_that_cannot_be_changes_nothing(qapp: QApplication, tmp_path: Path) -> None:
    context = page_context(tmp_path)

    async def use(dialog: SettingsDialog) -> None:
        page = await shown(dialog, "Network", NetworkPage)
        assert isinstance(page, NetworkPage)
        assert not page.proxy.isEnabled()
        page.mode.setCurrentIndex(page.mode.findData("manual"))
        page.use.click()
        await until(lambda: "Write the proxy's address" in page.status.text())
        page.proxy.setText("proxy")
        page.use.click()
        await until(lambda: "is no proxy's address" in page.status.text())
        assert network_in_use() == Network()
        assert context.settings.text("proxy_mode", "environment") in ("environment", "")
        page.proxy.setText("http://127.0.0.1:9")
        page.apart.setText("a.example, b.example")
        page.use.click()
        await until(lambda: network_in_use().proxy == "http://127.0.0.1:9")
        assert network_in_use().no_proxy == ("a.example", "b.example")
        page.certificates.setText(str(tmp_path / "none.pem"))
        page.use.click()
        await until(lambda: "none.pem can't be used" in page.status.text())
        await use_network(Network())

    with_settings(qapp, context, use)


def test_old_sessions_are_counted_pinned_and_open_ones_kept(tmp_path: Path) -> None:
    now = time.time()
    old = now - 40 * 86_400
    summaries = {
        "a": SessionSummary("a", updated_at=old),
        "pinned": SessionSummary("pinned", updated_at=old, is_pinned=True),
        "open": SessionSummary("open", updated_at=old),
        "broken off": SessionSummary("broken off", updated_at=old, state="interrupted"),
        "new": SessionSummary("new", updated_at=now),
    }
    assert outdated(summaries, 30, {"open"}, now) == ["a"]
    assert outdated(summaries, 0, (), now) == []


def test_sessions_are_exported_and_deleted_after_a_question(qapp: QApplication, tmp_path: Path) -> None:
    context = page_context(tmp_path)

    async def use(dialog: SettingsDialog) -> None:
        for number in range(3):
            config = AgentConfig(ModelRef.scripted(["hello"]), name="A")
            conversation = Conversation(config, tmp_path, context.keys, sessions=context.sessions)
            async for _ in conversation.watch(await conversation.start(Outgoing(f"hi {number}"))):
                pass
            await conversation.aclose()
        await context.sessions.open()
        page = await shown(dialog, "Data", DataPage)
        assert isinstance(page, DataPage)
        assert "All 3 stored sessions are kept" in page.count.text()
        assert str(tmp_path) in page.own.text()
        page.export_to(str(tmp_path / "out"))
        await until(lambda: "3 sessions were written" in page.status.text())
        assert len(await in_thread(lambda: list((tmp_path / "out").glob("*.jsonl")))) == 3
        page.clear.click()
        assert page.question.text.text().startswith("Delete all 3 stored sessions, pinned ones too?")
        page.question.buttons[0].click()
        assert context.undo.last is not None
        assert context.undo.last.sentence.startswith("3 sessions were deleted.")
        assert not page.clear.isEnabled()
        assert (len(context.sessions.listed), len(context.sessions.summaries)) == (0, 3)
        context.undo.take_back()
        await until(lambda: len(context.sessions.listed) == 3 and page.clear.isEnabled())
        page.clear.click()
        page.question.buttons[0].click()
        context.undo.let_be()
        await until(lambda: context.sessions.summaries == {})

    with_settings(qapp, context, use)


def test_a_language_is_chosen_for_the_next_start(qapp: QApplication, tmp_path: Path) -> None:
    context = page_context(tmp_path)

    async def use(dialog: SettingsDialog) -> None:
        page = await shown(dialog, "Appearance", AppearancePage)
        assert isinstance(page, AppearancePage)
        named = [(page.language.itemText(row), page.language.itemData(row)) for row in range(page.language.count())]
        assert named == [("As the system", "system"), ("English", "en"), ("简体中文", "zh_CN")]
        assert page.language.currentData() == "system"
        page.language.setCurrentIndex(page.language.findData("zh_CN"))
        assert context.settings.text("language") == "zh_CN"
        assert page.status.text() == "The Studio speaks it from its next start on."
        page.language.setCurrentIndex(page.language.findData("en"))  # the one in use
        assert page.status.text() == ""

    with_settings(qapp, context, use)


def test_a_reset_puts_the_defaults_in_force_at_once(qapp: QApplication, tmp_path: Path) -> None:
    context = page_context(tmp_path)
    apply_theme(qapp, "light")

    async def use(dialog: SettingsDialog) -> None:
        look = await shown(dialog, "Appearance", AppearancePage)
        assert isinstance(look, AppearancePage)
        look.theme.setCurrentIndex(look.theme.findData("dark"))
        look.font_size.setValue(150)
        look.apply()
        assert (current(), scale_percent(), px(10)) == (DARK, 150, 15)
        look.accent.setCurrentIndex(look.accent.findData("green"))
        assert current().accent == DARK.success
        context.keys.use_address("openai", "http://elsewhere")
        await use_network(Network(proxy=""))
        page = await shown(dialog, "Reset", ResetPage)
        assert isinstance(page, ResetPage)
        page.button.click()
        page.question.buttons[0].click()
        await until(lambda: page.status.text().startswith("All settings"))
        assert scale_percent() == 100
        assert current() in (LIGHT, DARK)
        assert context.settings.text("theme") == ""
        assert "OPENAI_BASE_URL" not in context.keys.addresses
        assert network_in_use() == Network()
        await look.refresh()
        assert look.font_size.value() == 100
        context.undo.take_back()
        await until(lambda: scale_percent() == 150)
        assert context.settings.text("theme") == "dark"
        assert current().accent == DARK.success

    try:
        with_settings(qapp, context, use)
    finally:
        set_scale(100)
        apply_theme(qapp, "light")


@pytest.mark.parametrize("text", ["", "x", "-1", "900"])
def test_a_damaged_font_size_is_one_that_can_be_read(qapp: QApplication, tmp_path: Path, text: str) -> None:
    context = page_context(tmp_path)
    context.settings.keep("font_percent", text)
    page = AppearancePage(context)
    assert 80 <= page.font_size.value() <= 200
    page.deleteLater()


def test_the_data_is_planned_to_move_and_is_moved_at_the_next_start(qapp: QApplication, tmp_path: Path) -> None:
    options = options_for(tmp_path)
    data, target = tmp_path / "data", tmp_path / "elsewhere"

    async def use(windows: Windows) -> None:
        windows.front.dialogs.open_settings("Data")
        dialog = windows.front.dialogs.settings
        assert dialog is not None
        page = await dialog.page("Data")
        assert isinstance(page, DataPage)
        page.move_to(page._profile_home, str(target))  # the profile is inside, and moves with the rest
        await until(lambda: "at its next start the data is moved" in page.status.text())
        dialog.hide()

    with_windows(qapp, tmp_path, use)
    names = {file.relative_to(data) for file in data.rglob("*") if file.is_file() and file.name != "moved.json"}
    assert studio._data_folder(options) == data
    assert studio._finish_moves(options) == []
    assert studio._data_folder(options) == target
    assert {file.relative_to(target) for file in target.rglob("*") if file.is_file()} >= names
    assert studio._finish_moves(options) == []

    async def again(windows: Windows) -> None:
        assert windows.services.data == target
        assert [entry.name for entry in windows.front.entries][:1] == ["Assistant"]

    with_windows(qapp, tmp_path, again)


def test_a_page_that_takes_long_to_read_says_so(qapp: QApplication, tmp_path: Path) -> None:
    async def use(dialog: SettingsDialog) -> None:
        page = await shown(dialog, "Network", NetworkPage)
        read = asyncio.Event()

        async def slow() -> None:
            await read.wait()

        page.refresh = slow
        dialog.show_page("Reset")
        await shown(dialog, "Reset", ResetPage)
        dialog.show_page("Network")
        await until(page.reading.isVisible)
        assert page.reading.text() == "Reading…"
        read.set()
        await until(lambda: not page.reading.isVisible())

    with_settings(qapp, page_context(tmp_path), use)


def test_a_page_scrolls_in_a_window_that_is_too_low(qapp: QApplication, tmp_path: Path) -> None:
    async def use(dialog: SettingsDialog) -> None:
        dialog.resize(520, 260)
        for entry in PAGES:
            await shown(dialog, entry.title, Page)
        assert (dialog.width(), dialog.height()) == (520, 260), "no page makes the window larger than the screen"
        page = await shown(dialog, "Permissions", PermissionsPage)
        assert isinstance(page, PermissionsPage)
        area = page.column.viewport()
        await until(lambda: page.column.verticalScrollBar().maximum() > 0)
        page.rule.setFocus()
        await until(page.rule.hasFocus)
        for _ in range(20):
            if page.trusted.hasFocus():
                break
            focused = QApplication.focusWidget()
            assert focused is not None
            QTest.keyClick(focused, Qt.Key.Key_Tab)
        seen = QRect(page.trusted.mapTo(area, QPoint()), page.trusted.size())
        assert page.trusted.hasFocus()
        assert area.rect().intersects(seen), "what has the focus is brought into view"

    with_settings(qapp, page_context(tmp_path), use)


def test_a_question_is_brought_into_view(qapp: QApplication, tmp_path: Path) -> None:
    async def use(dialog: SettingsDialog) -> None:
        page = await shown(dialog, "Reset", ResetPage)
        assert isinstance(page, ResetPage)
        dialog.resize(520, 160)
        page.button.click()
        area, bar = page.column.viewport(), page.question
        await until(lambda: page.column.verticalScrollBar().value() > 0)
        assert area.rect().contains(QRect(bar.mapTo(area, QPoint()), bar.size()))

    with_settings(qapp, page_context(tmp_path), use)


def test_the_wheel_changes_only_a_control_that_has_the_focus(qapp: QApplication, tmp_path: Path) -> None:
    def turn(control: QWidget) -> None:
        at = QPointF(control.rect().center())
        down, nothing = QPoint(0, -120), Qt.KeyboardModifier.NoModifier
        buttons, phase = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
        where = QPointF(control.mapToGlobal(at))
        QApplication.sendEvent(control, QWheelEvent(at, where, QPoint(), down, buttons, nothing, phase, False))

    async def use(dialog: SettingsDialog) -> None:
        page = await shown(dialog, "Appearance", AppearancePage)
        assert isinstance(page, AppearancePage)
        page.motion.setFocus()
        await until(page.motion.hasFocus)
        for control in (page.accent, page.font_size, page.slider):
            turn(control)
        assert (page.accent.currentData(), page.font_size.value(), page.slider.value()) == ("blue", 100, 100)
        page.accent.setFocus()
        await until(page.accent.hasFocus)
        turn(page.accent)
        assert page.accent.currentData() == "teal"

    apply_theme(qapp, "light")
    try:
        with_settings(qapp, page_context(tmp_path), use)
    finally:
        apply_theme(qapp, "light")
