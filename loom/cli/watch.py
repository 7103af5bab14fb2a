"""`loom watch`: an agent's watches without a run, each event that is worth telling as a line."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path

from loom.config.heartbeat import HeartbeatConfig, WatchConfig
from loom.config.loading import load_agent
from loom.errors import ConfigError
from loom.heartbeat.heartbeat import Heartbeat, Listener, PendingEvent
from loom.threads import in_thread


async def watch(options: argparse.Namespace) -> int:
    """Watch until Ctrl+C; what can't be watched fully is said on standard error. Returns the exit code."""
    workspace = await in_thread(Path(options.workspace).resolve)
    heartbeat = Heartbeat(await in_thread(_configured, options.agent), workspace)
    ended = asyncio.Event()
    heartbeat.listen(Listener(on_event=lambda pending: print(_line(pending, as_json=options.json), flush=True)))
    loop = asyncio.get_running_loop()
    if sys.platform != "win32":
        loop.add_signal_handler(signal.SIGINT, ended.set)
        loop.add_signal_handler(signal.SIGTERM, ended.set)
    try:
        heartbeat.start()
        await heartbeat.ready()
        for name, health in heartbeat.health().items():
            print(f"{name}: {health.why or health.state}", file=sys.stderr, flush=True)
        await ended.wait()
    finally:
        await heartbeat.aclose()
        if sys.platform != "win32":
            loop.remove_signal_handler(signal.SIGINT)
            loop.remove_signal_handler(signal.SIGTERM)
    return 0


def _configured(file: str | None) -> HeartbeatConfig:
    """What the agent file says, or the files of the workspace. Raises ConfigError."""
    if file is None:
        return HeartbeatConfig(watch_sources=[WatchConfig.filesystem(paths=["."])])
    config = load_agent(file).heartbeat
    if config is None:
        raise ConfigError(f"{file} configures no heartbeat")
    return config


def _line(pending: PendingEvent, *, as_json: bool) -> str:
    event = pending.event
    if as_json:
        return json.dumps({**event.to_payload(), "action": pending.action}, ensure_ascii=False, default=str)
    return f"{event.urgency:8} {event.source:10} {event.summary}"
