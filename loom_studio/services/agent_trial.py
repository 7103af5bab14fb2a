"""Trying an agent out while it is edited: one run in a folder of its own, of which nothing stays."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from loom.config.agent import AgentConfig
from loom.errors import LoomError
from loom.threads import in_thread
from loom_studio.runtime_words import said, said_of
from loom_studio.services.keys import Keys
from loom_studio.texts import tr

if TYPE_CHECKING:
    from loom.safety.profile import Profile
    from loom.types.events import RunEvent


@dataclass(frozen=True, slots=True)
class TrialLine:
    """A step of the trial: what kind of line it is (text, tool, end, error), and what it says."""

    kind: str
    text: str


async def try_agent(
    config: AgentConfig, prompt: str, keys: Keys, profile: Profile | None = None
) -> AsyncGenerator[TrialLine, None]:
    """What the agent does with a prompt, in an empty folder, with the person's rules and nobody to ask.

    It watches nothing and remembers nothing. A failure is the last line, not an exception.
    """
    from loom.agent import create_agent

    async with _scratch() as folder:
        try:
            agent = create_agent(
                replace(config, heartbeat=None, memory=None),
                workspace=folder,
                environment=keys.environment,
                profile=profile,
            )
        except LoomError as error:
            yield TrialLine("error", said_of(error))
            return
        try:
            async with aclosing(cast("AsyncGenerator[RunEvent, None]", agent.stream(prompt))) as events:
                async for event in events:
                    line = _line(event)
                    if line is not None:
                        yield line
        except LoomError as error:
            yield TrialLine("error", said_of(error))
        finally:
            await agent.aclose()


def _line(event: RunEvent) -> TrialLine | None:
    payload = event.payload
    match event.type:
        case "text.delta":
            return TrialLine("text", payload["text"])
        case "tool.started":
            return TrialLine("tool", tr("Runs {tool}", tool=payload["tool"]))
        case "tool.vetoed":
            return TrialLine("tool", payload["message"])
        case "run.failed":
            return TrialLine("error", said(payload["message"]))
        case "run.completed":
            return TrialLine("end", "")
        case _:
            return None


@asynccontextmanager
async def _scratch() -> AsyncGenerator[Path, None]:
    folder = await in_thread(tempfile.TemporaryDirectory, prefix="loom-trial-")
    try:
        yield Path(folder.name)
    finally:
        await in_thread(folder.cleanup)
