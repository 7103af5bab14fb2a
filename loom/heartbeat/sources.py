"""From what a person configured to the monitors that watch it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, TypeVar

from loom.config.heartbeat import WatchConfig, WatchKind
from loom.errors import ConfigError
from loom.heartbeat.events import HeartbeatEvent
from loom.heartbeat.filesystem import FilesystemMonitor
from loom.heartbeat.monitors import Beat, Monitor
from loom.heartbeat.network import Reach
from loom.heartbeat.own_writes import OwnWrites
from loom.heartbeat.processes import Processes
from loom.heartbeat.resources import Readings, Resources, no_readings
from loom.heartbeat.schedule import Schedule
from loom.heartbeat.signals import BusListener, Environment, SignalAdapter
from loom.heartbeat.webhook import Webhook

T = TypeVar("T")

ENTRY_POINTS = "loom.monitors"
"""The entry point group for monitors of other packages: name → function (WatchConfig, Surroundings) → Monitor."""
RESOURCE_S = PROCESS_S = SCHEDULE_S = 1.0


@dataclass(slots=True)
class Surroundings:
    """What a monitor may need to know of the agent: its folder, what it writes itself, seconds between looks."""

    workspace: Path | None = None
    own_writes: OwnWrites = field(default_factory=OwnWrites)
    interval_s: float = 5.0
    readings: Readings = field(default_factory=no_readings)


def monitors_for(config: WatchConfig, around: Surroundings) -> list[Monitor]:
    """The monitors of one configured watch; blocks. Raises ConfigError for what can't be watched as it is said."""
    match config.kind:
        case WatchKind.FILESYSTEM:
            return _files(config, around)
        case WatchKind.CUSTOM:
            return [_custom(config, around)]
        case WatchKind.SIGNAL:
            return _signals(config)
        case WatchKind.MF_EVENTS:
            return [BusListener(config.event_bus, config.topics)]
        case _:
            return [_beat(config, around)]


def _beat(config: WatchConfig, around: Surroundings) -> Beat:
    name, look, interval_s = _look(config, around)
    given = _option(config, "interval_s", (int, float), interval_s)
    return Beat(name, look, float(given))


def _look(config: WatchConfig, around: Surroundings) -> tuple[str, Callable[[], Sequence[HeartbeatEvent]], float]:
    match config.kind:
        case WatchKind.PROCESS:
            file = None if config.pid_file is None else _placed(config.pid_file, around)
            names = _option(config, "names", list, list[Any]())
            return "processes", Processes(config.watch_pids, file, names).look, PROCESS_S
        case WatchKind.RESOURCE:
            thresholds = config.thresholds.to_runtime_config() if config.thresholds is not None else {}
            folder = around.workspace or Path.cwd()
            return "resources", Resources(thresholds, folder, readings=around.readings).look, RESOURCE_S
        case WatchKind.NETWORK:
            target = _option(config, "target", str, "")
            timeout_s = _option(config, "timeout_s", (int, float), 5.0)
            reach = Reach(target, timeout_s=timeout_s, failures=_option(config, "failures", int, 2))
            return f"network {target}", reach.look, around.interval_s
        case WatchKind.SCHEDULE:
            cron, every_s = _option(config, "cron", str, ""), config.extensions.get("every_s")
            schedule = Schedule(name=_option(config, "name", str, ""), cron=cron, every_s=every_s)
            return "schedule", schedule.look, min(SCHEDULE_S, every_s or SCHEDULE_S)
        case _:
            variables = _option(config, "variables", list, list[Any]())
            programs = _option(config, "programs", list, list[Any]())
            return "environment", Environment(variables, programs).look, around.interval_s


def _files(config: WatchConfig, around: Surroundings) -> list[Monitor]:
    """One monitor for each folder; files that are named by themselves are watched in theirs."""
    folders: dict[Path, set[str]] = {}
    for given in config.paths or ["."]:
        path = _placed(given, around)
        if path.is_file():
            folders.setdefault(path.parent, set()).add(path.name)
        else:
            folders[path] = set()
    poll_s = float(_option(config, "poll_s", (int, float), 2.0))
    return [
        FilesystemMonitor(folder, only=frozenset(names), own_writes=around.own_writes, poll_s=poll_s)
        for folder, names in folders.items()
    ]


def _signals(config: WatchConfig) -> list[Monitor]:
    name, signals = _option(config, "name", str, "signal"), _option(config, "signals", list, list[Any]())
    token_env = _option(config, "webhook_token_env", str, "")
    if not token_env:
        return [SignalAdapter(name, signals)]
    token = os.environ.get(token_env, "")
    if not token:
        raise ConfigError(f"The webhook needs its token in the variable {token_env}, which is not set")
    return [SignalAdapter(name, signals), Webhook(token, _option(config, "webhook_port", int, 0))]


def _custom(config: WatchConfig, around: Surroundings) -> Monitor:
    name = _option(config, "monitor", str, "")
    found = list(entry_points(group=ENTRY_POINTS, name=name))
    if not found:
        known = ", ".join(sorted(entry_points(group=ENTRY_POINTS).names)) or "none"
        raise ConfigError(f"No installed package brings a monitor named {name!r}; there are: {known}")
    try:
        make: Any = found[0].load()
        return make(config, around)
    except Exception as error:
        raise ConfigError(f"The monitor {name!r} of {found[0].value} can't be made: {error}") from error


def _placed(given: str, around: Surroundings) -> Path:
    return (around.workspace or Path.cwd()) / Path(given).expanduser()


def _option(config: WatchConfig, name: str, kind: type[T] | tuple[type, ...], default: T) -> T:
    given: Any = config.extensions.get(name, default)
    if not isinstance(given, kind) or type(given) is bool:
        raise ConfigError(f"WatchConfig.extensions[{name!r}] of a {config.kind.value} watch is {given!r}")
    return given
