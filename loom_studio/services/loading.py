"""What a window is shown without, imported when it is wanted: what a run needs, tabs, dialogs, pages.

Whatever has classes of Qt's is imported on the loop. Each such class adds to a table of PySide's which Qt reads there
without Python's lock (before Python 3.12): added from a thread, it ended the program, seldom and anywhere, most where a
screen reader walks over the window meanwhile. What takes its time is not Qt's, and comes before, in a thread.
"""

import asyncio
import importlib
from collections.abc import Sequence

from loom.threads import in_thread

RUNTIME = (
    *("loom.agent", "loom.ecosystem.agent_side", "loom.evolution.recorder", "loom.heartbeat.telling"),
    *("loom.runtime.tool_search", "loom.runtime.memory_tools", "loom.runtime.checkpoints", "pathspec"),
)
"""All that the first agents and sessions import by themselves."""
FIRST_ROW = "loom_studio.widgets.block_document"


async def load(modules: Sequence[str], needs: Sequence[str] = ()) -> None:
    """Import modules of ours one by one on the loop, and before that, in a thread, what they need of others."""
    for name in needs:
        await in_thread(importlib.import_module, name)
    for name in modules:
        importlib.import_module(name)
        await asyncio.sleep(0)


async def load_runtime() -> None:
    """Import what a run needs, off the loop; the first time takes a third of a second."""
    await in_thread(_load)
    await load([FIRST_ROW])


def _load() -> None:
    for name in RUNTIME:
        importlib.import_module(name)
    from loom.agent import create_agent
    from loom.config import AgentConfig, ModelRef

    # Made for nothing but what it leaves behind: schemas of fields and tools, which the first agent would build.
    create_agent(AgentConfig(ModelRef.scripted([])))
