"""A server's message, read so that it costs little: whole, but with no more values than anybody can use.

A string costs next to nothing, however long; each value of an array or an object costs a microsecond or more of the
event loop, wherever it is read, so a few megabytes of brackets would stop a window for seconds.
"""

from __future__ import annotations

from mcp.types import JSONRPCMessage, jsonrpc_message_adapter

LARGE_BYTES = 64 * 2**10
"""From here on a message is looked at and read in a thread."""
MOST_VALUES = 100_000
"""The most values, in arrays and objects, that one message may have."""


class TooMuchError(ValueError):
    """A message with more values than are read. Says so."""

    def __init__(self) -> None:
        super().__init__(f"it sent an answer of more than {MOST_VALUES:,} values, which was not read")


def read_message(data: bytes) -> JSONRPCMessage:
    """The message that these bytes are. Raises TooMuchError, and another ValueError for what is none."""
    if len(data) >= LARGE_BYTES:
        count_values(data)
    return jsonrpc_message_adapter.validate_json(data, by_name=False)


def count_values(data: bytes) -> None:
    """Raises TooMuchError for JSON with more values than are read. Takes milliseconds, whatever the bytes are."""
    bare = data.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in data else data
    if bare.count(b'"') > 4 * MOST_VALUES:
        raise TooMuchError
    outside = bare.split(b'"')[::2]  # what stands between the strings
    if sum(part.count(b",") + part.count(b"[") + part.count(b"{") for part in outside) > MOST_VALUES:
        raise TooMuchError
