"""What keeping a context inside its window costs: a step of a long conversation, and one compression of a megabyte."""

import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.drivers import measure
from benchmarks.table import Row

MESSAGES = 10_000
STEPS = 50
ANSWERS = 5
ROUNDS = 200
WINDOW = 8_000


def history(messages: int, chars: int) -> list:
    from loom.types.messages import Message, ToolCall

    made = [Message("user", "Find out why the checkout fails.")]
    for n in range((messages - 1) // 2):
        made.append(Message("assistant", f"I read part {n}.", [ToolCall(f"c{n}", "read", {"path": f"src/{n}.py"})]))
        made.append(
            Message("tool", f"{n}: some line of output, as tools give it\n" * (chars // 42), [], f"c{n}", "read")
        )
    return made


def keeper(messages: list, window: int):
    from loom import AgentConfig, ModelRef, create_agent
    from loom.config import RuntimeConfig, RuntimeLimits

    limits = RuntimeConfig(limits=RuntimeLimits(max_context_tokens=window))
    return create_agent(AgentConfig(model=ModelRef.scripted([]), runtime=limits)).session(history=messages)


def step_ms(messages: int) -> float:
    """Milliseconds of context work in a step: count what is new, compile, take the provider's count, tell it."""
    from loom.context.working import Dashboard
    from loom.types.messages import Message
    from loom.types.runs import Usage

    session = keeper(history(messages, 420), 100_000_000)
    context, said = session.context, session.history
    taken: list[float] = []
    for n in range(STEPS):
        said.append(Message("user", f"And then, in part {n}? " * 20))
        began = time.perf_counter()
        context.manager.should_compress()
        context.compile(n, Dashboard())
        said.append(Message("assistant", f"Nothing in part {n}. " * 20))
        context.count(Usage(100_000 + 300 * n, 100))
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def compression_ms(level: str) -> float:
    """Milliseconds to compress a megabyte of messages that nobody counted before; the best of a few."""
    from loom.context.window import ContextManager

    taken: list[float] = []
    for _ in range(ANSWERS):
        manager = ContextManager(200_000, history=history(401, 5_250))
        began = time.perf_counter()
        manager.compress(level)
        taken.append((time.perf_counter() - began) * 1000)
    return min(taken)


def planted(pythons: dict[str, Path]) -> Iterator[Row]:
    """Two hundred rounds in a window of 8,000 tokens, beside loom-agent 0.7.3: the largest, what the last has."""
    ours = measure("planted", "ours", "", ROUNDS)
    peer = pythons.get("loom-agent")
    theirs = measure("planted", "loom-agent", "", ROUNDS, peer) if peer is not None else {}
    for field, name, unit, goal, higher in (
        ("largest_tokens", f"largest request of {ROUNDS} rounds, window {WINDOW:,}", "tokens", WINDOW, False),
        ("kept_percent", "facts in the last of these requests", "%", 90.0, True),
    ):
        beside = {"loom-agent": theirs[field]} if theirs else {}
        yield Row(name, unit, ours.get(field), goal, higher, beside)


def rows(pythons: dict[str, Path]) -> Iterator[Row]:
    yield from planted(pythons)
    flat = step_ms(MESSAGES // 10)
    note = f"{flat:.2f} at {MESSAGES // 10:,}"
    yield Row(f"context work of a step on {MESSAGES:,} messages", "ms", step_ms(MESSAGES), 2.0, note=note)
    for level in ("snip", "micro", "collapse", "auto", "reactive"):
        yield Row(f"compress 1 MB, {level}", "ms", compression_ms(level), 50.0)
