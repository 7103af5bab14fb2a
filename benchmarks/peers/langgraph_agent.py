"""langgraph's prebuilt agent, with langchain-openai."""

import warnings

warnings.simplefilter("ignore")

from langchain_openai import ChatOpenAI
from langgraph.prebuilt import create_react_agent

import common
from common import URL, main, standard


async def work():
    async def run_once(rounds):
        model = ChatOpenAI(model=f"rounds-{rounds}", base_url=URL, api_key="x", max_retries=0)
        agent = create_react_agent(model, [common.ping])
        await agent.ainvoke({"messages": [("user", "Ping until done.")]}, {"recursion_limit": rounds * 2 + 5})

    return await standard(run_once)


main(work)
