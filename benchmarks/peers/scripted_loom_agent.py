"""loom-agent 0.7.3's own cost a round: a script instead of a model, no HTTP."""

from loom import AgentConfig, ModelRef, create_agent, tool
from loom.config import PolicyConfig, RuntimeConfig, RuntimeLimits, ToolPolicy, ToolRateLimitPolicy
from loom.providers.base import CompletionResponse, LLMProvider
from loom.types import ToolCall

import common
from common import N, main, measure_rounds


@tool(name="ping", description="Answer a number.", read_only=True)
async def ping(n: int) -> str:
    return common.ping(n)


class Script(LLMProvider):
    def __init__(self, rounds):
        super().__init__()
        self.asked, self.rounds = 0, rounds

    async def _complete(self, messages, params=None):
        return (await self._complete_response(messages, params)).content

    async def _complete_response(self, messages, params=None):
        self.asked += 1
        if self.asked > self.rounds:
            return CompletionResponse(content="done")
        return CompletionResponse(tool_calls=[ToolCall(str(self.asked), "ping", {"n": self.asked})])

    async def stream(self, messages, params=None):
        yield await self._complete(messages, params)


async def work():
    async def run_once(rounds):
        config = AgentConfig(
            model=ModelRef.openai("script"),
            tools=[ping],
            policy=PolicyConfig(tools=ToolPolicy(rate_limits=ToolRateLimitPolicy(max_calls_per_minute=1_000_000))),
            # It counts the four phases of a round as four iterations.
            runtime=RuntimeConfig(limits=RuntimeLimits(max_iterations=rounds * 4 + 20)),
        )
        agent = create_agent(config)
        # There is no public way to give it a provider.
        agent._provider, agent._provider_resolved, agent._provider_from_resolver = Script(rounds), True, False
        await agent.run("Ping until done.")

    return await measure_rounds(run_once, N)


main(work)
