"""A harness run in a process of its own, to be killed: `python -m tests.support.harness_child FOLDER ID [DATABASE]`.

Generator and evaluator write a line into `done.txt` for each piece of work they do, before they answer.
"""

import asyncio
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from loom.errors import SessionInUseError
from loom.memory.sqlite_store import SQLiteStore
from loom.orchestration import AgentHarness, DurableEngine, LogEngine, SubAgentResult
from loom.threads import in_thread
from loom.types.results import HarnessResult

FOLDER, RUN_ID, DATABASE = Path(sys.argv[1]), sys.argv[2], "".join(sys.argv[3:])
LEASE_S = 1.5
SPRINTS = 4


def note(line: str) -> None:
    with (FOLDER / "done.txt").open("a") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())


class Worker:
    def __init__(self, name: str) -> None:
        self.name = name

    async def spawn(self, goal: str, depth: int = 0, inherit_context: bool = True) -> SubAgentResult:
        del inherit_context
        is_verdict = "<work>" in goal
        sprint = goal.split("This is sprint ")[1].split(".")[0] if "This is sprint " in goal else "1"
        await asyncio.sleep(0.01)
        if self.name == "generator":
            text = f"draft {sprint}"
        elif is_verdict:
            text = "PASS" if f"draft {SPRINTS}" in goal else "FAIL\n1. FAIL: not yet"
        else:
            text = "It is good"
        await asyncio.to_thread(note, f"{self.name} {text.splitlines()[0]}")
        return SubAgentResult(True, text, depth + 1)


async def work(engine: DurableEngine) -> HarnessResult:
    harness = AgentHarness(Worker("generator"), Worker("evaluator"), max_sprints=9, engine=engine)
    while True:
        try:
            known = await engine.run(RUN_ID)
            return await (harness.run("Write it", RUN_ID) if known is None else harness.resume(RUN_ID))
        except SessionInUseError:
            await asyncio.sleep(0.1)  # one that was killed is believed for a while


async def main() -> None:
    if DATABASE:
        from loom.orchestration.dbos_engine import DbosEngine

        engine = await in_thread(DbosEngine, DATABASE, lease_s=LEASE_S)
        result = await work(engine)
        await engine.aclose()
    else:
        store = SQLiteStore(FOLDER / "harness.db")
        result = await work(LogEngine(store))
        store.close()
    sys.stdout.write(json.dumps(asdict(result)))


if __name__ == "__main__":
    asyncio.run(main())
