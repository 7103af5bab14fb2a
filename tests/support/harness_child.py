"""A harness run in a process of its own, to be killed: `python -m tests.support.harness_child FOLDER RUN_ID`.

Generator and evaluator write a line into `done.txt` for each piece of work they do, before they answer.
"""

import asyncio
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from loom.memory.sqlite_store import SQLiteStore
from loom.orchestration import AgentHarness, LogEngine, SubAgentResult

FOLDER, RUN_ID = Path(sys.argv[1]), sys.argv[2]
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


async def main() -> None:
    store = SQLiteStore(FOLDER / "harness.db")
    harness = AgentHarness(Worker("generator"), Worker("evaluator"), max_sprints=9, engine=LogEngine(store))
    known = {each.id for each in await harness.engine.runs()} if harness.engine else set()
    result = await (harness.resume(RUN_ID) if RUN_ID in known else harness.run("Write it", RUN_ID))
    sys.stdout.write(json.dumps(asdict(result)))
    store.close()


if __name__ == "__main__":
    asyncio.run(main())
