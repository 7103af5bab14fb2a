"""The settings page on knowledge, over real agent files, documents and child processes."""

import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from loom_studio.dialogs.settings import SettingsDialog
from loom_studio.pages.knowledge import EXAMPLE, KnowledgePage
from loom_studio.pages.page import PageContext
from tests.support.knowledge import write_files
from tests.support.pages import page_context, with_settings
from tests.support.waiting import until

AGENT = """
name = "Helper"
[model]
provider = "scripted"
name = "s"
[[knowledge]]
name = "handbook"
path = "docs"
[[knowledge]]
name = "facts"
[[knowledge.documents]]
content = "Lions sleep."
"""


def context_of(folder: Path, agent: str = AGENT) -> PageContext:
    context = page_context(folder)
    for file in context.library.folder.glob("*.toml"):
        file.unlink()
    (context.library.folder / "a.toml").write_text(agent)
    context.library.reload()
    return context


async def opened(dialog: SettingsDialog) -> KnowledgePage:
    page = await dialog.page("Knowledge")
    assert isinstance(page, KnowledgePage)
    dialog.show_page("Knowledge")
    await until(lambda: page.sources.count() > 0 or page.copy_example.isVisible())
    return page


def items(widget: object) -> list[str]:
    return [widget.item(n).text() for n in range(widget.count())]  # type: ignore[attr-defined]


def test_a_source_is_indexed_asked_and_its_unread_documents_are_told(qapp: QApplication, tmp_path: Path) -> None:
    write_files(tmp_path, docs__zebra_md="# Zebras\n\nZebras need approval.\n", docs__cats_md="Cats need sleep.")
    (tmp_path / "docs" / "broken.md").write_bytes(b"\0\1")

    async def use(dialog: SettingsDialog) -> None:
        page = await opened(dialog)
        assert "never indexed" in items(page.sources)[0]
        page.question.setText("zebras")
        page.search_button.click()
        await until(lambda: "choose Index now" in page.status.text())
        page.index_button.click()
        assert page.stop_button.isVisible()
        await until(lambda: "3 read, 0 gone" in page.status.text())
        await until(lambda: items(page.problems) == ["broken.md is a binary file"])
        assert "3 documents, 2 pieces, 1 not read" in items(page.sources)[0]
        assert not page.stop_button.isVisible()
        page.question.setText("what do zebras need?")
        page.question.returnPressed.emit()
        await until(lambda: page.results.count() == 2)
        assert "zebra.md:1" in items(page.results)[0]
        assert "words 1" in items(page.results)[0]
        assert page.piece.toPlainText() == "# Zebras\n\nZebras need approval."
        page.question.setText("giraffes")
        page.search_button.click()
        await until(lambda: "Nothing was found" in page.status.text())
        page.sources.setCurrentRow(1)
        assert "nothing to index" in page.stage.text()
        assert not page.index_button.isEnabled()

    with_settings(qapp, context_of(tmp_path), use)


def test_indexing_can_be_stopped_and_made_anew(qapp: QApplication, tmp_path: Path) -> None:
    write_files(tmp_path, **{f"docs__f{n}_md": f"zebra number{n} " * 60 for n in range(800)})

    async def use(dialog: SettingsDialog) -> None:
        page = await opened(dialog)
        page.index_button.click()
        await until(lambda: page.stage.text().startswith("Reading") and page.progress.value() > 100)
        assert page.progress.maximum() == 800
        page.stop_button.click()
        await until(lambda: "was stopped" in page.status.text())
        page.anew_button.click()
        await until(lambda: "800 read" in page.status.text())

    with_settings(qapp, context_of(tmp_path), use)


def test_without_sources_the_page_says_how_to_get_one(qapp: QApplication, tmp_path: Path) -> None:
    async def use(dialog: SettingsDialog) -> None:
        page = await opened(dialog)
        assert EXAMPLE in page.empty.text()
        page.copy_example.click()
        assert QApplication.clipboard().text() == EXAMPLE
        assert not page.sources.isVisible()

    with_settings(qapp, context_of(tmp_path, AGENT.partition("[[knowledge]]")[0]), use)


def test_what_is_wrong_with_a_source_is_said(qapp: QApplication, tmp_path: Path) -> None:
    async def use(dialog: SettingsDialog) -> None:
        page = await opened(dialog)
        page.index_button.click()
        await until(lambda: "no folder or file at" in page.status.text())
        assert "no folder or file at" in items(page.sources)[0]

    with_settings(qapp, context_of(tmp_path), use)


@pytest.mark.skipif(sys.platform == "win32", reason="a folder's rights mean something else there")
def test_an_agent_without_its_key_does_not_hide_the_others(qapp: QApplication, tmp_path: Path) -> None:
    write_files(tmp_path, docs__a_md="zebra")
    agent = AGENT.replace('path = "docs"', 'path = "docs"\nembedder = "openai:m"')

    async def use(dialog: SettingsDialog) -> None:
        page = await opened(dialog)
        page.index_button.click()
        await until(lambda: "OPENAI_API_KEY" in page.status.text())

    with_settings(qapp, context_of(tmp_path, agent), use)
