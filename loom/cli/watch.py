"""`loom watch`: an agent's watches without a run, each event that is worth telling as a line; and its triggers."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

from loom.agent import Agent, create_agent
from loom.config.heartbeat import HeartbeatConfig, TriggerConfig, WatchConfig
from loom.config.loading import load_agent
from loom.ecosystem.mcp.pool import ServerPool
from loom.errors import ConfigError
from loom.heartbeat.events import HeartbeatEvent
from loom.heartbeat.heartbeat import Heartbeat, Listener, PendingEvent
from loom.heartbeat.telling import own_write
from loom.heartbeat.triggers import Fired, Triggers, cause_of
from loom.safety.profile import Profile
from loom.threads import in_thread
from loom.types.runs import RunContext


async def watch(options: argparse.Namespace) -> int:
    """Watch until Ctrl+C; what can't be watched fully is said on standard error. Returns the exit code."""
    workspace = await in_thread(Path(options.workspace).resolve)
    heartbeat = Heartbeat(await in_thread(_configured, options.agent), workspace)
    ended = asyncio.Event()
    runner = _Runner(heartbeat, options)
    triggers = Triggers(heartbeat.config.triggers, runner.start, root=str(workspace), on_fired=runner.say)
    heartbeat.listen(Listener(on_event=triggers.take))
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
        await triggers.aclose()
        await runner.servers.aclose()
        await heartbeat.aclose()
        if sys.platform != "win32":
            loop.remove_signal_handler(signal.SIGINT)
            loop.remove_signal_handler(signal.SIGTERM)
    return 0


class _Runner:
    """Runs the agents of triggers in the watched folder; without anybody to ask, what needs permission is refused."""

    def __init__(self, heartbeat: Heartbeat, options: argparse.Namespace) -> None:
        self._heartbeat = heartbeat
        self._options = options
        self._profile = Profile.default()
        self.servers = ServerPool(self._profile.folder)

    async def start(self, trigger: TriggerConfig, prompt: str, event: HeartbeatEvent) -> None:
        """Run the trigger's agent on an event, to its end; its outcome is a line. Raises LoomError."""
        agent = await in_thread(self._agent, trigger.agent or self._options.agent)
        try:
            result = await agent.run(prompt, RunContext(extensions={"cause": cause_of(trigger, event)}))
        finally:
            await agent.aclose()
        self._print(f"{result.state.value}: {result.output.strip()[:500]}", trigger.name, event)

    def say(self, fired: Fired) -> None:
        """Print what became of an event that a trigger is about."""
        self._print(fired.outcome, fired.trigger, fired.event)

    def _agent(self, file: str) -> Agent:
        # What watches is the heartbeat that is there already: the agent's own would be told of its own work.
        config = replace(load_agent(file), heartbeat=None)
        agent = create_agent(config, workspace=self._options.workspace, profile=self._profile, mcp=self.servers)
        agent.engine.gate.writing = partial(own_write, self._heartbeat)
        return agent

    def _print(self, outcome: str, trigger: str, event: HeartbeatEvent) -> None:
        if self._options.json:
            line = json.dumps({"trigger": trigger, "event_id": event.id, "outcome": outcome}, ensure_ascii=False)
        else:
            line = f"trigger  {trigger:10} {outcome}"
        print(line, flush=True)


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
