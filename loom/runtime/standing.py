"""What a run says of its tool servers: those that are not ready, or of which tools wait for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Standing:
    """A server that is not as it should be: its state in a word, and why in a sentence.

    The state `changed` is of one that is well, and has the addresses of what was read of it and is another since.
    """

    server: str
    state: str
    detail: str = ""

    def to_payload(self) -> dict[str, Any]:
        """The fields, as the event `mcp.server` carries them."""
        return {"server": self.server, "state": self.state, "detail": self.detail}

    def for_model(self) -> str:
        """What the model is told: of a server that is ready, nothing, since its tools say that themselves."""
        if self.state == "ready":
            return ""
        if self.state == "changed":
            return (
                f"The tool server {self.server!r} says that {self.detail} changed since it was read: "
                "read it again before you rely on it"
            )
        return f"The tool server {self.server!r} is {self.state}{f': {self.detail}' if self.detail else ''}"


class ToolServers(Protocol):
    """An agent's tool servers, as a run sees them: below what knows how they are spoken to."""

    async def prepare(self) -> None:
        """Use what is configured now, and wait a little for what is being connected."""
        ...

    def standing(self) -> list[Standing]:
        """The servers that are not as they should be."""
        ...

    def instructions(self) -> str:
        """What the person wants the model to be told of them."""
        ...

    async def aclose(self) -> None:
        """End their use."""
        ...


def told_model(standing: Sequence[Standing]) -> list[str]:
    """What the model is told of all of them."""
    return [told for each in standing if (told := each.for_model())]


def news(before: Sequence[Standing], now: Sequence[Standing]) -> list[Standing]:
    """What is said now that was not said before; a server that is as it should be again is `ready`."""
    named = {each.server for each in now}
    again = [Standing(each.server, "ready") for each in before if each.server not in named]
    return [*(each for each in now if each not in before), *again]
