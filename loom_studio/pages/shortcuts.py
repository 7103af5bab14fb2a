"""Settings: every shortcut there is; those of actions can be changed, with a warning where keys are taken."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)
from typing_extensions import override

from loom_studio.pages.page import Page, PageContext
from loom_studio.services.actions import ACTIONS, BY_NAME, FIXED
from loom_studio.texts import marked, tr
from loom_studio.theme import px
from loom_studio.widgets.named import named, text_label
from loom_studio.widgets.question_bar import QuestionBar

NAME = Qt.ItemDataRole.UserRole


class ShortcutsPage(Page):
    """A list to choose from, and below it the keys of what is chosen."""

    def __init__(self, context: PageContext, parent: QWidget | None = None) -> None:
        super().__init__(
            context, marked("Shortcuts"), marked("What keys do. A change holds at once, in every window."), parent
        )
        self._shortcuts = context.shortcuts
        self.filter = named(QLineEdit(), "Filter shortcuts")
        self.filter.setPlaceholderText(tr("Filter by words or keys"))
        self.filter.setClearButtonEnabled(True)
        self.list = named(QTreeWidget(), "Shortcuts")
        self.list.setHeaderLabels([tr("Action"), tr("Keys"), tr("Where")])
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.chosen = text_label(tr("Choose an action to change its keys."), "Muted")
        self.keys = named(QKeySequenceEdit(), "New keys")
        self.keys.setMaximumSequenceLength(2)
        self.keys.setMinimumWidth(px(120))
        self.use = _button(marked("Use these keys"), marked("Use these keys"))
        self.remove = _button(marked("No keys"), marked("Remove the keys"))
        self.standard = _button(marked("Standard keys"), marked("Standard keys for this action"))
        self.reset_all = _button(marked("Reset all…"), marked("Reset all shortcuts"))
        self.question = QuestionBar()
        self._lay_out()
        self.filter.textChanged.connect(self._show)
        self.list.itemSelectionChanged.connect(self._on_chosen)
        self.keys.keySequenceChanged.connect(self._on_keys)
        self.use.clicked.connect(self._on_use)
        self.remove.clicked.connect(lambda: self._put(""))
        self.standard.clicked.connect(lambda: self._ask_or_put(BY_NAME[self.name].keys))
        self.reset_all.clicked.connect(self._ask_to_reset)
        self._shortcuts.changed.connect(self._show)
        self._show()
        self._on_chosen()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        for widget in (self.keys, self.use, self.remove, self.standard):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.reset_all)
        self.body.addWidget(self.filter)
        self.body.addWidget(self.list, 1)
        self.body.addWidget(self.chosen)
        self.body.addLayout(row)
        self.body.addWidget(self.question)

    @property
    def name(self) -> str:
        """The chosen action; empty for none, and for keys that are not changed."""
        chosen = self.list.selectedItems()
        return chosen[0].data(0, NAME) or "" if chosen else ""

    @override
    async def refresh(self) -> None:
        self._show()

    def _show(self, _what: str = "") -> None:
        name, wanted = self.name, self.filter.text().casefold()
        self.list.blockSignals(True)
        self.list.clear()
        rows = [(tr(a.text), self._keys(a.name), tr(a.place), a.name, tr(a.what)) for a in ACTIONS]
        rows += [
            (tr(what), _native(keys), tr("{place}, fixed", place=tr(place)), "", tr("These keys can't be changed."))
            for what, keys, place in FIXED
        ]
        for text, keys, place, key, tip in rows:
            if wanted and wanted not in f"{text} {keys} {place}".casefold():
                continue
            item = QTreeWidgetItem([text, keys, place])
            item.setData(0, NAME, key)
            item.setToolTip(0, tip)
            self.list.addTopLevelItem(item)
            if key and key == name:
                self.list.setCurrentItem(item)
                item.setSelected(True)
        for column in (1, 2):
            self.list.resizeColumnToContents(column)
        self.list.blockSignals(False)

    def _keys(self, name: str) -> str:
        keys = self._shortcuts.shown(name)
        if not self._shortcuts.is_changed(name):
            return keys
        return tr("{keys} (changed)", keys=keys) if keys else tr("none (changed)")

    def _on_chosen(self) -> None:
        name = self.name
        self.question.hide()
        self.say("")
        self.keys.setKeySequence(QKeySequence(self._shortcuts.keys(name) if name else ""))
        for widget in (self.keys, self.remove, self.standard):
            widget.setEnabled(bool(name))
        fixed = bool(self.list.selectedItems()) and not name
        if name:
            action, what = tr(BY_NAME[name].text), tr(BY_NAME[name].what)
            self.chosen.setText(tr("Keys for “{action}”: {what}.", action=action, what=what))
        else:
            choose = tr("Choose an action to change its keys.")
            self.chosen.setText(tr("These keys can't be changed.") if fixed else choose)
        self._on_keys()

    def _on_keys(self) -> None:
        """Warn while the keys are typed."""
        name, keys = self.name, _portable(self.keys)
        self.use.setEnabled(bool(name) and bool(keys) and keys != self._shortcuts.keys(name))
        if name and keys:
            self.say(self._warning(name, keys))

    def _warning(self, name: str, keys: str) -> str:
        taken = _listed([other.name for other in self._shortcuts.conflicts(name, keys)])
        fixed = ", ".join(self._shortcuts.fixed_conflicts(keys))
        said: list[str] = []
        if taken:
            said.append(tr("{keys} is taken by {actions}.", keys=_native(keys), actions=taken))
        if fixed:
            said.append(tr("{keys} also means: {actions}.", keys=_native(keys), actions=fixed))
        return " ".join(said)

    def _on_use(self) -> None:
        self._ask_or_put(_portable(self.keys))

    def _ask_or_put(self, keys: str) -> None:
        name = self.name
        others = self._shortcuts.conflicts(name, keys)
        if not others:
            self._put(keys)
            return
        names = [other.name for other in others]
        take = partial(self._take, name, keys, names)
        self.question.ask(
            tr("{keys} is taken by {actions}. Which shall have it?", keys=_native(keys), actions=_listed(names)),
            {
                _listed([name]): (take, True),
                tr("Leave it as it is"): (self._on_chosen, True),
            },
        )

    def _take(self, name: str, keys: str, others: list[str]) -> None:
        for other in others:
            self._shortcuts.use(other, "")
        self._shortcuts.use(name, keys)
        self.say(
            tr(
                "{keys} is now {action}; {others} has no keys any more.",
                keys=_native(keys),
                action=_listed([name]),
                others=_listed(others),
            )
        )

    def _put(self, keys: str) -> None:
        name = self.name
        self._shortcuts.use(name, keys)
        self._on_chosen()
        action = _listed([name])
        self.say(
            tr("{action} has {keys} from now on.", action=action, keys=_native(keys))
            if keys
            else tr("{action} has no keys from now on.", action=action)
        )

    def _ask_to_reset(self) -> None:
        self.question.ask(
            tr("Give every action its standard keys again?"),
            {tr("Reset all"): (self._reset, True), tr("Keep mine"): (lambda: None, True)},
        )

    def _reset(self) -> None:
        self._shortcuts.reset()
        self._on_chosen()
        self.say(tr("Every action has its standard keys."))


def _listed(names: list[str]) -> str:
    """Actions in a sentence."""
    return ", ".join(tr("“{action}”", action=tr(BY_NAME[name].text)) for name in names)


def _portable(edit: QKeySequenceEdit) -> str:
    return edit.keySequence().toString(QKeySequence.SequenceFormat.PortableText)


def _native(keys: str) -> str:
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)


def _button(words: str, name: str) -> QPushButton:
    button = named(QPushButton(tr(words)), name)
    button.setAutoDefault(False)
    return button
