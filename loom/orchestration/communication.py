"""Messages between agents that ask for them when they are ready."""

from __future__ import annotations

from collections import deque

from loom.types.coordination import CoordinationEvent

KEPT = 1000


class CommunicationProtocol:
    """A box of messages for each topic; the last 1,000 of a topic are kept."""

    def __init__(self) -> None:
        self._boxes: dict[str, deque[CoordinationEvent]] = {}

    def send(self, event: CoordinationEvent) -> None:
        """Put an event into its topic's box."""
        self._boxes.setdefault(event.topic, deque(maxlen=KEPT)).append(event)

    def receive(self, topic: str) -> list[CoordinationEvent]:
        """What was sent to a topic since it was last asked for, oldest first; the box is empty then."""
        return list(self._boxes.pop(topic, ()))
