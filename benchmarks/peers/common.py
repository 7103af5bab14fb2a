"""What every driver shares: the tool, the clock, and how it reports. Standard library only."""

import asyncio
import json
import statistics
import sys
import time

CASE, URL, N = sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 0
STAMPS: list[float] = []


def ping(n: int) -> str:
    """Answer a number."""
    STAMPS.append(time.perf_counter())
    return f"pong {n}"


async def measure_rounds(run_once, rounds):
    """Milliseconds a tool round, the best of three runs; and how the last 20 compare with the first 20."""
    await run_once(2)  # imports, connections, first-use caches
    await run_once(rounds)
    best = None
    for _ in range(3 if rounds <= 50 else 2):
        STAMPS.clear()
        began = time.perf_counter()
        await run_once(rounds)
        took = (time.perf_counter() - began) / (rounds + 1) * 1000
        assert len(STAMPS) == rounds, f"{len(STAMPS)} rounds instead of {rounds}"
        gaps = [(b - a) * 1000 for a, b in zip(STAMPS, STAMPS[1:], strict=False)]
        ratio = statistics.median(gaps[-20:]) / statistics.median(gaps[:20])
        if best is None or took < best["ms"]:
            best = {"ms": took, "last_to_first": ratio}
    return best


async def measure_sessions(run_once, sessions, rounds=5):
    """Runs a second, `sessions` at once, of `rounds` tool rounds each."""
    await run_once(rounds)
    began = time.perf_counter()
    await asyncio.gather(*(run_once(rounds) for _ in range(sessions)))
    return {"runs_per_s": sessions / (time.perf_counter() - began)}


async def standard(run_once):
    """Measure the cases that every peer has: rounds and sessions."""
    if CASE == "rounds":
        return await measure_rounds(run_once, N)
    if CASE == "sessions":
        return await measure_sessions(run_once, N)
    return None


def main(work):
    """Run the coroutine function `work` and print what it returns as JSON."""
    print(json.dumps(asyncio.run(work())), flush=True)
