"""The settings window: pages are made when they are chosen, and what is changed holds."""

from pathlib import Path

from PySide6.QtWidgets import QApplication

from loom import __version__
from loom_studio.dialogs.settings import PAGES, SettingsDialog
from loom_studio.pages.about import AboutPage
from loom_studio.pages.appearance import AppearancePage
from loom_studio.theme import DARK, apply_theme, current
from tests.support.pages import page_context, with_settings
from tests.support.waiting import until


def test_each_page_is_made_when_it_is_chosen(qapp: QApplication, tmp_path: Path) -> None:
    async def use(dialog: SettingsDialog) -> None:
        assert [dialog.list.item(n).text() for n in range(dialog.list.count())] == [entry.title for entry in PAGES]
        assert dialog.pages.count() == 0
        for count, entry in enumerate(PAGES, start=1):
            dialog.show_page(entry.title)
            page = await dialog.page(entry.title)
            await until(lambda page=page: dialog.pages.currentWidget() is page)
            assert dialog.pages.count() == count
            await until(lambda page=page: not page.tasks._tasks)  # the packages that About lists are read in a thread

    with_settings(qapp, page_context(tmp_path), use)


def test_a_theme_takes_effect_at_once_and_is_kept(qapp: QApplication, tmp_path: Path) -> None:
    context = page_context(tmp_path)
    apply_theme(qapp, "light")

    async def use(dialog: SettingsDialog) -> None:
        page = await dialog.page("Appearance")
        assert isinstance(page, AppearancePage)
        page.theme.setCurrentIndex(page.theme.findData("dark"))
        assert current() == DARK
        assert context.settings.text("theme") == "dark"
        apply_theme(qapp, "light")

    with_settings(qapp, context, use)


def test_the_about_page_names_every_package_and_its_licence(qapp: QApplication, tmp_path: Path) -> None:
    async def use(dialog: SettingsDialog) -> None:
        dialog.show_page("About")
        page = await dialog.page("About")
        assert isinstance(page, AboutPage)
        await until(page.packages.count)
        listed = [page.packages.item(row).text() for row in range(page.packages.count())]
        assert listed[0] == f"loom-studio {__version__}, Apache-2.0"
        assert any(line.startswith(("PySide6_Essentials 6.", "PySide6-Essentials 6.")) for line in listed)
        assert not [line for line in listed if line.startswith("pytest ")], "what tests need is not part of it"
        assert not [line for line in listed if line.endswith("not stated")]
        page.packages.setCurrentRow(0)
        assert "Apache License" in page.licence.toPlainText()

    with_settings(qapp, page_context(tmp_path), use)
