"""langgraph's own cost a round: a scripted chat model, no HTTP."""

import warnings

warnings.simplefilter("ignore")

from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langgraph.prebuilt import create_react_agent

import common
from common import N, main, measure_rounds


class Scripted(GenericFakeChatModel):
    def bind_tools(self, tools, **kwargs):
        return self


def turns(rounds):
    for number in range(rounds):
        yield AIMessage("", tool_calls=[{"id": f"call_{number}", "name": "ping", "args": {"n": number}}])
    yield AIMessage("done")


async def work():
    async def run_once(rounds):
        agent = create_react_agent(Scripted(messages=turns(rounds)), [common.ping])
        await agent.ainvoke({"messages": [("user", "Ping until done.")]}, {"recursion_limit": rounds * 2 + 5})

    return await measure_rounds(run_once, N)


main(work)
