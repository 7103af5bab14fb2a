"""openai-agents, over chat completions."""

import openai
from agents import Agent, OpenAIChatCompletionsModel, Runner, function_tool, set_tracing_disabled

import common
from common import CASE, N, URL, main, standard

set_tracing_disabled(True)
ping = function_tool(common.ping)


async def work():
    client = openai.AsyncOpenAI(base_url=URL, api_key="x", max_retries=0)

    async def run_once(rounds):
        model = OpenAIChatCompletionsModel(model=f"rounds-{rounds}", openai_client=client)
        agent = Agent(name="a", model=model, tools=[ping])
        await Runner.run(agent, "Ping until done.", max_turns=rounds + 2)

    return await standard(run_once)


main(work)
