"""The manual: what it calls things is what they are called, and what it points at is there."""

import ast
import re
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QTextBlock, QTextDocument
from PySide6.QtWidgets import QApplication

import loom_studio
from loom_studio.dialogs.manual import ManualDialog, _give_room
from loom_studio.loop import run
from loom_studio.resource_files import resource_path
from loom_studio.services.manual import PICTURES, Topic, about, read_manual

TOPICS = {topic.name: topic for topic in read_manual()}


def shown_texts() -> set[str]:
    """Every text that the Studio's sources have."""
    sources = Path(loom_studio.__file__).parent.rglob("*.py")
    nodes = (node for file in sources for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_everything_in_bold_is_a_name_in_the_window() -> None:
    known = shown_texts()
    for topic in TOPICS.values():
        prose = re.sub(r"```.*?```|`[^`]*`", "", topic.text, flags=re.DOTALL)
        bold = [" ".join(each.split()) for each in re.findall(r"\*\*([^*]+)\*\*", prose)]
        assert [each for each in bold if each not in known] == [], topic.name


def test_links_and_pictures_lead_to_something() -> None:
    for topic in TOPICS.values():
        for is_picture, target in re.findall(r"(!?)\[[^\]]*\]\(([^)]+)\)", topic.text):
            assert resource_path(f"{PICTURES}/{target}").is_file() if is_picture else target in TOPICS, target


def test_a_topic_begins_with_its_title() -> None:
    assert [topic.title for topic in TOPICS.values()][:3] == ["First steps", "Chat", "What may run"]
    assert all(topic.text.startswith(f"# {topic.title}\n") for topic in TOPICS.values())


def test_a_language_without_a_manual_gets_the_english_one() -> None:
    assert read_manual("xx") == list(TOPICS.values())


@pytest.mark.parametrize(
    ("words", "found"),
    [("", ["a", "b"]), ("RULE", ["b", "a"]), ("rule folder", ["a"]), ("nowhere", [])],
)
def test_topics_are_found_by_all_words_those_in_titles_first(words: str, found: list[str]) -> None:
    topics = [Topic("a", "Folders", "A folder has a rule."), Topic("b", "Rules", "One rule is enough.")]
    assert [topic.name for topic in about(topics, words)] == found


def test_the_window_shows_topics_follows_links_and_searches(qapp: QApplication) -> None:
    async def main() -> int:
        manual = ManualDialog("en")
        try:
            await manual.read("05-context.md")
            assert manual.text.toPlainText().startswith("What the context holds")
            manual._on_link(QUrl("06-sprints.md"))
            assert manual.text.toPlainText().startswith("Work that is judged")
            manual.search.setText("keyring")
            assert manual.list.count() == 1
            assert manual.text.toPlainText().startswith("Settings, keys and data")
            manual.search.setText("zebras")
            assert manual.text.toPlainText() == "No topic is about 'zebras'."
            manual.search.clear()
            assert manual.list.count() == len(TOPICS)
        finally:
            await manual.aclose()
            manual.deleteLater()
        return 0

    assert run(qapp, main) == 0


def test_lines_of_code_and_items_stand_together_and_apart_from_what_follows(qapp: QApplication) -> None:
    document = QTextDocument()
    document.setMarkdown("Before.\n\n```python\none()\ntwo()\n```\n\n- first\n- second\n\nAfter.\n")
    _give_room(document)
    blocks = [document.findBlockByNumber(number) for number in range(document.blockCount())]
    below = {block.text(): block.blockFormat().bottomMargin() > 0 for block in blocks}
    assert below == {"Before.": True, "one()": False, "two()": True, "first": False, "second": True, "After.": True}


def test_pictures_fit_into_a_narrow_window_and_grow_back_with_it(qapp: QApplication) -> None:
    found: list[tuple[int, int]] = []

    async def main() -> int:
        dialog = ManualDialog("en")
        dialog.show()
        await dialog.read()
        dialog._choose("03-approvals.md")
        for width in (1400, 620, 1400):
            dialog.resize(width, 600)
            for _ in range(3):
                qapp.processEvents()
            found.append((dialog.text.horizontalScrollBar().maximum(), round(picture_width(dialog.text.document()))))
        await dialog.aclose()
        dialog.deleteLater()
        return 0

    assert run(qapp, main) == 0
    (_, wide), (hidden, narrow), (_, again) = found
    assert (hidden, again) == (0, wide)
    assert 200 < narrow < 620 - 200 < wide


def picture_width(document: QTextDocument) -> float:
    """How wide the first picture of a text is shown."""
    formats = (each.format for block in blocks_of(document) for each in block.textFormats())
    return next(each.toImageFormat().width() for each in formats if each.isImageFormat())


def blocks_of(document: QTextDocument) -> list[QTextBlock]:
    """The lines of a text."""
    return [document.findBlockByNumber(number) for number in range(document.blockCount())]
