"""The manual beside the window: topics on the left, with a search, and the one that is read on the right."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, QUrl
from PySide6.QtGui import QImage, QPixmap, QTextBlock, QTextBlockFormat, QTextCursor, QTextDocument, QTextFormat
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from loom.threads import in_thread
from loom_studio.services.manual import Topic, about, picture_folders, read_manual
from loom_studio.tasks import TaskOwner
from loom_studio.texts import tr
from loom_studio.theme import px
from loom_studio.widgets.named import named
from loom_studio.widgets.sized import open_at

ABOVE_PX = {2: 14, 3: 10}
"""The room above a heading, by its level."""
BELOW_PX = 8
LINE_PERCENT = 125
PICTURE = "\ufffc"
"""What stands for a picture in a text of Qt's."""


class ManualDialog(QDialog):
    """Stays open beside the window; its links lead to other topics, never out of it."""

    def __init__(self, language: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "Manual")
        self.setWindowTitle(tr("Manual"))
        self.tasks = TaskOwner(self.setWindowTitle)
        self._language = language
        self._topics: list[Topic] = []
        self.search = named(QLineEdit(), "Search the manual")
        self.search.setPlaceholderText(tr("Search the manual"))
        self.search.setClearButtonEnabled(True)
        self.list = named(QListWidget(), "Topics")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.text = named(QTextBrowser(), "Manual text")
        self.text.setOpenLinks(False)
        self.text.document().setDocumentMargin(px(16))
        self._lay_out()
        self.search.textChanged.connect(self._show_found)
        # Through the accessibility bus a row is selected without becoming the current one.
        self.list.itemSelectionChanged.connect(self._show_chosen)
        self.text.anchorClicked.connect(self._on_link)
        self._fitting = QTimer(self)
        self._fitting.setSingleShot(True)
        self._fitting.timeout.connect(lambda: _fit_pictures(self.text))
        self.text.viewport().installEventFilter(self)
        open_at(self, 980, 680)

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize:
            self._fitting.start()  # it may come of a layout, in which a text must not be changed
        return False

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.addWidget(self.search)
        left.addWidget(self.list, 1)
        column = QWidget()
        column.setLayout(left)
        column.setFixedWidth(px(260))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(column)
        layout.addWidget(self.text, 1)

    def show_topic(self, name: str = "") -> None:
        """Bring the window to the front, with the topic of this file name, or the one that was in view."""
        self.show()
        self.raise_()
        self.activateWindow()
        self.tasks.start(self.read(name), what="read the manual")

    async def read(self, name: str = "") -> None:
        """Read the manual once, and show a topic of it."""
        if not self._topics:
            folders = await in_thread(picture_folders, self._language)
            self.text.setSearchPaths([str(folder) for folder in folders])
            self._topics = await in_thread(read_manual, self._language)
            self._show_found("")
        if name:
            self._choose(name)

    async def aclose(self) -> None:
        """End what is under way."""
        await self.tasks.aclose()

    def _show_found(self, words: str) -> None:
        shown = self._chosen()
        self.list.clear()
        for topic in about(self._topics, words):
            item = QListWidgetItem(topic.title)
            item.setData(Qt.ItemDataRole.UserRole, topic)
            self.list.addItem(item)
        if self.list.count() == 0:
            self.text.setPlainText(tr("No topic is about {words!r}.", words=words))
        else:
            self._choose(shown.name if shown is not None else "")

    def _choose(self, name: str) -> None:
        """Select a topic by its file name, or the first that is listed."""
        names = [self._topic(row).name for row in range(self.list.count())]
        self.list.setCurrentRow(names.index(name) if name in names else 0)

    def _topic(self, row: int) -> Topic:
        return self.list.item(row).data(Qt.ItemDataRole.UserRole)

    def _chosen(self) -> Topic | None:
        rows = self.list.selectedIndexes()
        return self._topic(rows[0].row()) if rows else None

    def _show_chosen(self) -> None:
        topic = self._chosen()
        if topic is not None:
            features = QTextDocument.MarkdownFeature
            self.text.document().setMarkdown(topic.text, features.MarkdownDialectGitHub | features.MarkdownNoHTML)
            _give_room(self.text.document())
            _fit_pictures(self.text)
            self.text.moveCursor(QTextCursor.MoveOperation.Start)

    def _on_link(self, link: QUrl) -> None:
        self.search.clear()
        self._choose(link.fileName())


def _fit_pictures(page: QTextBrowser) -> None:
    """Have each picture as wide as it was made, or as the page where that is narrower."""
    document = page.document()
    room = max(1, page.viewport().width() - round(2 * document.documentMargin()))
    block = document.begin()
    while block.isValid():
        if PICTURE in block.text():
            _fit(document, block, room)
        block = block.next()


def _fit(document: QTextDocument, block: QTextBlock, room: int) -> None:
    cursor = QTextCursor(block)
    for place in (at for at, sign in enumerate(block.text()) if sign == PICTURE):
        cursor.setPosition(block.position() + place)
        cursor.movePosition(QTextCursor.MoveOperation.Right, QTextCursor.MoveMode.KeepAnchor)
        form = cursor.charFormat().toImageFormat()
        kind = QTextDocument.ResourceType.ImageResource.value
        picture = document.resource(kind, QUrl(form.name()))
        made = picture if isinstance(picture, (QImage, QPixmap)) else QImage.fromData(picture or b"")
        if not made.isNull():
            form.setWidth(min(made.width(), room))
            cursor.setCharFormat(form)


def _kind(block: QTextBlock) -> str:
    """What a line belongs with the next one to, if that is of the same kind."""
    if QTextCursor(block).currentTable():
        return "cell"
    is_code = block.blockFormat().hasProperty(QTextFormat.Property.BlockCodeFence)
    return "code" if is_code else "item" if block.textList() else ""


def _give_room(document: QTextDocument) -> None:
    """Set headings, paragraphs, lists and blocks of code apart, but not the lines of each."""
    block = document.begin()
    while block.isValid():
        form, kind = block.blockFormat(), _kind(block)
        is_dense = kind == "cell" or (bool(kind) and kind == _kind(block.next()))
        level = form.headingLevel()
        form.setTopMargin(px(ABOVE_PX.get(level, 0)) if block.blockNumber() and level else 0)
        form.setBottomMargin(0 if is_dense else px(BELOW_PX))
        if PICTURE not in block.text():  # a share of its height would be an empty stretch below it
            form.setLineHeight(LINE_PERCENT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        QTextCursor(block).setBlockFormat(form)
        block = block.next()
