"""The pool is made, with all that it needs, before a request is made over it, and outlives its loop by nothing."""

import subprocess
import sys

PROBE = """
import asyncio, sys, threading

class Imports:
    names = []

    def find_spec(self, name, path=None, target=None):
        if threading.current_thread() is threading.main_thread():
            self.names.append(name)

async def main():
    from loom.providers.pool import borrow_client, close_pool
    client = await borrow_client()
    import httpx2
    told = Imports()
    sys.meta_path.insert(0, told)
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with client.stream("POST", f"http://127.0.0.1:{port}/", content=b"{}") as response:
        assert await response.aread() == b"ok"
    try:
        await client.get("http://127.0.0.1:9/")
    except httpx2.ConnectError:
        pass
    await close_pool()
    server.close()
    print(told.names)

async def answer(reader, writer):
    await reader.readuntil(b"\\r\\n\\r\\n")
    writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\nok")
    writer.close()

asyncio.run(main())
"""

LOOPS = """
import asyncio, gc, weakref
from loom import AgentConfig, ModelRef, create_agent
from tests.support import wire_openai
from tests.support.wire_server import WireServer

loops = []

async def ask():
    loops.append(weakref.ref(asyncio.get_running_loop()))
    async with WireServer(wire_openai.text("hi")) as server:
        agent = create_agent(AgentConfig(model=ModelRef.openai("m", api_base=server.url)), environment={})
        assert (await agent.run("hello")).output == "hi"

for _ in range(4):  # none of them closes its agent
    asyncio.run(ask())
gc.collect()
print(sum(each() is not None for each in loops))
"""


def test_the_first_request_imports_nothing_on_the_loop() -> None:
    """What is imported when it is first used is used in the thread that makes the pool: a window would stand still."""
    ran = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=False, timeout=150)
    assert ran.stdout == "[]\n", ran.stdout + ran.stderr


def test_loops_in_turn_leave_nothing_of_those_before() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-X", "dev", "-c", LOOPS],
        capture_output=True,
        text=True,
        timeout=150,
        check=True,
    )
    assert int(done.stdout) <= 1, done.stderr
