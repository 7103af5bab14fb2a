"""Server-sent events, read from bytes as they arrive (WHATWG HTML, "Server-sent events")."""

from __future__ import annotations

from typing import NamedTuple


class Event(NamedTuple):
    """One event: its type (`message` where none is given) and its data."""

    event: str
    data: bytes


class EventDecoder:
    """Turns chunks of bytes, cut anywhere, into whole events. Lines end with LF, CR LF or CR."""

    def __init__(self) -> None:
        self._rest = b""
        self._event = ""
        self._data: list[bytes] = []
        self._started = False

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that this chunk completes."""
        buffer = self._rest + chunk
        if not self._started:
            buffer = buffer.removeprefix(b"\xef\xbb\xbf")
            self._started = True
        if b"\r" in buffer:
            # A CR at the very end may be the first half of CR LF: keep it for the next chunk.
            held = b"\r" if buffer.endswith(b"\r") else b""
            buffer = buffer[: len(buffer) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        else:
            held = b""
        *lines, rest = buffer.split(b"\n")
        self._rest = rest + held
        events: list[Event] = []
        for line in lines:
            if line:
                self._field(line)
            elif self._data:
                data = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
                events.append(Event(self._event or "message", data))
                self._data, self._event = [], ""
            else:
                self._event = ""
        return events

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
        elif name == b"event":
            self._event = value.decode("utf-8", "replace")
