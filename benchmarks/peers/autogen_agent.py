"""autogen's assistant agent, over its OpenAI client."""

import logging

logging.disable(logging.CRITICAL)

from autogen_agentchat.agents import AssistantAgent
from autogen_ext.models.openai import OpenAIChatCompletionClient

import common
from common import URL, main, standard

INFO = {"vision": False, "function_calling": True, "json_output": False, "family": "unknown", "structured_output": False}


async def ping(n: int) -> str:
    """Answer a number."""
    return common.ping(n)


async def work():
    async def run_once(rounds):
        client = OpenAIChatCompletionClient(model=f"rounds-{rounds}", base_url=URL, api_key="x", model_info=INFO)
        agent = AssistantAgent("a", client, tools=[ping], max_tool_iterations=rounds + 1)
        await agent.run(task="Ping until done.")

    return await standard(run_once)


main(work)
