"""`loom run`: one prompt, streamed."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

from loom.cli.asks import answer_at_terminal
from loom.cli.render import TerminalView, ask, event_line
from loom.cli.setup import agent_from_options, session_from_options
from loom.cli.streams import read_input
from loom.errors import ConfigError
from loom.runtime import Run
from loom.threads import in_thread
from loom.types.permissions import MODES
from loom.types.runs import RunResult, RunState

ENDED = "the program was ended by"
LIMITS = {"max_iterations", "time_limit", "token_limit", "cost_limit", "cost_unknown"}
ENDS = ("SIGTERM", "SIGHUP")
STOPS = ("SIGINT", *ENDS)
"""The signals that end a run, not the program at once: it closes what it has open."""


async def run_once(options: argparse.Namespace) -> int:
    """Make the agent, run the prompt, show it; returns the exit code."""
    if (options.prompt is None) == (options.resume is None):
        raise ConfigError(
            "Give a prompt (- reads it from standard input), or --resume with a session whose run was interrupted"
        )
    prompt = read_input() if options.prompt == "-" else options.prompt
    if prompt is not None and not prompt.strip():
        raise ConfigError("The prompt is empty: say what is to be done")
    agent = await in_thread(agent_from_options, options)
    try:
        session = await in_thread(session_from_options, agent, options.resume or options.session)
        await session.load()
        session.mode = MODES[options.mode]
        is_attended = sys.stdin.isatty() and not options.json
        handle = agent.attach_approver() if is_attended else None
        answering = answer_at_terminal(agent.servers.pool.desk) if is_attended and agent.servers else None
        run = session.start(prompt) if prompt is not None else session.resume()
        result = await follow(run, as_json=options.json)
        if handle is not None:
            handle.detach()
        if answering is not None:
            await answering()
        return exit_code(result)
    finally:
        await agent.aclose()


async def follow(run: Run, *, as_json: bool = False) -> RunResult:
    """Show a run's events until it ends; Ctrl+C cancels it, and so does what ends the program or its terminal."""
    view = TerminalView()
    with heard(STOPS, lambda name: run.cancel("Ctrl+C" if name == "SIGINT" else f"{ENDED} {name}")):
        async for event in run.events():
            if as_json:
                print(event_line(event), flush=True)
            else:
                view.show(event)
            if event.type == "tool.approval_requested" and not as_json:
                decision = await in_thread(ask, event.payload, lambda: run.state.is_final)
                if not run.state.is_final:
                    run.decide(event.payload["request_id"], decision)
        return await run.wait()


@contextmanager
def heard(names: Sequence[str], act: Callable[[str], object]) -> Generator[None]:
    """Meanwhile signals of these names make `act` be called with their name, where a loop can hear of signals."""
    loop = asyncio.get_running_loop()
    numbers = [getattr(signal, name) for name in names] if sys.platform != "win32" else []
    for number in numbers:
        loop.add_signal_handler(number, act, number.name)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


def is_ended(result: RunResult) -> bool:
    """True if the whole program was to end, not the run alone."""
    return result.state is RunState.CANCELLED and result.events[-1].payload["reason"].startswith(ENDED)


def exit_code(result: RunResult) -> int:
    """0 completed, 1 failed, 3 a limit ended it, 130 cancelled."""
    if result.state is RunState.COMPLETED:
        return 0
    if result.state is RunState.CANCELLED:
        return 130
    return 3 if result.reason in LIMITS else 1
