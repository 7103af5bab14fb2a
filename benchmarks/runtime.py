"""The runtime's cost: tool rounds, long histories, streams, many sessions, tools side by side, imports."""

import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.drivers import measure, measure_peers
from benchmarks.table import Row

# What plain httpx reached on the machine where the goals were set. A slower machine gets a softer goal, in proportion.
RAW_TOKENS_PER_S = 44_000
RAW_RUNS_PER_S = 59


def scaled(goal: float, now: float | None, then: float) -> float:
    """A goal of "at least this much", for a machine on which the floor runs slower than where it was set."""
    return goal if now is None else goal * min(1.0, now / then)


def rounds(url: str, pythons: dict[str, Path], counts: dict[int, float]) -> Iterator[Row]:
    for count, share in counts.items():
        ours = measure("ours", "rounds", url, count)
        raw = measure("raw", "rounds", url, count).get("ms")
        sdk = measure("sdk", "rounds", url, count).get("ms")
        beside = {"httpx": raw, "openai SDK": sdk} | measure_peers("rounds", url, count, "ms", pythons)
        goal = None if sdk is None else sdk * share
        yield Row(
            f"a tool round over HTTP, {count} rounds", "ms", ours.get("ms"), goal,
            peers={name: value for name, value in beside.items() if value is not None},
        )  # fmt: skip
        if count >= 100:
            yield Row("last 20 rounds / first 20 rounds", "×", ours.get("last_to_first"), 1.2)


def own_cost(url: str, pythons: dict[str, Path], counts: list[int]) -> Iterator[Row]:
    scripts = {
        "loom-agent": "scripted_loom_agent",
        "langgraph": "scripted_langgraph",
        "pydantic-ai": "scripted_pydantic",
        "openai-agents": "scripted_openai_agents",
        "autogen": "scripted_autogen",
    }
    for count in counts:
        peers = {
            peer: measure(script, "scripted", url, count, pythons[peer]).get("ms")
            for peer, script in scripts.items()
            if peer in pythons
        }
        shown = {peer: value for peer, value in peers.items() if value is not None}
        ours = measure("ours", "scripted", url, count).get("ms")
        yield Row(f"own cost of a round, {count} rounds, no HTTP", "ms", ours, 0.10, peers=shown)


def history(url: str, messages: int) -> Iterator[Row]:
    ours = measure("ours", "history", url, messages)
    beside = {"httpx": measure("raw", "history", url, messages).get("ms", 0.0)}
    beside["openai SDK"] = measure("sdk", "history", url, messages).get("ms", 0.0)
    note = f"the first turn {ours['cold_ms']:.0f}" if ours else ""
    yield Row(f"one more turn on {messages:,} messages", "ms", ours.get("ms"), 15.0, peers=beside, note=note)


def streaming(url: str, tokens: int) -> Iterator[Row]:
    ours, raw, sdk = (measure(script, "stream", url, tokens) for script in ("ours", "raw", "sdk"))
    floor = raw.get("tokens_per_s")
    yield Row(
        f"streaming {tokens:,} tokens", "tokens/s", ours.get("tokens_per_s"),
        scaled(25_000, floor, RAW_TOKENS_PER_S), higher=True,
        peers={"httpx": floor or 0.0, "openai SDK": sdk.get("tokens_per_s", 0.0)},
    )  # fmt: skip
    ours, raw = (measure(script, "paced", url, 100) for script in ("ours", "raw"))
    first = raw.get("first_ms", 0.0)
    note = f"{ours['deltas']} deltas, the worst gap {ours['worst_gap_ms']:.0f} ms" if ours else ""
    peers = {"httpx": first}
    yield Row("first of 100 paced tokens", "ms", ours.get("first_ms"), first + 2.0, peers=peers, note=note)


def sessions(url: str, pythons: dict[str, Path], count: int) -> Iterator[Row]:
    ours = measure("ours", "sessions", url, count).get("runs_per_s")
    beside = {name: measure(name, "sessions", url, count).get("runs_per_s") for name in ("raw", "sdk")}
    shown = {"httpx": beside["raw"] or 0.0, "openai SDK": beside["sdk"] or 0.0}
    shown |= measure_peers("sessions", url, count, "runs_per_s", pythons)
    goal = scaled(45, beside["raw"], RAW_RUNS_PER_S)
    yield Row(f"{count} sessions at once, 5 tool rounds each", "runs/s", ours, goal, higher=True, peers=shown)


def tools_side_by_side(url: str) -> Iterator[Row]:
    for case, name in (("parallel", "async"), ("parallel_blocking", "blocking")):
        yield Row(f"ten 100 ms tools in one message, {name}", "ms", measure("ours", case, url, 10).get("ms"), 115.0)


def import_ms(statement: str) -> float:
    """Milliseconds that an import takes in a fresh Python; not a number when it fails."""
    script = f"import time; t = time.perf_counter()\n{statement}\nprint((time.perf_counter() - t) * 1000)"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    return float(ran.stdout) if ran.returncode == 0 else float("nan")


def imports(repeats: int) -> Iterator[Row]:
    statements = ("import loom", "from loom import Agent, AgentConfig, create_agent, tool", "import pydantic")
    taken: dict[str, list[float]] = {statement: [] for statement in statements}
    for _ in range(repeats):
        for statement in statements:
            taken[statement].append(import_ms(statement))
    alone, whole, pydantic = (statistics.median(taken[statement]) for statement in statements)
    yield Row("import loom", "ms", alone, 2 * pydantic, peers={"import pydantic": pydantic})
    yield Row("from loom import create_agent, …", "ms", whole, None, peers={"import pydantic": pydantic})
