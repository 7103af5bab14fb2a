"""What a run needs, imported and made off the loop once the window is shown."""

import importlib

from loom.threads import in_thread

RUNTIME = (
    *("loom.agent", "loom.ecosystem.agent_side", "loom.evolution.recorder", "loom.heartbeat.telling"),
    *("loom.runtime.tool_search", "loom_studio.widgets.block_document"),
)
"""All that the first agent and its first row import by themselves."""


async def load_runtime() -> None:
    """Import what a run needs, off the loop; the first time takes a third of a second."""
    await in_thread(_load)


def _load() -> None:
    for name in RUNTIME:
        importlib.import_module(name)
    from loom.agent import create_agent
    from loom.config import AgentConfig, ModelRef

    # Made for nothing but what it leaves behind: schemas of fields and tools, which the first agent would build.
    create_agent(AgentConfig(ModelRef.scripted([])))
