"""autogen's own cost a round: its replaying client instead of a model, no HTTP."""

import logging

logging.disable(logging.CRITICAL)

from autogen_agentchat.agents import AssistantAgent
from autogen_core import FunctionCall
from autogen_core.models import CreateResult, RequestUsage
from autogen_ext.models.replay import ReplayChatCompletionClient

import common
from common import N, main, measure_rounds

INFO = {"vision": False, "function_calling": True, "json_output": False, "family": "unknown", "structured_output": False}


async def ping(n: int) -> str:
    """Answer a number."""
    return common.ping(n)


def turn(number):
    call = FunctionCall(id=str(number), name="ping", arguments=f'{{"n": {number}}}')
    usage = RequestUsage(prompt_tokens=0, completion_tokens=0)
    return CreateResult(finish_reason="function_calls", content=[call], usage=usage, cached=False)


async def work():
    async def run_once(rounds):
        client = ReplayChatCompletionClient([*map(turn, range(rounds)), "done"], model_info=INFO)
        agent = AssistantAgent("a", client, tools=[ping], max_tool_iterations=rounds + 1)
        await agent.run(task="Ping until done.")

    return await measure_rounds(run_once, N)


main(work)
