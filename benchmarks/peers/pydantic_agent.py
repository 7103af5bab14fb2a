"""pydantic-ai, over its OpenAI chat model."""

import openai
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.usage import UsageLimits

import common
from common import URL, main, standard


async def work():
    client = openai.AsyncOpenAI(base_url=URL, api_key="x", max_retries=0)
    provider = OpenAIProvider(openai_client=client)

    async def run_once(rounds):
        agent = Agent(OpenAIChatModel(f"rounds-{rounds}", provider=provider), tools=[common.ping])
        await agent.run("Ping until done.", usage_limits=UsageLimits(request_limit=None))

    return await standard(run_once)


main(work)
