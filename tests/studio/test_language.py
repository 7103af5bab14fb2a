"""The languages of the window: every text is translated, none is cut off, and right to left holds."""

import re
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QWidget

from loom.config.hooks import HOOK_EVENTS
from loom_studio.__main__ import main
from loom_studio.language import ENGLISH, LANGUAGES, SYSTEM, install_language, language_for
from loom_studio.services.manual import read_manual
from loom_studio.texts import marked, plural, tr, use_translation
from loom_studio.theme import apply_theme
from tests.e2e.scenes import BRIEF, SIZES, walk
from tests.support.seen import clipped_in, seen_on

TOOL = runpy.run_path(str(Path(__file__).parents[2] / "packaging" / "translations.py"))
FILES = sorted(TOOL["FOLDER"].glob("*.ts"))
PLACEHOLDER = re.compile(r"\{[^{}]*\}")
OPEN, CLOSE = "⟦", "⟧"
SETTLED_S = 0.1


@pytest.fixture
def back_to_english(qapp: QApplication) -> Iterator[None]:
    yield
    install_language(qapp, ENGLISH)


def test_a_text_is_itself_until_there_is_a_translation(back_to_english: None) -> None:
    assert (tr("Send"), tr("{n} of {m}", n=1, m=2), tr(marked("Stop"))) == ("Send", "1 of 2", "Stop")
    assert [plural("{n} file", "{n} files", n) for n in (1, 2, 1000)] == ["1 file", "2 files", "1,000 files"]
    said = {("Send", -1): "Senden", ("{n} files", 1): "{n} Datei"}
    use_translation(lambda text, count: said.get((text, count), ""))
    assert (tr("Send"), tr("Stop"), tr("")) == ("Senden", "Stop", "")
    assert (plural("{n} file", "{n} files", 1), plural("{n} file", "{n} files", 2)) == ("1 Datei", "2 files")


def test_of_a_language_that_was_chosen_before_nothing_stays(qapp: QApplication, back_to_english: None) -> None:
    def cancel() -> str:
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        return box.button(QDialogButtonBox.StandardButton.Cancel).text()

    english = cancel()
    install_language(qapp, "zh_CN")
    assert tr("Send") != "Send"
    assert cancel() != english
    install_language(qapp, ENGLISH)
    assert (tr("Send"), cancel()) == ("Send", english)


def test_the_language_is_the_chosen_one_or_the_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [language_for(name) for name in LANGUAGES] == list(LANGUAGES)
    for wanted, got in {
        "zh_CN": "zh_CN",
        "de_DE": ENGLISH,
        "en_GB": ENGLISH,
        "zh_SG": "zh_CN",
        "zh_TW": ENGLISH,
    }.items():
        monkeypatch.setattr(QLocale, "system", lambda wanted=wanted: QLocale(wanted))
        assert language_for("system") == got
    monkeypatch.setattr(QLocale, "system", lambda: QLocale("de_DE"))
    assert language_for("there is no such language") == ENGLISH


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_language_says_every_text_and_is_compiled(file: Path, tmp_path: Path) -> None:
    known, texts = TOOL["read"](file), TOOL["all_texts"]()
    assert [text for text in texts if text not in known] == []
    assert [text for text in known if text not in texts] == [], "run `make translations`"
    pairs = [(text, form) for text, forms in known.items() for form in forms]
    assert [pair for pair in pairs if placeholders(pair[0]) != placeholders(pair[1])] == []
    TOOL["compile_to"](file, tmp_path / "made.qm")
    assert (tmp_path / "made.qm").read_bytes() == file.with_suffix(".qm").read_bytes(), "run `make translations`"


def placeholders(text: str) -> list[str]:
    return sorted(PLACEHOLDER.findall(text))


def test_a_language_that_there_is_not_is_refused_with_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--language", "klingon"])
    said = capsys.readouterr().err
    assert all(repr(name) in said for name in (SYSTEM, *LANGUAGES))


def test_there_is_a_file_for_each_language() -> None:
    assert [file.stem.removeprefix("loom_studio_") for file in FILES] == [name for name in LANGUAGES if name != ENGLISH]


# Data, which is in no language: ids, models, arguments, places, keys, numbers with units.
DATA = re.compile(
    r"""[\W\d_]*                                        # nothing but signs and digits
    |(Ctrl|Shift|Alt|F\d+|Del|Esc|Return|Meta)(\+.*)?   # keys
    |(person:\ )?[a-z]+(_[a-z]+)+                       # ids of tools and rules
    |[a-z]+:[\w.-]+ | https?://.* | /.* | report\.py:.*         # models, addresses, files
    |(\w+(:\ \w+)?\n\n)?\{.*\} | run_command\(.*\)             # arguments and rules
    """,
    re.VERBOSE | re.DOTALL,
)
NAMES = {
    *HOOK_EVENTS,
    *LANGUAGES.values(),
    *(topic.title for topic in read_manual()),  # there is none in the language of this test
    *("Assistant", "Reviewer", "Coder", "Nobody there", "shop", "~  shop.js  +1 −1"),
    *(BRIEF, "Is anybody there?", "✗  Is anybody there?"),
    "notes.md was modified",  # an alert is shown as the model gets it
    *("Press shortcut", "Scroll Left", "Scroll Right"),  # Qt's own
}
"""What those call it who made it."""


def untranslated_on(screen: QWidget) -> set[tuple[str, str]]:
    """The texts of a screen that were not looked up."""
    return {
        (what, text)
        for what, text in seen_on(screen)
        if OPEN not in text and text not in NAMES and not DATA.fullmatch(text)
    }


def test_every_text_of_every_screen_is_looked_up(qapp: QApplication, back_to_english: None) -> None:
    found: dict[tuple[str, str], str] = {}

    def look(name: str, screen: QWidget) -> None:
        for what in untranslated_on(screen):
            found.setdefault(what, name)

    use_translation(lambda text, _count: f"{OPEN}{text}{CLOSE}")
    assert walk("wide", look, SETTLED_S) == 0
    assert sorted(f"{name}: {what}: {text[:150]!r}" for (what, text), name in found.items()) == []


def clipped(qapp: QApplication, size: str) -> list[str]:
    """What is cut off on the way through every screen, each said once."""
    found: dict[str, None] = {}
    apply_theme(qapp, "light")
    assert walk(size, lambda name, screen: found.update(dict.fromkeys(clipped_in(screen, name))), SETTLED_S) == 0
    return list(found)


@pytest.mark.parametrize("size", list(SIZES))
@pytest.mark.parametrize("language", [name for name in LANGUAGES if name != ENGLISH])
def test_no_text_is_cut_off_in_another_language(
    qapp: QApplication, back_to_english: None, language: str, size: str
) -> None:
    install_language(qapp, language)
    assert clipped(qapp, size) == []


def test_nothing_breaks_from_right_to_left(qapp: QApplication, back_to_english: None) -> None:
    qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    assert clipped(qapp, "wide") == []
