"""The openai SDK by hand: its typed request and its typed stream."""

import json
import time

import openai

from common import CASE, N, URL, main, ping, standard

TOOLS = [{"type": "function", "function": {"name": "ping", "description": "Answer a number.", "parameters": {
    "type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}}}]


async def work():
    client = openai.AsyncOpenAI(base_url=URL, api_key="x", max_retries=0)

    async def run_once(rounds):
        messages = [{"role": "user", "content": "Ping until done."}]
        while True:
            answer = await client.chat.completions.create(model=f"rounds-{rounds}", messages=messages, tools=TOOLS)
            said = answer.choices[0].message
            messages.append(said.model_dump(exclude_none=True))
            for call in said.tool_calls or ():
                text = ping(**json.loads(call.function.arguments))
                messages.append({"role": "tool", "tool_call_id": call.id, "content": text})
            if not said.tool_calls:
                return

    async def stream(model):
        began, first, count = time.perf_counter(), None, 0
        async for chunk in await client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": "x"}], stream=True
        ):
            if chunk.choices and chunk.choices[0].delta.content:
                first = first or time.perf_counter() - began
                count += 1
        return {"tokens_per_s": count / (time.perf_counter() - began), "first_ms": first * 1000}

    if CASE == "stream":
        await stream("tokens-100-0")
        return await stream(f"tokens-{N}-0")
    if CASE == "paced":
        await stream("tokens-10-0")
        return await stream(f"tokens-{N}-100")
    if CASE == "history":
        messages = [{"role": "user" if n % 2 == 0 else "assistant", "content": f"Message {n} of a long talk."} for n in range(N)]
        times = []
        for _ in range(3):
            began = time.perf_counter()
            await client.chat.completions.create(model="rounds-0", messages=messages)
            times.append((time.perf_counter() - began) * 1000)
        return {"ms": min(times)}
    return await standard(run_once)


main(work)
