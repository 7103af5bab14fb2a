"""The watch over the network: whether a page answers, or a port takes a connection."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from loom.errors import ConfigError
from loom.heartbeat.events import HIGH, HeartbeatEvent, shown

SOURCE = "network"
TIMEOUT_S = 5.0
FAILURES = 2
"""So often in a row something must not answer before it is said to be down."""


class Reach:
    """Looks whether a place answers: `look` gives an event when that changes; for a `Beat`.

    `target` is an `http(s)://` address, which answers with any status below 400, or `tcp://host:port`.
    """

    def __init__(self, target: str, *, timeout_s: float = TIMEOUT_S, failures: int = FAILURES) -> None:
        self._target = target
        self._check = _checker(target, timeout_s)
        self._failures = max(1, failures)
        self._failed = 0
        self._is_up: bool | None = None

    def look(self) -> list[HeartbeatEvent]:
        """Ask once; blocks for up to the time-out."""
        began = time.monotonic()
        try:
            why = self._check()
        except (OSError, http.client.HTTPException) as error:
            why = str(error) or type(error).__name__
        took_ms = round((time.monotonic() - began) * 1000)
        if not why:
            self._failed = 0
            was_down, self._is_up = self._is_up is False, True
            return [self._event("up", f"{shown(self._target)} answers again", took_ms)] if was_down else []
        self._failed += 1
        if self._failed < self._failures or self._is_up is False:
            return []
        self._is_up = False
        return [self._event("down", f"{shown(self._target)} does not answer: {shown(why)}", took_ms, HIGH)]

    def _event(self, kind: str, summary: str, took_ms: int, urgency: str = "low") -> HeartbeatEvent:
        payload = {"about": self._target, "took_ms": took_ms}
        return HeartbeatEvent(SOURCE, kind, summary, urgency, payload=payload)


def _checker(target: str, timeout_s: float) -> Callable[[], str]:
    """What says why a target does not answer: nothing if it does. Raises ConfigError for no target."""
    parts = urlsplit(target)
    try:
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigError(f"{target!r} can't be watched: {error}") from None
    if not host or parts.scheme not in ("http", "https", "tcp") or (parts.scheme == "tcp" and port is None):
        raise ConfigError(f"{target!r} can't be watched: give http://…, https://… or tcp://host:port")

    def tcp() -> str:
        socket.create_connection((host, port or 0), timeout=timeout_s).close()
        return ""

    def page() -> str:
        make = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = make(host, port, timeout=timeout_s)
        try:
            connection.request("GET", f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}")
            status = connection.getresponse().status
        finally:
            connection.close()
        return "" if status < 400 else f"status {status}"

    return tcp if parts.scheme == "tcp" else page
