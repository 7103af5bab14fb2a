"""What the payload models of all events have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Payload(BaseModel):
    """Base of the payload models: nothing but the fields that are declared."""

    # Built on first use: only tests and tools validate payloads, and forty schemas take a tenth of a second.
    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)
