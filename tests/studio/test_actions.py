"""One table of actions: the palette, the menus and the Shortcuts page are made of it, and a change holds at once."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from loom_studio.dialogs.palette import CommandPalette
from loom_studio.dialogs.settings import SettingsDialog
from loom_studio.pages.shortcuts import ShortcutsPage
from loom_studio.services.actions import ACTIONS, MENUS, WINDOW
from loom_studio.services.palette import Choice, fitting
from loom_studio.services.settings import Settings
from loom_studio.services.shortcuts import Shortcuts
from loom_studio.window import MainWindow
from loom_studio.windows import Windows
from tests.support.pages import page_context, with_settings
from tests.support.waiting import until
from tests.support.windows import with_windows


def test_no_two_actions_answer_to_the_same_keys_from_the_start(tmp_path: Path) -> None:
    shortcuts = Shortcuts(Settings(tmp_path))
    taken = {row.name: [other.name for other in shortcuts.conflicts(row.name, row.keys)] for row in ACTIONS}
    assert {name: others for name, others in taken.items() if others} == {}
    assert {row.menu for row in ACTIONS if row.menu} == set(MENUS)


def test_keys_outlive_the_process_and_can_be_none(tmp_path: Path) -> None:
    shortcuts = Shortcuts(Settings(tmp_path))
    shortcuts.use("find", "Ctrl+G")
    shortcuts.use("compose", "")
    later = Shortcuts(Settings(tmp_path))
    assert later.keys("find") == "Ctrl+G"
    assert later.keys("compose") == ""
    assert later.is_changed("compose")
    later.reset()
    assert later.keys("compose") == "Ctrl+L"


def test_keys_that_begin_others_or_mean_something_in_a_list_are_conflicts(tmp_path: Path) -> None:
    shortcuts = Shortcuts(Settings(tmp_path))
    shortcuts.use("find", "Ctrl+G, Ctrl+F")
    assert [row.name for row in shortcuts.conflicts("compose", "Ctrl+G")] == ["find"]
    assert {row.name for row in shortcuts.conflicts("compose", "F2")} == {"list_rename", "agents_edit"}
    assert [row.name for row in shortcuts.conflicts("list_rename", "F2")] == []
    assert shortcuts.conflicts("compose", "Ctrl+S") == []  # the editor is another window
    assert shortcuts.fixed_conflicts("Esc")[0] == "Stop the run (Message box)"


def press(window: MainWindow, keys: str) -> None:
    QTest.keySequence(window, QKeySequence(keys))


def test_every_action_of_a_window_is_there_and_changed_keys_work_at_once(qapp: QApplication, tmp_path: Path) -> None:
    async def use(windows: Windows) -> None:
        window = windows.front
        bound = window.actions_of_window.bound.actions
        assert set(bound) == {row.name for row in ACTIONS if row.place == WINDOW}
        window.activateWindow()
        await until(window.isActiveWindow)
        press(window, "Ctrl+B")
        assert not window.sidebar.isVisible()
        windows.services.shortcuts.use("sidebar", "Ctrl+Alt+B")
        press(window, "Ctrl+B")
        assert not window.sidebar.isVisible()
        press(window, "Ctrl+Alt+B")
        assert window.sidebar.isVisible()
        windows.services.shortcuts.use("settings", "Ctrl+Alt+S")
        assert "Ctrl+Alt+S" in window.sidebar.open_settings.toolTip()

    with_windows(qapp, tmp_path, use)


async def opened_palette(window: MainWindow) -> CommandPalette:
    window.actions_of_window.open_palette()
    palette = window.findChild(CommandPalette)
    assert palette is not None
    assert palette.accessibleName() == "Command palette"
    await until(palette.model.rowCount)
    return palette


def labels(palette: CommandPalette) -> list[str]:
    return [choice.label for choice in palette.model.choices]


def test_the_palette_does_what_is_typed_by_keys_alone_and_recalls_it(qapp: QApplication, tmp_path: Path) -> None:
    async def use(windows: Windows) -> None:
        window = windows.front
        palette = await opened_palette(window)
        first = palette.model.choices[0]
        assert first.label == "New session"
        assert QKeySequence(first.keys) == QKeySequence("Ctrl+N")
        QTest.keyClicks(palette.line, "sidebr")
        QTest.keyClick(palette.line, Qt.Key.Key_Return)  # before the list is that of the text
        await until(lambda: not window.sidebar.isVisible())
        assert not palette.isVisible()
        await opened_palette(window)
        await until(lambda: labels(palette)[0] == "Show or hide the sidebar")
        QTest.keyClick(palette.line, Qt.Key.Key_Down)
        assert palette.list.currentIndex().row() == 1
        assert palette.line.accessibleDescription().startswith("2 of ")
        QTest.keyClick(palette.line, Qt.Key.Key_Escape)
        assert not palette.isVisible()

    with_windows(qapp, tmp_path, use)


def test_the_palette_finds_agents_settings_models_and_workspaces(qapp: QApplication, tmp_path: Path) -> None:
    other = tmp_path / "other place"
    other.mkdir()

    async def use(windows: Windows) -> None:
        window = windows.front
        for folder in (other, tmp_path / "work"):
            window.use_workspace(str(folder))
            await until(lambda folder=folder: window.workspace == folder)
        palette = await opened_palette(window)
        for typed, label, detail in (
            ("data", "Data", "Settings page"),
            ("coder", "Coder", "Agent"),
            ("smollm", "local:smollm2-135m", "Model"),
            ("other pl", "other place", "Workspace"),
        ):
            palette.line.setText(typed)
            await until(lambda label=label: label in labels(palette)[:3])
            found = next(choice for choice in palette.model.choices if choice.label == label)
            assert found.detail.startswith(detail)
        palette.line.setText("zzzqqq")
        await until(palette.nothing.isVisible)
        palette.line.setText("other pl")
        await until(lambda: labels(palette)[:1] == ["other place"])
        QTest.keyClick(palette.line, Qt.Key.Key_Return)
        await until(lambda: window.workspace == other)

    with_windows(qapp, tmp_path, use)


async def test_what_was_chosen_last_comes_first_among_what_fits_alike() -> None:
    choices = [Choice(f"session {n}", f"Report {n:05}", "Session", "", lambda: None) for n in range(5_000)]
    assert (await fitting("report", choices, ["session 4711"]))[0].key == "session 4711"
    assert [each.key for each in await fitting("", choices, ["session 9", "session 3"])][:3] == [
        "session 9", "session 3", "session 0",
    ]  # fmt: skip
    assert [each.label for each in await fitting("rpt 04999", choices, [])] == ["Report 04999"]


def test_the_menus_mirror_the_table_and_grey_what_can_not_be_done(qapp: QApplication, tmp_path: Path) -> None:
    async def use(windows: Windows) -> None:
        window = windows.front
        menus = {menu.title(): menu for menu in window.actions_of_window.menus()}
        assert list(menus) == list(MENUS)
        for row in ACTIONS:
            if row.menu:
                assert window.actions_of_window.bound.actions[row.name] in menus[row.menu].actions()
        menus["Session"].aboutToShow.emit()
        assert not window.actions_of_window.bound.actions["stop"].isEnabled()
        assert not window.actions_of_window.bound.actions["export"].isEnabled()
        menus["Session"].aboutToHide.emit()
        assert window.actions_of_window.bound.actions["stop"].isEnabled()

    with_windows(qapp, tmp_path, use)


def chosen(page: ShortcutsPage, text: str) -> None:
    [item] = page.list.findItems(text, Qt.MatchFlag.MatchExactly)
    page.list.clearSelection()
    item.setSelected(True)


def test_the_page_warns_of_a_conflict_and_gives_the_keys_to_whom_the_person_says(
    qapp: QApplication, tmp_path: Path
) -> None:
    async def use(dialog: SettingsDialog) -> None:
        page = await dialog.page("Shortcuts")
        assert isinstance(page, ShortcutsPage)
        shortcuts = page.context.shortcuts
        chosen(page, "Find in the conversation")
        page.keys.setKeySequence(QKeySequence("Ctrl+L"))
        assert "is taken by “Message box”" in page.status.text()
        page.use.click()
        assert shortcuts.keys("find") == "Ctrl+F"
        assert page.question.isVisibleTo(page)
        page.question.buttons[0].click()
        assert (shortcuts.keys("find"), shortcuts.keys("compose")) == ("Ctrl+L", "")
        assert "has no keys any more" in page.status.text()
        page.keys.setKeySequence(QKeySequence("Ctrl+Alt+9"))
        page.use.click()
        assert shortcuts.keys("find") == "Ctrl+Alt+9"
        [item] = page.list.findItems("Find in the conversation", Qt.MatchFlag.MatchExactly)
        assert item.text(1).endswith("(changed)")
        page.remove.click()
        assert shortcuts.keys("find") == ""
        page.reset_all.click()
        page.question.buttons[0].click()
        assert (shortcuts.keys("find"), shortcuts.keys("compose")) == ("Ctrl+F", "Ctrl+L")

    with_settings(qapp, page_context(tmp_path), use)


def test_fixed_keys_are_listed_and_can_not_be_changed(qapp: QApplication, tmp_path: Path) -> None:
    async def use(dialog: SettingsDialog) -> None:
        page = await dialog.page("Shortcuts")
        assert isinstance(page, ShortcutsPage)
        page.filter.setText("approval card")
        assert page.list.topLevelItemCount() == 3
        first = page.list.topLevelItem(0)
        assert first is not None
        first.setSelected(True)
        assert not page.keys.isEnabled()
        assert "can't be changed" in page.chosen.text()

    with_settings(qapp, page_context(tmp_path), use)
