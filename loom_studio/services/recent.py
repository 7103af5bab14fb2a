"""What was used last, the latest first: a short list of texts among the settings."""

from __future__ import annotations

from loom_studio.services.settings import Settings

MOST_WORKSPACES = 10


class Recent:
    """At most `most` texts under a name; none has a line break."""

    def __init__(self, settings: Settings, name: str, most: int) -> None:
        self._settings = settings
        self._name = name
        self._most = most

    def texts(self) -> list[str]:
        """The texts, the latest first."""
        return [text for text in self._settings.text(self._name).split("\n") if text]

    def add(self, text: str) -> None:
        """Put a text at the front."""
        if text and "\n" not in text:
            kept = [text, *(each for each in self.texts() if each != text)]
            self._settings.keep(self._name, "\n".join(kept[: self._most]))


def recent_workspaces(settings: Settings) -> Recent:
    """The folders that were open in a window."""
    return Recent(settings, "workspaces", MOST_WORKSPACES)
