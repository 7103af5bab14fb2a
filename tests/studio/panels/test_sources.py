"""Footnotes in the chat: what a message cites, and the view of a source at the cited place."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QMessageBox

from loom.config import AgentConfig, KnowledgeSource, ModelRef
from loom.threads import in_thread
from loom.types.events import RunEvent
from loom_studio.panels.chat.panel import ChatPanel
from loom_studio.panels.chat.source_view import SourceView
from loom_studio.services.conversations import Conversation, Outgoing
from loom_studio.services.sources import AROUND_CHARS, excerpt_of
from loom_studio.transcript_row import SOURCE_LINK, Source, TranscriptRow
from loom_studio.viewmodels.citations import cited_in
from loom_studio.viewmodels.transcript import rows_of
from loom_studio.widgets.block_document import BlockDocument
from loom_studio.widgets.highlight import Highlighter
from loom_studio.widgets.row_blocks import blocks_of
from tests.support.agents import call
from tests.support.chats import with_chat
from tests.support.knowledge import wait_for_indexes, write_files
from tests.support.waiting import until


@pytest.fixture(autouse=True)
def indexes_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    wait_for_indexes(monkeypatch)


def with_panel(
    app: QApplication, folder: Path, turns: list[Any], use: Callable[[ChatPanel], Coroutine[Any, Any, None]]
) -> None:
    knowledge = [KnowledgeSource.folder("docs", "docs")]
    config = AgentConfig(ModelRef.scripted(turns), name="Test", knowledge=knowledge)
    with_chat(app, lambda: Conversation(config, folder), use)


def last(panel: ChatPanel) -> TranscriptRow:
    return panel.model.rows[-1]


def marked(view: SourceView) -> str:
    mark: Any
    (mark,) = view.text.extraSelections()
    return mark.cursor.selectedText()


def test_a_footnote_opens_the_file_at_the_cited_place_and_says_when_it_changed(
    qapp: QApplication, tmp_path: Path
) -> None:
    text = "# Deploys\n\n" + "Nothing of note. " * 120 + "\n\n## Production\n\nProduction deploys need an approval.\n"
    write_files(tmp_path, docs__deploys_md=text)

    async def use(panel: ChatPanel) -> None:
        panel.submit(Outgoing("What do production deploys need?"))
        await until(lambda: bool(panel.model.rows) and last(panel).text == "An approval [1].")
        await until(lambda: not panel.conversation.is_running)
        found = next(row for row in panel.model.rows if row.title == "Knowledge")
        assert "Production deploys need" in found.detail
        assert [source.number for source in last(panel).sources] == [1]
        footnote = blocks_of(last(panel))[-1].text
        assert f"({SOURCE_LINK}1)" in footnote
        assert "deploys.md:5" in last(panel).plain

        panel.transcript.link_activated.emit(f"{SOURCE_LINK}1")
        (view,) = panel.findChildren(SourceView)
        await until(lambda: bool(view.text.toPlainText()))
        assert "Production deploys need an approval." in marked(view)
        assert view.place.text() == f"{tmp_path / 'docs' / 'deploys.md'}:5"
        assert not view.note.isVisible()
        view.close()

        await in_thread(write_files, tmp_path, docs__deploys_md="New words.\n\n" + text)
        panel.transcript.link_activated.emit(f"{SOURCE_LINK}1")
        view = panel.findChildren(SourceView)[-1]
        await until(lambda: bool(view.text.toPlainText()))
        assert "changed since it was cited" in view.note.text()
        assert marked(view).startswith("## Production")
        view.close()

    with_panel(qapp, tmp_path, ["An approval [1]."], use)


def test_what_a_search_found_is_cited_and_its_row_is_the_searchs(qapp: QApplication, tmp_path: Path) -> None:
    write_files(tmp_path, docs__zebra_md="Zebras need approval.", docs__lion_md="Lions sleep.")

    async def use(panel: ChatPanel) -> None:
        panel.submit(Outgoing("Hello there"))
        await until(lambda: bool(panel.model.rows) and last(panel).text.startswith("They sleep"))
        await until(lambda: not panel.conversation.is_running)
        assert [source.label for source in last(panel).sources] == ["docs/lion.md:1"]
        assert [row.kind for row in panel.model.rows] == ["user", "tool", "assistant"]
        panel.transcript.link_activated.emit(f"{SOURCE_LINK}7")
        (box,) = panel.findChildren(QMessageBox)
        box.reject()

    turns = [call("search_knowledge", query="lions"), "They sleep [^1]; see `[2]` and [7]."]
    with_panel(qapp, tmp_path, turns, use)


def test_only_numbers_that_were_found_are_footnotes_and_the_newest_counts() -> None:
    old, new = Source(1, "s", "old", "u"), Source(1, "s", "new", "u")
    rows = [
        TranscriptRow("a", "notice", sources=(old, Source(2, "s", "two", "u"))),
        TranscriptRow("b", "notice", sources=(new,)),
    ]
    assert [source.title for source in cited_in("As [1], [2] and [3] say", rows)] == ["new", "two"]
    assert [source.number for source in cited_in("both [1, 2]", rows)] == [1, 2]
    assert cited_in("`[1]`\n```\nx[2]\n```\n[1](http://x)", rows) == ()


def test_a_label_is_no_markdown() -> None:
    row = TranscriptRow("a", "assistant", "x [1]", sources=(Source(1, "s", "t", "a_b*[evil](http://x)\n# y.md"),))
    assert "](http://x)" not in blocks_of(row)[-1].text
    assert "\n" not in blocks_of(row)[-1].text


def test_pieces_that_are_not_as_they_should_be_are_passed_over() -> None:
    payload = {"question": "q", "pieces": [{"number": "x"}, {}, {"number": 1, "source": "s", "title": "t", "uri": "u"}]}
    (row,) = rows_of([RunEvent("e", "r", "knowledge.found", payload=payload)])
    assert [source.number for source in row.sources] == [1]
    payload = {"question": "q", "pieces": [], "problems": ["There is no folder at docs"]}
    (row,) = rows_of([RunEvent("e", "r", "knowledge.found", payload=payload)])
    assert row.text == "There is no folder at docs"


def test_what_can_not_be_read_any_more_shows_what_was_cited(tmp_path: Path) -> None:
    def source(name: str, **more: Any) -> Source:
        return Source(1, "s", name, name, "how it began", str(tmp_path / name), **more)

    (tmp_path / "binary.md").write_bytes(b"\0")
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    assert "is gone" in excerpt_of(source("gone.md")).note
    assert "binary" in excerpt_of(source("binary.md")).note
    pdf = excerpt_of(source("a.pdf", hash="0000"))
    assert pdf.can_open
    assert "changed since" in pdf.note
    assert pdf.text == "how it began"
    (tmp_path / "other.md").write_text("nothing of it")
    assert "not in it any more" in excerpt_of(source("other.md", hash="0000", start=5, end=9)).note
    assert excerpt_of(Source(1, "s", "t", "doc://x", "words")).text == "words"


def test_of_a_long_file_the_part_around_the_place_is_shown(tmp_path: Path) -> None:
    lines = [f"line {n}" for n in range(60_000)]
    (tmp_path / "a.txt").write_text("\n".join(lines))
    start = "\n".join(lines).index("line 30000\n")
    excerpt = excerpt_of(Source(1, "s", "t", "a.txt", "line 30000", str(tmp_path / "a.txt"), start, start + 10))
    assert excerpt.text[excerpt.start : excerpt.end] == "line 30000"
    assert len(excerpt.text) < 3 * AROUND_CHARS
    assert "only the part" in excerpt.note


def test_numbers_in_the_text_are_small_links_to_their_sources_and_read_as_written(
    qapp: QApplication, tmp_path: Path
) -> None:
    sources = (Source(1, "s", "one", "u"), Source(2, "s", "two", "u"))
    text = "It is so [1], and so [1, 2]. Not `x[1]`, [2](http://x), nor [3]."
    row = TranscriptRow("a", "assistant", text, sources=sources)
    block = blocks_of(row)[0]
    document = BlockDocument(block, "assistant", 600, Highlighter())
    assert document.document.toPlainText() == "It is so [1], and so [1, 2]. Not x[1], 2, nor [3]."
    links = [(href, document.document.toPlainText()[start:end]) for href, start, end in document.links()]
    assert links == [
        (f"{SOURCE_LINK}1", "[1]"),
        (f"{SOURCE_LINK}1", "[1"),
        (f"{SOURCE_LINK}2", ", 2]"),
        ("http://x", "2"),
    ]
    fenced = row._replace(text="```\nx[1]\n```\nand [1]")
    assert [each.text for each in blocks_of(fenced)][:1] == ["```\nx[1]\n```\n"]
    streaming = row._replace(sources=(), is_streaming=True)
    settled = blocks_of(row, streaming, blocks_of(streaming))
    assert settled == blocks_of(row), "what was settled while it streamed gets its links too"
