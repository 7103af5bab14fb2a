"""A long run in a small window, as loom and as loom-agent 0.7.3 keep it: the largest request, and what the last holds.

The model is a server in a thread, which plants a fact, a decision and a path every ten rounds. Four bytes are a token.
"""

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import common
from common import N, main

os.environ["OPENAI_API_KEY"] = "x"
if common.CASE == "ours":
    import sys
    from pathlib import Path

    sys.path.append(str(Path(__file__).parent.parent.parent))

from loom import AgentConfig, ModelRef, create_agent, tool
from loom.config import PolicyConfig, RuntimeConfig, RuntimeLimits, ToolPolicy, ToolRateLimitPolicy

WINDOW = 8_000
PLANT_EVERY = 10
ROWS = "\n".join(f"row {k}: nothing of note here, all is as it was" for k in range(18))
REQUESTS = []


def planted(n):
    return [
        f"Fact {n}: tenant {n * 37 + 11} has {n * 13 + 5} open invoices.",
        f"We decided to keep column c{n * 7 + 3} for audits.",
        f"src/billing/part_{n * 3}/job_{n}.py",
    ]


def turn(n):
    """What the model says in round `n`: a finding now and then, and a call; in the end that it is done."""
    if n >= N:
        return {"role": "assistant", "content": "All is done."}, "stop"
    said = "\n".join(planted(n)) if n % PLANT_EVERY == 0 else f"Round {n}: I look further."
    function = {"name": "look", "arguments": json.dumps({"n": n})}
    call = {"id": f"call_{n}", "type": "function", "index": 0, "function": function}
    return {"role": "assistant", "content": said, "tool_calls": [call]}, "tool_calls"


class Model(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        said, reason = turn(len(REQUESTS))
        REQUESTS.append(body)
        counted = len(body) // 4
        usage = {"prompt_tokens": counted, "completion_tokens": 40, "total_tokens": counted + 40}
        about = {"id": "c", "created": 1, "model": "m"}
        if json.loads(body).get("stream"):
            about["object"] = "chat.completion.chunk"
            parts = [{"choices": [{"index": 0, "delta": said, "finish_reason": None}]}]
            parts += [{"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}, {"choices": [], "usage": usage}]
            told = "".join(f"data: {json.dumps({**about, **part})}\n\n" for part in parts) + "data: [DONE]\n\n"
            kind = "text/event-stream"
        else:
            choice = {"index": 0, "message": said, "finish_reason": reason}
            told = json.dumps({**about, "object": "chat.completion", "choices": [choice], "usage": usage})
            kind = "application/json"
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(told.encode())))
        self.end_headers()
        self.wfile.write(told.encode())

    def log_message(self, *_):
        """Say nothing."""


@tool(name="look", description="Look at something.", read_only=True)
async def look(n: int) -> str:
    return f"listing {n}\n{ROWS}"


async def work():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    config = AgentConfig(
        model=ModelRef.openai("m", api_base=f"http://127.0.0.1:{server.server_port}/v1"),
        tools=[look],
        policy=PolicyConfig(tools=ToolPolicy(rate_limits=ToolRateLimitPolicy(max_calls_per_minute=1_000_000))),
        # 0.7.3 counts the four phases of a round as four iterations.
        runtime=RuntimeConfig(limits=RuntimeLimits(max_iterations=N * 4 + 20, max_context_tokens=WINDOW)),
    )
    result = await create_agent(config).run("Bring the billing service in src/billing to version 4.")
    server.shutdown()
    facts = [fact for n in range(0, N, PLANT_EVERY) for fact in planted(n)]
    last = REQUESTS[-1].decode()
    return {
        "rounds": len(REQUESTS) - 1,
        "largest_tokens": max(map(len, REQUESTS)) // 4,
        "kept_percent": 100 * sum(fact in last for fact in facts) / len(facts),
        "state": str(result.state.value),
    }


main(work)
