"""Kills a scripted session at random moments, restarts it, and checks what was lost or done twice.

    python -m tests.support.crash_trials --trials 100 --seed 1 FOLDER

One process that has everything imported forks a child for each life of a session, so that a hundred trials take
seconds. A child plays ten tool calls, some side by side; each writes a line to a ledger when it takes effect, and the
child notes each event that it saw. It is killed with SIGKILL after a random time, restarted, and killed again, until a
life reaches the end. Prints one line of JSON a trial that went wrong, and a count.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from loom import AgentConfig, ModelRef, RunContext, SessionConfig, create_agent, tool
from loom.config import MemoryBackend, MemoryConfig
from loom.context.pairs import is_valid
from loom.memory.records import Record
from loom.memory.replay import replay
from loom.memory.sqlite_store import SQLiteStore
from loom.providers.scripted import ScriptedProvider

STEPS = [[0], [1, 2, 3], [4], [5, 6], [7], [8, 9]]
LONGEST_LIFE_S = 0.12
MOST_LIVES = 40
LONGER_AFTER = 10
"""From this life on each may be a little longer than the one before: a busy machine needs more time for the same."""


def turns_after(steps: int) -> list[Any]:
    """What the model still says when it has said so many steps."""
    turns: list[Any] = [
        {"tool_calls": [{"id": f"call-{n}", "name": "act", "arguments": {"number": n}} for n in step]} for step in STEPS
    ]
    return [*turns, "All ten are done."][steps:]


async def live(folder: Path) -> None:
    """One life: begin the session, or resume it, and go on to the end."""
    ledger = os.open(folder / "ledger", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    seen = os.open(folder / "seen", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    async def act(number: int, context: RunContext) -> str:
        """Act once."""
        await asyncio.sleep(0.001)
        os.write(ledger, f"{number} {context.idempotency_key}\n".encode())
        await asyncio.sleep(0.001)
        return f"did {number}"

    act.__annotations__ = {"number": int, "context": RunContext, "return": str}
    spec = tool(requires_permission=False, concurrency_safe=True)(act)
    store = SQLiteStore(folder / "loom.db")
    said = sum(1 for m in replay(store.records("s")).history if m.role == "assistant")
    ref = ModelRef.scripted(turns_after(said))
    memory = MemoryConfig(backend=MemoryBackend.in_memory())
    agent = create_agent(
        AgentConfig(model=ref, tools=[spec], memory=memory), provider=ScriptedProvider(ref), store=store
    )
    session = agent.session(SessionConfig(id="s"))
    await session.load()
    if session.open_run is not None:
        run = session.resume()
    elif session.history:
        return
    else:
        run = session.start("Do all ten.")
    async for event in run.events():
        if event.n:
            os.write(seen, f"{event.n} {event.type}\n".encode())
    await agent.aclose()
    store.close()


def trial(folder: Path, rng: random.Random) -> list[str]:
    """One session through as many lives as it takes; returns what was wrong."""
    faults: list[str] = []
    for life in range(MOST_LIVES):
        child = os.fork()
        if child == 0:
            try:
                asyncio.run(live(folder))
                os._exit(0)
            except BaseException as error:  # noqa: BLE001  told to the parent, whatever it is
                os.write(2, f"child: {error!r}\n".encode())
                os._exit(1)
        longest_s = LONGEST_LIFE_S * 1.15 ** max(0, life - LONGER_AFTER)
        status = _end_of(child, rng.uniform(0.0, longest_s))
        if status is not None:
            faults += [f"life {life} ended with {status}"] if status else []
            break
        faults += check(folder, is_over=False)
        if faults:
            return faults
    else:
        return [f"not over after {MOST_LIVES} lives"]
    return faults + check(folder, is_over=True)


def _end_of(child: int, life_s: float) -> int | None:
    """Let a child live so long, then kill it; its status if it had ended by itself, else None."""
    until = time.monotonic() + life_s
    while time.monotonic() < until:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return status
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def check(folder: Path, *, is_over: bool) -> list[str]:
    """Hold the log against the ledger and against what was seen."""
    if not (folder / "loom.db").exists():
        return []
    store = SQLiteStore(folder / "loom.db")
    records = store.records("s")
    store.close()
    faults = [f"record {r.n} has no place" for place, r in enumerate(records, 1) if r.n != place]
    at = {r.n: r.type for r in records}
    for line in _lines(folder / "seen"):
        n, kind = line.split()
        if at.get(int(n)) != kind:
            faults.append(f"seen and lost: {line}")
    started = Counter(r.data["call_id"] for r in records if r.type == "tool.started")
    unknown = Counter(r.data["call_id"] for r in records if r.type == "tool.unknown")
    done = Counter("call-" + line.split()[0] for line in _lines(folder / "ledger"))
    for call, count in done.items():
        if count > 1:
            faults.append(f"{call} took effect {count} times")
        if not started[call]:
            faults.append(f"{call} took effect, but the log has no start of it")
    faults += [f"{call} is unknown {count} times" for call, count in unknown.items() if count > 1]
    completed = {r.data["call_id"] for r in records if r.type == "tool.completed"}
    faults += [f"{call} completed without effect" for call in completed if not done[call]]
    return faults + (_check_end(records, completed | set(unknown)) if is_over else [])


def _check_end(records: list[Record], settled: set[str]) -> list[str]:
    history = replay(records).history
    missing = {f"call-{n}" for n in range(10)} - settled
    faults = [f"{call} neither completed nor is unknown" for call in sorted(missing)]
    if not is_valid(history):
        faults.append("the history is not valid")
    if sum(1 for m in history if m.role == "tool") != 10:
        faults.append("not every call has its result")
    if records[-1].type != "run.completed":
        faults.append(f"the last record is {records[-1].type}")
    return faults


def _lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


def main() -> int:
    """Run the trials; the exit code says whether all went well."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    wrong = 0
    warm = options.folder / "warm"
    warm.mkdir()
    asyncio.run(live(warm))  # what is built once is built here, and not in each life
    for number in range(options.trials):
        folder = options.folder / str(number)
        folder.mkdir()
        faults = trial(folder, random.Random(f"{options.seed} {number}"))  # noqa: S311  repeatable, not secret
        if faults:
            wrong += 1
            print(json.dumps({"trial": number, "seed": options.seed, "faults": faults}))
    print(f"{options.trials} trials, {wrong} went wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
