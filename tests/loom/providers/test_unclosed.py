"""A script that closes nothing leaves nothing open: its loop closes the connections when it ends."""

import subprocess
import sys

import pytest

SCRIPT = """
import asyncio, gc, sys
from loom import AgentConfig, ModelRef, create_agent
from tests.support import wire_anthropic, wire_openai
from tests.support.wire_server import WireServer

wire, ref = {{
    "openai": (wire_openai, lambda url: ModelRef.openai("m", api_base=url + "/v1", api_key_env="")),
    "anthropic": (wire_anthropic, lambda url: ModelRef.anthropic("m", api_base=url, api_key_env="")),
}}[sys.argv[1]]

async def main():
    async with WireServer(wire.text("hel", "lo"), loop=True) as server:
        agent = create_agent(AgentConfig(model=ref(server.url)))
        print((await agent.run("go")).output)
        {then}

asyncio.run(main())
gc.collect()
"""
DROPPED = "del agent; gc.collect()"
WORKING = "run = agent.session().start('again'); await asyncio.sleep(0)"
LEFT = "stream = agent.stream('again'); await anext(stream)"


@pytest.mark.parametrize("then", ["pass", DROPPED, WORKING, LEFT])
@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_an_agent_that_nobody_closed_leaves_nothing_open(wire: str, then: str) -> None:
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", SCRIPT.format(then=then), wire]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=150)
    slow = [line for line in ran.stderr.splitlines() if not line.startswith("Executing <")]
    assert (ran.stdout, slow) == ("hello\n", [])
