"""The language of the window: which there are, which was chosen, and how it is brought in at the start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale
from PySide6.QtGui import QGuiApplication

from loom_studio.resource_files import resource_path
from loom_studio.texts import CONTEXT, ENGLISH, use_translation

# An English window needs no translator.
if TYPE_CHECKING:
    from PySide6.QtCore import QTranslator

SYSTEM = "system"
LANGUAGES = {ENGLISH: "English", "zh_CN": "简体中文"}
"""The languages of the Studio by their names in Qt; each is called as its speakers call it."""


def language_for(chosen: str) -> str:
    """The language to use: what is chosen, else the first of the system's languages that there is."""
    if chosen in LANGUAGES:
        return chosen
    heard: set[QLocale.Language] = set()
    for wanted in QLocale.system().uiLanguages():
        locale = QLocale(wanted)
        if "-" not in wanted and locale.language() in heard:
            continue  # the short name of one that was asked for already: of zh-Hant-TW it would be Simplified Chinese
        heard.add(locale.language())
        for name in LANGUAGES:
            mine = QLocale(name)
            if (locale.language(), locale.script()) == (mine.language(), mine.script()):
                return name
    return ENGLISH


_of_qt: list[QTranslator] = []
"""What speaks in Qt's own texts, of the language that was installed last."""


def install_language(app: QGuiApplication, language: str) -> None:
    """Have all that is made from now on speak this language alone, Qt's own texts too; English needs nothing."""
    while _of_qt:
        app.removeTranslator(_of_qt.pop())
    app.setLayoutDirection(QLocale(language).textDirection())
    if language == ENGLISH:
        use_translation(None)
        return
    from PySide6.QtCore import QLibraryInfo, QTranslator

    ours, qts = QTranslator(app), QTranslator(app)
    ours.load(str(resource_path(f"translations/loom_studio_{language}.qm")))
    if qts.load(f"qtbase_{language}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
        app.installTranslator(qts)
        _of_qt.append(qts)
    use_translation(lambda text, count: ours.translate(CONTEXT, text, None, count) or "", language)
