"""The Insights page: how tools do, what that suggests, and a person's yes, no and undo, which change a file."""

import json
from pathlib import Path

from PySide6.QtWidgets import QApplication

from loom.evolution.ledger import InsightsLedger
from loom.evolution.observations import FAILED, OK, Observation, shape_of
from loom.threads import in_thread
from loom_studio.dialogs.settings import SettingsDialog
from loom_studio.pages.insights import InsightsPage
from loom_studio.pages.page import PageContext
from tests.support.pages import page_context, with_settings
from tests.support.waiting import until

AGENT = 'name = "Reader" # mine\n[model]\nprovider = "scripted"\nname = "s"\n'


def seen(tool: str, outcome: str, run: str, **arguments: object) -> Observation:
    return Observation(
        "Reader", "session-1", run, f"c{run}", tool, shape_of(arguments), outcome,
        reason="There is no file" if outcome == FAILED else "", arguments=json.dumps(arguments),
        duration_ms=12.0, at=1.0,
    )  # fmt: skip


def context_of(folder: Path) -> PageContext:
    context = page_context(folder)
    (folder / "agents" / "reader.toml").write_text(AGENT)
    context.library.reload()
    ledger = InsightsLedger(folder / "profile")
    failed = [seen("read_file", FAILED, f"r{n}", path="a.md", deep=True) for n in range(4)]
    ledger.add(
        [*failed, *[seen("read_file", OK, f"k{n}", path="b.md") for n in range(5)], seen("grep", OK, "g", pattern="x")]
    )
    return context


async def opened(dialog: SettingsDialog) -> InsightsPage:
    dialog.show_page("Insights")
    page = await dialog.page("Insights")
    assert isinstance(page, InsightsPage)
    await until(lambda: page.agent.count() or page.empty.text())
    return page


def test_tools_are_listed_by_reliability_with_the_shapes_of_their_calls(qapp: QApplication, tmp_path: Path) -> None:
    async def use(dialog: SettingsDialog) -> None:
        page = await opened(dialog)
        await until(lambda: page.tools.topLevelItemCount() == 2)
        first = page.tools.topLevelItem(0)
        assert first is not None
        assert [first.text(n) for n in range(5)] == ["read_file", "56% of 9", "9", "", "12 ms"]
        assert "There is no file" in first.text(5)
        shapes = [first.child(n) for n in range(first.childCount())]
        assert [(shape.text(0), shape.text(1)) for shape in shapes if shape is not None] == [
            ("with deep", "0% of 4"), ("without deep", "100% of 5"),
        ]  # fmt: skip

    with_settings(qapp, context_of(tmp_path), use)


def test_a_proposal_shows_its_evidence_and_is_accepted_measured_and_undone(qapp: QApplication, tmp_path: Path) -> None:
    context = context_of(tmp_path)
    file = tmp_path / "agents" / "reader.toml"

    async def use(dialog: SettingsDialog) -> None:
        page = await opened(dialog)
        await until(lambda: page.proposals.count() == 2)
        hint = next(n for n in range(2) if "Tell the agent" in page.proposals.item(n).text())
        page.proposals.setCurrentRow(hint)
        assert "4 of 4 calls failed" in page.detail.toPlainText()
        assert page.detail.toPlainText().count("(session session-") == 4
        assert await in_thread(file.read_text) == AGENT
        page.accept.click()
        await until(lambda: "Written into reader.toml" in page.status.text())
        assert "When you call read_file" in await in_thread(file.read_text)
        assert "# mine" in await in_thread(file.read_text)
        row = next(n for n in range(2) if "accepted" in page.proposals.item(n).text())
        page.proposals.setCurrentRow(row)
        assert "Before: 5 of 9 calls succeeded" in page.detail.toPlainText()
        assert page.accept.isHidden()
        page.undo.click()
        await until(lambda: "Taken out of reader.toml" in page.status.text())
        assert await in_thread(file.read_text) == AGENT

    with_settings(qapp, context, use)


def test_a_no_is_kept_and_can_be_taken_back(qapp: QApplication, tmp_path: Path) -> None:
    async def use(dialog: SettingsDialog) -> None:
        page = await opened(dialog)
        await until(lambda: page.proposals.count() == 2)
        page.proposals.setCurrentRow(0)
        page.dismiss.click()
        await until(lambda: "not proposed again" in page.status.text())
        row = next(n for n in range(2) if "dismissed" in page.proposals.item(n).text())
        page.proposals.setCurrentRow(row)
        page.undo.click()
        await until(lambda: "open again" in page.status.text())

    with_settings(qapp, context_of(tmp_path), use)


def test_what_can_not_be_written_is_said_and_stays_open(qapp: QApplication, tmp_path: Path) -> None:
    context = context_of(tmp_path)
    file = tmp_path / "agents" / "reader.toml"

    async def use(dialog: SettingsDialog) -> None:
        page = await opened(dialog)
        await until(lambda: page.proposals.count() == 2)
        await in_thread(file.write_text, "name = ")
        page.accept.click()
        await until(lambda: "not valid TOML" in page.status.text())
        assert page.accept.isEnabled()
        assert await in_thread(file.read_text) == "name = "

    with_settings(qapp, context, use)


def test_nothing_known_says_what_to_do(qapp: QApplication, tmp_path: Path) -> None:
    async def use(dialog: SettingsDialog) -> None:
        page = await opened(dialog)
        assert "Nothing is known yet" in page.empty.text()
        assert page.split.isHidden()

    with_settings(qapp, page_context(tmp_path), use)


def test_a_damaged_file_is_said(qapp: QApplication, tmp_path: Path) -> None:
    (tmp_path / "profile").mkdir()
    (tmp_path / "profile" / "insights.db").write_bytes(b"broken" * 500)

    async def use(dialog: SettingsDialog) -> None:
        dialog.show_page("Insights")
        page = await dialog.page("Insights")
        await until(lambda: "can't be used" in page.status.text())

    with_settings(qapp, page_context(tmp_path), use)


def test_everything_counted_can_be_deleted_and_that_taken_back(qapp: QApplication, tmp_path: Path) -> None:
    context = context_of(tmp_path)

    async def use(dialog: SettingsDialog) -> None:
        page = await opened(dialog)
        await until(lambda: page.tools.topLevelItemCount() == 2)
        before = [page.proposals.item(n).text() for n in range(page.proposals.count())]
        page.clear.click()
        await until(lambda: "Nothing is known yet" in page.empty.text())
        assert context.undo.last is not None
        assert context.undo.last.sentence == "What was kept of tool calls was deleted. Accepted proposals stay."
        context.undo.take_back()
        await until(lambda: page.tools.topLevelItemCount() == 2)
        assert [page.proposals.item(n).text() for n in range(page.proposals.count())] == before

    with_settings(qapp, context, use)


def test_an_accepted_proposal_can_be_undone_when_everything_counted_was_deleted(
    qapp: QApplication, tmp_path: Path
) -> None:
    async def use(dialog: SettingsDialog) -> None:
        page = await opened(dialog)
        await until(lambda: page.proposals.count() > 0)
        page.accept.click()
        await until(lambda: page.undo.isVisibleTo(page) and page.undo.isEnabled())
        page.clear.click()
        await until(lambda: page.tools.topLevelItemCount() == 0)
        assert page.agent.currentText() == "Reader"
        page.undo.click()
        await until(lambda: "Taken out of reader.toml" in page.status.text())
        assert await in_thread((tmp_path / "agents" / "reader.toml").read_text) == AGENT

    with_settings(qapp, context_of(tmp_path), use)
