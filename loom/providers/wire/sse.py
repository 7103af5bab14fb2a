"""Server-sent events, read from bytes as they arrive (WHATWG HTML, "Server-sent events")."""

from __future__ import annotations

from typing import NamedTuple

MAX_EVENT_BYTES = 32 * 2**20
BOM = b"\xef\xbb\xbf"


class Event(NamedTuple):
    """One event: its type (`message` where none is given) and its data."""

    event: str
    data: bytes


class EventDecoder:
    """Turns chunks of bytes, cut anywhere, into whole events. Lines end with LF, CR LF or CR."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._event = ""
        self._data: list[bytes] = []
        self._data_bytes = 0
        self._is_first = True
        self._after_cr = False

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that this chunk completes. Raises ValueError for one of more than 32 MiB."""
        if self._is_first:
            chunk = self._beginning(chunk)
        if b"\r" in chunk or self._after_cr:
            chunk = self._one_line_end(chunk)
        if self._rest or self._data or self._event or not chunk.startswith((b"data:", b"event:")):
            return self._lines(chunk)
        # The common case, worth a way of its own: whole events of one data line each, with or without a type before.
        events: list[Event] = []
        *whole, rest = chunk.split(b"\n\n")
        for number, block in enumerate(whole):
            name, line = "message", block
            if block.startswith(b"event:"):
                kind, _, line = block[6:].partition(b"\n")
                name = kind.removeprefix(b" ").decode("utf-8", "replace") or name
            if b"\n" in line or not line.startswith(b"data:"):
                return events + self._lines(b"\n\n".join([*whole[number:], rest]))
            events.append(Event(name, line[6:] if line[5:6] == b" " else line[5:]))
        return events + self._lines(rest) if rest else events

    def end(self) -> list[Event]:
        """The event that the stream ended in, as far as it came: some servers leave out the last blank line."""
        return self.feed(b"\n\n")

    def _beginning(self, chunk: bytes) -> bytes:
        """The chunk without a byte order mark, which may come in pieces."""
        held = bytes(self._rest) + chunk
        self._rest.clear()
        if len(held) < len(BOM) and BOM.startswith(held):
            self._rest += held
            return b""
        self._is_first = False
        return held.removeprefix(BOM)

    def _one_line_end(self, chunk: bytes) -> bytes:
        """The chunk with LF alone. A CR ends its line at once; an LF right after it, if one comes, ends none."""
        if self._after_cr and chunk:
            chunk = chunk.removeprefix(b"\n")
            self._after_cr = False
        if chunk.endswith(b"\r"):
            self._after_cr = True
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _lines(self, chunk: bytes) -> list[Event]:
        if b"\n" not in chunk:
            self._hold(chunk)
            return []
        *lines, rest = chunk.split(b"\n")
        lines[0] = bytes(self._rest) + lines[0]
        self._rest.clear()
        self._hold(rest)
        events: list[Event] = []
        for line in lines:
            if line:
                self._field(line)
            else:
                self._dispatch(events)
        return events

    def _hold(self, rest: bytes) -> None:
        self._rest += rest
        if len(self._rest) + self._data_bytes > MAX_EVENT_BYTES:
            raise ValueError(f"an event has more than {MAX_EVENT_BYTES // 2**20} MiB")

    def _dispatch(self, events: list[Event]) -> None:
        if self._data:
            events.append(Event(self._event or "message", b"\n".join(self._data)))
        self._data, self._data_bytes, self._event = [], 0, ""

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
            self._data_bytes += len(value)
        elif name == b"event":
            self._event = value.decode("utf-8", "replace")
