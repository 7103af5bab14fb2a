"""The floor: the same work with httpx2 and json alone."""

import asyncio
import json
import time

import httpx2

from common import CASE, N, URL, main, ping, standard

TOOLS = [{"type": "function", "function": {"name": "ping", "description": "Answer a number.", "parameters": {
    "type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}}}]


async def work():
    limits = httpx2.Limits(max_connections=200)
    async with httpx2.AsyncClient(timeout=60, limits=limits) as client:

        async def post(body):
            response = await client.post(f"{URL}/chat/completions", content=json.dumps(body).encode())
            return json.loads(response.content)["choices"][0]["message"]

        async def run_once(rounds):
            messages = [{"role": "user", "content": "Ping until done."}]
            while True:
                said = await post({"model": f"rounds-{rounds}", "messages": messages, "tools": TOOLS})
                messages.append(said)
                for call in said.get("tool_calls") or ():
                    text = ping(**json.loads(call["function"]["arguments"]))
                    messages.append({"role": "tool", "tool_call_id": call["id"], "content": text})
                if not said.get("tool_calls"):
                    return

        async def stream(model):
            began = time.perf_counter()
            first, count = None, 0
            body = json.dumps({"model": model, "messages": [{"role": "user", "content": "x"}], "stream": True})
            async with client.stream("POST", f"{URL}/chat/completions", content=body.encode()) as response:
                async for line in response.aiter_lines():
                    if line.startswith("data: {"):
                        choices = json.loads(line[6:])["choices"]
                        if choices and choices[0]["delta"].get("content"):
                            first = first or time.perf_counter() - began
                            count += 1
            return {"tokens_per_s": count / (time.perf_counter() - began), "first_ms": first * 1000, "count": count}

        if CASE == "stream":
            await stream("tokens-100-0")
            return max([await stream(f"tokens-{N}-0") for _ in range(3)], key=lambda r: r["tokens_per_s"])
        if CASE == "paced":
            await stream("tokens-10-0")
            return min([await stream(f"tokens-{N}-100") for _ in range(3)], key=lambda r: r["first_ms"])
        if CASE == "history":
            messages = [{"role": "user" if n % 2 == 0 else "assistant", "content": f"Message {n} of a long talk."} for n in range(N)]
            times = []
            for _ in range(4):
                began = time.perf_counter()
                await post({"model": "rounds-0", "messages": messages})
                times.append((time.perf_counter() - began) * 1000)
            return {"ms": min(times[1:])}
        return await standard(run_once)


main(work)
