"""openai-agents' own cost a round: a script instead of a model, no HTTP."""

from agents import Agent, Model, ModelResponse, Runner, Usage, function_tool, set_tracing_disabled
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputText

import common
from common import N, main, measure_rounds

set_tracing_disabled(True)
ping = function_tool(common.ping)


class Script(Model):
    def __init__(self, rounds):
        self.asked, self.rounds = 0, rounds

    async def get_response(self, *args, **kwargs):
        self.asked += 1
        if self.asked <= self.rounds:
            call = f'{{"n": {self.asked}}}'
            part = ResponseFunctionToolCall(arguments=call, call_id=str(self.asked), name="ping", type="function_call")
        else:
            said = ResponseOutputText(annotations=[], text="done", type="output_text")
            part = ResponseOutputMessage(id="m", content=[said], role="assistant", status="completed", type="message")
        return ModelResponse(output=[part], usage=Usage(), response_id=None)

    def stream_response(self, *args, **kwargs):
        raise NotImplementedError


async def work():
    async def run_once(rounds):
        agent = Agent(name="a", model=Script(rounds), tools=[ping])
        await Runner.run(agent, "Ping until done.", max_turns=rounds + 2)

    return await measure_rounds(run_once, N)


main(work)
