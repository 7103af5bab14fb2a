"""Events of a run about its tool servers."""

from __future__ import annotations

from loom.types.payload import Payload


class McpServer(Payload):
    """A tool server is not as it should be, with the reason, or is `ready` again; `changed`: what was read of it is."""

    server: str
    state: str
    detail: str = ""


class McpAsked(Payload):
    """A tool server asks the person something while its tool works: kind form, url, sampling or sign_in."""

    server: str
    ask_id: str
    kind: str
    message: str


class McpAnswered(Payload):
    """What became of a server's question: accept, decline or cancel. What was filled in is not told."""

    server: str
    ask_id: str
    kind: str
    action: str
