"""Another program on the same store: `python -m tests.support.other_process FILE SESSION [PROMPT]`.

Says `ready` once its run has begun, waits for a line, and ends the run; without a prompt it only reads and says so.
"""

import asyncio
import sys

from loom import AgentConfig, ModelRef, SessionConfig, create_agent
from loom.config import MemoryBackend, MemoryConfig
from loom.errors import LoomError


async def main(path: str, session_id: str, prompt: str) -> int:
    ref = ModelRef.scripted([{"text": "from the other process", "delay_s": 0.05}] * 50)
    agent = create_agent(AgentConfig(model=ref, memory=MemoryConfig(backend=MemoryBackend.sqlite(path))))
    session = agent.session(SessionConfig(id=session_id))
    await session.load()
    print("read-only" if session.is_read_only else "owner", len(session.history), flush=True)
    try:
        while prompt:
            result = await session.run(prompt)
            print(result.state.value, result.error["message"] if result.error else result.output, flush=True)
            prompt = (await asyncio.to_thread(sys.stdin.readline)).strip()
    except LoomError as error:
        print("refused", error, flush=True)
    await agent.aclose()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:4])))
