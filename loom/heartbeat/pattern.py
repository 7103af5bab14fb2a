"""Which events a rule or a trigger of the configuration is about."""

from __future__ import annotations

import os

import pathspec

from loom.errors import ConfigError
from loom.heartbeat.events import HeartbeatEvent


class EventPattern:
    """Fits an event whose `source`, `kind`, `path` (as in .gitignore), `text` and `urgency` are those that are set.

    `owner` names who it belongs to, in the ConfigError for a path that is no pattern. `root` is the folder that paths
    are relative to.
    """

    def __init__(
        self,
        owner: str,
        *,
        source: str = "",
        kind: str = "",
        path: str = "",
        text: str = "",
        urgency: str = "",
        root: str | None = None,
    ) -> None:
        self._source, self._kind, self._urgency = source, kind, urgency
        self._text = text.casefold()
        self._root = root
        self._paths: pathspec.GitIgnoreSpec | None = None
        if path:
            try:
                self._paths = pathspec.GitIgnoreSpec.from_lines([path])
            except ValueError as error:
                raise ConfigError(f"{owner} has a path that is no pattern: {path!r} ({error})") from None

    def fits(self, event: HeartbeatEvent) -> bool:
        """Whether it is about an event."""
        pairs = ((self._source, event.source), (self._kind, event.kind), (self._urgency, event.urgency))
        if any(wanted not in ("", given) for wanted, given in pairs):
            return False
        if self._text and self._text not in event.summary.casefold():
            return False
        return self._paths is None or any(self._paths.match_file(self._relative(path)) for path in event.paths)

    def _relative(self, path: str) -> str:
        if self._root is not None and path.startswith(self._root + os.sep):
            path = path[len(self._root) + 1 :]
        return path.replace(os.sep, "/").lstrip("/")
