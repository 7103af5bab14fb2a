"""Which keys do what: the table's, or what the person chose instead, kept among the settings."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QKeySequence

from loom_studio.services.actions import ACTIONS, BY_NAME, EDITOR, FIXED, WINDOW, Action
from loom_studio.services.settings import Settings
from loom_studio.texts import tr

NONE = "none"


class Shortcuts(QObject):
    """One for all windows. `changed` says that an action, by name, has other keys; "" stands for all of them."""

    changed = Signal(str)

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings

    def keys(self, name: str) -> str:
        """The keys of an action as `Ctrl+N`; empty for none."""
        chosen = self._settings.text(_setting(name))
        return "" if chosen == NONE else chosen or BY_NAME[name].keys

    def shown(self, name: str) -> str:
        """The keys of an action as this system writes them."""
        return QKeySequence(self.keys(name)).toString(QKeySequence.SequenceFormat.NativeText)

    def is_changed(self, name: str) -> bool:
        """Whether the person chose other keys than the table has."""
        return self.keys(name) != BY_NAME[name].keys

    def use(self, name: str, keys: str) -> None:
        """Give an action other keys, or none, from now on."""
        standard = keys == BY_NAME[name].keys
        self._settings.keep(_setting(name), "" if standard else keys or NONE)
        self._settings.save()
        self.changed.emit(name)

    def reset(self) -> None:
        """Give every action the keys of the table again."""
        for action in ACTIONS:
            self._settings.keep(_setting(action.name), "")
        self._settings.save()
        self.changed.emit("")

    def conflicts(self, name: str, keys: str) -> list[Action]:
        """The actions that answer to these keys where this one does, or whose keys begin so, or that begin theirs."""
        wanted = QKeySequence(keys)
        if wanted.isEmpty():
            return []
        own = BY_NAME[name].place
        return [
            other
            for other in ACTIONS
            if other.name != name and _meet(own, other.place) and _overlap(wanted, QKeySequence(self.keys(other.name)))
        ]

    def fixed_conflicts(self, keys: str) -> list[str]:
        """What these keys do where they can't be changed, in words."""
        wanted = QKeySequence(keys)
        return [
            tr("{what} ({place})", what=tr(what), place=tr(place))
            for what, fixed, place in FIXED
            if not wanted.isEmpty() and _overlap(wanted, QKeySequence(fixed))
        ]


def _setting(name: str) -> str:
    return f"shortcut_{name}"


def _meet(place: str, other: str) -> bool:
    """Whether keys of two places can be meant at once."""
    return place == other or (WINDOW in (place, other) and EDITOR not in (place, other))


def _overlap(keys: QKeySequence, other: QKeySequence) -> bool:
    no_match = QKeySequence.SequenceMatch.NoMatch
    return not other.isEmpty() and (keys.matches(other) != no_match or other.matches(keys) != no_match)
