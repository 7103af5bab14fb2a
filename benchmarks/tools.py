"""What many tools cost before they are used: tokens of their definitions, and the time to search them."""

import time
from collections.abc import Iterator

from benchmarks.table import Row

TOOLS = 500
GOAL_TOKENS = 3_000


def rows() -> Iterator[Row]:
    """Definitions of 500 tools, all told of and searched."""
    from loom import AgentConfig, ModelRef, create_agent
    from loom.config.tools import ToolHandler, ToolParameterSpec, ToolSpec
    from loom.context.tokens import estimate_tools
    from loom.providers.base import ToolSchema
    from loom.runtime.tool_search import offer_search, search

    made = [
        ToolSpec(
            f"server{number % 10}__do_thing_{number}",
            f"Do thing number {number} with its fields, owner and dates, and say what came of it.",
            [ToolParameterSpec("query", "string", description="which things are meant")],
            handler=ToolHandler.callable(lambda **_: None),
        )
        for number in range(TOOLS)
    ]
    agent = create_agent(AgentConfig(model=ModelRef.scripted([]), tools=made))
    whole = estimate_tools([ToolSchema(tool.name, tool.description, tool.to_input_schema()) for tool in made])
    offer_search(agent.engine)
    told = estimate_tools(agent.engine.tool_schemas(after_cut=False))
    yield Row(f"{TOOLS} tools until one is used", "tokens", told, GOAL_TOKENS, note=f"{whole:,} if all were told of")
    taken: list[float] = []
    for number in range(20):
        began = time.perf_counter()
        search(made, f"do thing {number}")
        taken.append((time.perf_counter() - began) * 1000)
    yield Row(f"one search in {TOOLS} tools", "ms", min(taken), None)
