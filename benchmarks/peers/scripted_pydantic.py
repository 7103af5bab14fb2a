"""pydantic-ai's own cost a round: a function instead of a model, no HTTP."""

from pydantic_ai import Agent
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import FunctionModel
from pydantic_ai.usage import UsageLimits

import common
from common import N, main, measure_rounds


async def work():
    async def run_once(rounds):
        asked = 0

        def model(messages, info):
            nonlocal asked
            asked += 1
            part = ToolCallPart("ping", {"n": asked}) if asked <= rounds else TextPart("done")
            return ModelResponse(parts=[part])

        agent = Agent(FunctionModel(model), tools=[common.ping])
        await agent.run("Ping until done.", usage_limits=UsageLimits(request_limit=None))

    return await measure_rounds(run_once, N)


main(work)
