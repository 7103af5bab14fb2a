"""The manual of every language: as complete as the English one, true to its window, shown in the window's language."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTranslator
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QApplication

from loom_studio.dialogs.manual import ManualDialog
from loom_studio.language import LANGUAGES, install_language
from loom_studio.loop import run
from loom_studio.resource_files import resource_path
from loom_studio.services.manual import PICTURES, Topic, about, picture_folders, read_manual
from loom_studio.texts import CONTEXT, ENGLISH, language_in_use, use_translation
from loom_studio.windows import Windows
from tests.support.waiting import until
from tests.support.windows import with_windows

OTHERS = [language for language in LANGUAGES if language != ENGLISH]
BLOCK = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"`[^`\n]+`")
LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)]+)\)")
PAIRS = [(language, topic) for language in OTHERS for topic in read_manual(language)]
pages = pytest.mark.parametrize(
    ("language", "topic"), PAIRS, ids=[f"{language}-{topic.name}" for language, topic in PAIRS]
)


def english(topic: Topic) -> str:
    """The text of the topic's English page."""
    return {each.name: each.text for each in read_manual()}[topic.name]


def prose(text: str) -> str:
    return CODE.sub("`code`", BLOCK.sub("", text))


def shape(text: str) -> list[str]:
    """What begins each line that begins something: headings, items, rows of tables, blocks."""
    return re.findall(r"^(#+ |- |\d+\. |\||```)", text, re.MULTILINE)


def bold(text: str) -> list[str]:
    return [" ".join(each.split()) for each in re.findall(r"\*\*([^*]+)\*\*", prose(text))]


@pytest.fixture
def in_chinese(qapp: QApplication) -> Iterator[None]:
    install_language(qapp, "zh_CN")
    yield
    for qts in qapp.findChildren(QTranslator):
        qapp.removeTranslator(qts)
    install_language(qapp, ENGLISH)


def test_every_language_has_a_manual_of_the_same_topics() -> None:
    folders = {folder.name for folder in resource_path("help").iterdir() if folder != resource_path(PICTURES)}
    assert folders == set(LANGUAGES)
    for language in OTHERS:
        assert [topic.name for topic in read_manual(language)] == [topic.name for topic in read_manual()]


@pages
def test_a_page_has_the_code_links_pictures_and_outline_of_the_english_one(language: str, topic: Topic) -> None:
    there = english(topic)
    assert BLOCK.findall(topic.text) == BLOCK.findall(there)
    assert Counter(CODE.findall(BLOCK.sub("", topic.text))) == Counter(CODE.findall(BLOCK.sub("", there)))
    assert LINK.findall(topic.text) == LINK.findall(there)
    assert shape(topic.text) == shape(there)
    for is_picture, target in LINK.findall(topic.text):
        if is_picture:
            assert any((folder / target).is_file() for folder in picture_folders(language))


@pages
def test_what_is_bold_is_what_the_window_calls_it_in_that_language(language: str, topic: Topic) -> None:
    window = QTranslator()
    assert window.load(str(resource_path(f"translations/loom_studio_{language}.qm")))
    called = [window.translate(CONTEXT, name) or name for name in bold(english(topic))]
    assert Counter(bold(topic.text)) == Counter(called)


@pages
def test_a_page_is_shown_without_marks_and_without_spaces_that_its_script_has_not(
    qapp: QApplication, language: str, topic: Topic
) -> None:
    document = QTextDocument()
    document.setMarkdown(prose(topic.text))  # code may well have stars
    assert "**" not in document.toPlainText()
    han = "[\u2018-\u201d\u3000-\u9fff\uff00-\uffef]"
    assert re.findall(rf".{han}\n *{han}", prose(topic.text)) == [], "a line's end is shown as a space"


def test_a_picture_of_the_language_is_taken_before_that_of_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "help" / "pictures" / "zh_CN").mkdir(parents=True)
    monkeypatch.setattr("loom_studio.resource_files._root", lambda: tmp_path)
    shared = tmp_path / "help" / "pictures"
    assert picture_folders("zh_CN") == [shared / "zh_CN", shared]
    assert picture_folders("en") == [shared]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("密钥环", ["keys"]),
        ("密钥 加密", ["keys"]),
        ("服务器", ["keys", "servers"]),
        ("MCP服务器", ["servers"]),
        ("停止命令", ["servers"]),
        ("保存密钥", ["keys"]),
        ("加密命令", []),
        ("“密钥”，文件。", ["keys"]),
        ("停止密钥", []),
        ("密钥圈", []),
        ("", ["keys", "servers"]),
    ],
)
def test_topics_are_found_by_chinese_words_that_no_space_parts(words: str, found: list[str]) -> None:
    topics = [
        Topic("keys", "密钥", "密钥保存在系统的密钥环或加密文件中，不会发给服务器。"),
        Topic("servers", "外部工具", "MCP 服务器由一条命令启动，可以随时停止。"),
    ]
    assert [topic.name for topic in about(topics, words)] == found


def test_what_has_the_words_together_comes_before_what_has_their_parts() -> None:
    topics = [Topic("a", "其一", "停止后，命令结束。"), Topic("b", "其二", "按 Esc 停止命令。")]
    assert [topic.name for topic in about(topics, "停止命令")] == ["b", "a"]


def test_the_chinese_manual_is_searched_and_its_links_are_followed(qapp: QApplication) -> None:
    async def main() -> int:
        manual = ManualDialog("zh_CN")
        try:
            await manual.read("05-context.md")
            assert manual.text.toPlainText().startswith("上下文里有什么")
            manual.search.setText("加密文件")
            assert [manual.list.item(row).text() for row in range(manual.list.count())] == ["设置、密钥与数据"]
            manual.search.setText("斑马")
            assert manual.list.count() == 0
        finally:
            await manual.aclose()
            manual.deleteLater()
        return 0

    assert run(qapp, main) == 0


@pytest.mark.usefixtures("in_chinese")
def test_the_manual_opens_in_the_language_of_the_window(qapp: QApplication, tmp_path: Path) -> None:
    assert language_in_use() == "zh_CN"

    async def use(windows: Windows) -> None:
        dialogs = windows.front.dialogs
        dialogs.open_manual("02-chat.md")
        manual = dialogs.manual
        assert manual is not None
        await until(manual.list.count)
        assert manual.list.item(0).text() == "快速入门"
        assert manual.text.toPlainText().startswith("对话")

    with_windows(qapp, tmp_path, use)
    use_translation(None)
    assert language_in_use() == ENGLISH
