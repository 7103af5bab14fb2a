"""loom-agent 0.7.3, over its OpenAI provider."""

import os

from loom import AgentConfig, ModelRef, create_agent, tool
from loom.config import PolicyConfig, RuntimeConfig, RuntimeLimits, ToolPolicy, ToolRateLimitPolicy

import common
from common import URL, main, standard

os.environ["OPENAI_API_KEY"] = "x"


@tool(name="ping", description="Answer a number.", read_only=True)
async def ping(n: int) -> str:
    return common.ping(n)


async def work():
    async def run_once(rounds):
        config = AgentConfig(
            model=ModelRef.openai(f"rounds-{rounds}", api_base=URL),
            tools=[ping],
            policy=PolicyConfig(tools=ToolPolicy(rate_limits=ToolRateLimitPolicy(max_calls_per_minute=1_000_000))),
            # It counts the four phases of a round as four iterations.
            runtime=RuntimeConfig(limits=RuntimeLimits(max_iterations=rounds * 4 + 20)),
        )
        await create_agent(config).run("Ping until done.")

    return await standard(run_once)


main(work)
