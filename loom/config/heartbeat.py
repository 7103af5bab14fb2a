"""What an agent watches while it works, and how urgent what it sees is."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import Any

from loom.errors import ConfigError
from loom.types.checked import AboveZero, AtLeastOne, AtLeastZero, config_value


class WatchKind(StrEnum):
    """What is watched."""

    FILESYSTEM = "filesystem"
    PROCESS = "process"
    RESOURCE = "resource"
    MF_EVENTS = "mf_events"
    NETWORK = "network"
    SCHEDULE = "schedule"
    SIGNAL = "signal"
    ENVIRONMENT = "environment"
    CUSTOM = "custom"


class FilesystemWatchMethod(StrEnum):
    """How a change of a file is confirmed."""

    HASH = "hash"


@config_value
class ResourceThresholds:
    """Shares of CPU, memory and disk in percent, above which there is something to say."""

    cpu_pct: AtLeastZero | None = None
    memory_pct: AtLeastZero | None = None
    disk_pct: AtLeastZero | None = None
    extensions: dict[str, Any] = field(default_factory=dict[str, Any])

    def to_runtime_config(self) -> dict[str, Any]:
        """The thresholds that are set, with extensions laid over them."""
        named = {"cpu_pct": self.cpu_pct, "memory_pct": self.memory_pct, "disk_pct": self.disk_pct}
        return {name: value for name, value in named.items() if value is not None} | self.extensions


@config_value
class WatchConfig:
    """One thing to watch; the class methods make each kind."""

    kind: WatchKind
    paths: list[str] = field(default_factory=list[str])
    method: FilesystemWatchMethod | None = None
    pid_file: str | None = None
    watch_pids: list[int] = field(default_factory=list[int])
    thresholds: ResourceThresholds | None = None
    topics: list[str] = field(default_factory=list[str])
    event_bus: Any | None = None
    extensions: dict[str, Any] = field(default_factory=dict[str, Any])

    @classmethod
    def filesystem(
        cls,
        *,
        paths: list[str],
        method: FilesystemWatchMethod = FilesystemWatchMethod.HASH,
        extensions: dict[str, Any] | None = None,
    ) -> WatchConfig:
        """Files and folders."""
        return cls(WatchKind.FILESYSTEM, paths=paths, method=method, extensions=extensions or {})

    @classmethod
    def process(
        cls,
        *,
        pid_file: str | None = None,
        watch_pids: list[int] | None = None,
        extensions: dict[str, Any] | None = None,
    ) -> WatchConfig:
        """Processes, by number or by the file that holds it."""
        return cls(WatchKind.PROCESS, pid_file=pid_file, watch_pids=watch_pids or [], extensions=extensions or {})

    @classmethod
    def resource(cls, *, thresholds: ResourceThresholds, extensions: dict[str, Any] | None = None) -> WatchConfig:
        """CPU, memory, disk."""
        return cls(WatchKind.RESOURCE, thresholds=thresholds, extensions=extensions or {})

    @classmethod
    def mf_events(
        cls, *, topics: list[str] | None = None, event_bus: Any | None = None, extensions: dict[str, Any] | None = None
    ) -> WatchConfig:
        """Events on a bus."""
        return cls(WatchKind.MF_EVENTS, topics=topics or [], event_bus=event_bus, extensions=extensions or {})

    @classmethod
    def network(cls, target: str, **options: Any) -> WatchConfig:
        """A page (`https://…`) or a port (`tcp://host:port`). Options: `timeout_s`, `failures`, `interval_s`."""
        return cls(WatchKind.NETWORK, extensions={"target": target, **options})

    @classmethod
    def schedule(cls, *, cron: str = "", every_s: float | None = None, name: str = "") -> WatchConfig:
        """Times: a cron line, or every so many seconds."""
        given = {"cron": cron, "every_s": every_s, "name": name}
        return cls(WatchKind.SCHEDULE, extensions={key: value for key, value in given.items() if value})

    @classmethod
    def signal(
        cls,
        *,
        name: str = "signal",
        signals: list[str] | None = None,
        webhook_token_env: str = "",
        webhook_port: int = 0,
    ) -> WatchConfig:
        """Signals of the system, such as SIGUSR1, and what programs post to a listener on this machine.

        There is a listener only with `webhook_token_env`, the variable that holds its token; port 0 takes a free one.
        """
        given = {"webhook_token_env": webhook_token_env, "webhook_port": webhook_port}
        listener = given if webhook_token_env else {}
        return cls(WatchKind.SIGNAL, extensions={"name": name, "signals": signals or [], **listener})

    @classmethod
    def environment(cls, *, variables: list[str] | None = None, programs: list[str] | None = None) -> WatchConfig:
        """Variables of the environment, and which programs are found."""
        return cls(WatchKind.ENVIRONMENT, extensions={"variables": variables or [], "programs": programs or []})

    @classmethod
    def custom(cls, monitor: str, **options: Any) -> WatchConfig:
        """A monitor that another package brings under this name (entry point group `loom.monitors`)."""
        return cls(WatchKind.CUSTOM, extensions={"monitor": monitor, **options})

    def to_runtime_config(self) -> dict[str, Any]:
        """What this kind of watch needs, as plain data."""
        config: dict[str, Any]
        match self.kind:
            case WatchKind.FILESYSTEM:
                config = {"paths": self.paths, "method": (self.method or FilesystemWatchMethod.HASH).value}
            case WatchKind.PROCESS:
                config = {"pid_file": self.pid_file, "watch_pids": self.watch_pids}
            case WatchKind.RESOURCE:
                config = {"thresholds": self.thresholds.to_runtime_config() if self.thresholds else {}}
            case WatchKind.MF_EVENTS:
                config = {"topics": self.topics, "event_bus": self.event_bus}
            case _:
                config = {}
        return config | self.extensions


@config_value
class HeartbeatInterruptPolicy:
    """What an event of each urgency does: queue (told at the next step), request, or force (interrupts a tool)."""

    low: str = "queue"
    high: str = "request"
    critical: str = "force"
    extensions: dict[str, str] = field(default_factory=dict[str, str])

    def to_runtime_config(self) -> dict[str, str]:
        """Urgency → action, with extensions laid over it."""
        return {"low": self.low, "high": self.high, "critical": self.critical} | self.extensions


@config_value
class UrgencyRule:
    """How urgent events are that it fits: each of `source`, `kind`, `path` (as in .gitignore) and `text` that is set.

    `urgency` is low, high, critical, another name of the interrupt policy, or `ignore`, which lets none through.
    """

    urgency: str
    source: str = ""
    kind: str = ""
    path: str = ""
    text: str = ""


@config_value
class TriggerConfig:
    """Starts an agent with `prompt` on an event that fits: each of `source` to `urgency` that is set.

    `agent` is an agent file; without one it is the agent that watches. It starts again only after `cooldown_s` seconds,
    and at most `most_per_minute` times a minute. `concurrency` says what an event does while its last run works: skip,
    queue, or replace (which stops that run). With `dry_run` it only says what it would have done.
    """

    name: str
    prompt: str
    agent: str = ""
    source: str = ""
    kind: str = ""
    path: str = ""
    text: str = ""
    urgency: str = ""
    cooldown_s: AtLeastZero = 60.0
    most_per_minute: AtLeastOne = 4
    concurrency: str = "skip"
    dry_run: bool = False

    def __post_init__(self) -> None:
        """Refuse a trigger that could start nothing, or anything."""
        if not self.prompt.strip():
            raise ConfigError(f"The trigger {self.name!r} has no prompt: nothing would be asked of its agent")
        if self.concurrency not in ("skip", "queue", "replace"):
            raise ConfigError(
                f"TriggerConfig.concurrency of {self.name!r} must be skip, queue or replace, got {self.concurrency!r}"
            )


@config_value
class HeartbeatConfig:
    """How an agent watches: interval in seconds, and the least information gain (0 to 1) that is worth telling.

    The first of `urgency_rules` that fits an event says how urgent it is; without one its watch does. `triggers` start
    agents on events, where somebody carries them out: the Studio, and `loom watch`.
    """

    interval: AboveZero = 5.0
    min_entropy_delta: AtLeastZero = 0.1
    watch_sources: list[WatchConfig] = field(default_factory=list[WatchConfig])
    interrupt_policy: HeartbeatInterruptPolicy = field(default_factory=HeartbeatInterruptPolicy)
    urgency_rules: list[UrgencyRule] = field(default_factory=list[UrgencyRule])
    triggers: list[TriggerConfig] = field(default_factory=list[TriggerConfig])
