"""The watch over the machine: processor, memory, disk, load, battery.

A value counts once it stayed beyond its threshold, and counts no more once it is well back: smoothed, sustained, with
hysteresis, so that one spike says nothing and a value at the border says one thing.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from loom.heartbeat.events import CRITICAL, HIGH, LOW, HeartbeatEvent

SOURCE = "resource"
SMOOTHING_S = 5.0
"""After so long a step of the processor's share has shown to 63 %."""
SUSTAINED_S = 3.0
BACK_BY = 5.0
CRITICAL_AT = {"memory_pct": 97.0, "disk_pct": 98.0}
KEPT_READINGS = 60

_LABELS = {
    "cpu_pct": ("The processor is {value:.0f} % busy", "%"),
    "memory_pct": ("Memory is {value:.0f} % full", "%"),
    "disk_pct": ("The workspace's disk is {value:.0f} % full", "%"),
    "load": ("The load is {value:.1f}", ""),
    "battery_pct": ("The battery is at {value:.0f} %", "%"),
}
_URGENCY = {"cpu_pct": LOW, "load": LOW, "memory_pct": HIGH, "disk_pct": HIGH, "battery_pct": HIGH}

Read = Callable[[], Mapping[str, float]]
Readings = deque[tuple[float, dict[str, float]]]


def no_readings() -> Readings:
    """Room for the last sixty readings."""
    return deque(maxlen=KEPT_READINGS)


@dataclass(slots=True)
class Level:
    """Whether a value is beyond its threshold, told once it stayed there for `sustained_s` seconds.

    It is back once it is `back_by` on the good side. `below` is for values of which there should be much.
    """

    threshold: float
    sustained_s: float = SUSTAINED_S
    back_by: float = BACK_BY
    below: bool = False
    is_beyond: bool = False
    _since: float | None = None

    def feed(self, value: float, now: float) -> bool:
        """Take a value at a time in seconds; True when that changed `is_beyond`."""
        excess = self.threshold - value if self.below else value - self.threshold
        if self.is_beyond:
            if excess < -self.back_by:
                self.is_beyond, self._since = False, None
                return True
            return False
        if excess < 0:
            self._since = None
            return False
        self._since = now if self._since is None else self._since
        self.is_beyond = now - self._since >= self.sustained_s
        return self.is_beyond


class Resources:
    """Looks at the machine: `look` gives an event for each threshold that was crossed; it is for a `Beat`.

    `readings` are the last sixty, as (seconds since 1970, values), for those who draw them.
    """

    def __init__(
        self,
        thresholds: Mapping[str, float],
        folder: Path | None = None,
        *,
        read: Read | None = None,
        readings: Readings | None = None,
        sustained_s: float = SUSTAINED_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.readings = no_readings() if readings is None else readings
        self._read = read or machine_reader(folder)
        self._clock = clock
        self._cpu: float | None = None
        self._looked_at = 0.0
        self._levels = {
            name: Level(
                threshold,
                0.0 if name in ("disk_pct", "battery_pct") else sustained_s,
                threshold * 0.1 if name == "load" else BACK_BY if name != "disk_pct" else 1.0,
                below=name == "battery_pct",
            )
            for name, threshold in thresholds.items()
            if name in _LABELS
        }
        self._critical = {
            name: Level(CRITICAL_AT[name], 0.0, 1.0)
            for name in self._levels
            if name in CRITICAL_AT and self._levels[name].threshold < CRITICAL_AT[name]
        }

    def look(self) -> list[HeartbeatEvent]:
        """Read everything once; blocks a little."""
        now = self._clock()
        values = dict(self._read())
        if "cpu_pct" in values:
            values["cpu_pct"] = self._smoothed(values["cpu_pct"], now)
        self._looked_at = now
        self.readings.append((time.time(), values))
        events: list[HeartbeatEvent] = []
        for name, level in self._levels.items():
            value = values.get(name)
            if value is None:
                continue
            worse = name in self._critical and self._critical[name].feed(value, now)
            if worse and self._critical[name].is_beyond:
                level.feed(value, now)
                events.append(_event(name, "critical", value, level, CRITICAL))
            elif level.feed(value, now):
                kind = "beyond" if level.is_beyond else "back"
                events.append(_event(name, kind, value, level, _URGENCY[name] if level.is_beyond else LOW))
        return events

    def _smoothed(self, value: float, now: float) -> float:
        if self._cpu is None:
            self._cpu = value
        else:
            share = min(1.0, max(0.0, now - self._looked_at) / SMOOTHING_S)
            self._cpu += share * (value - self._cpu)
        return self._cpu


def machine_reader(folder: Path | None) -> Read:
    """What reads this machine, with the disk that holds `folder`."""
    import psutil

    psutil.cpu_percent()  # the share is since the last call

    def read() -> dict[str, float]:
        values = {"cpu_pct": psutil.cpu_percent(), "memory_pct": psutil.virtual_memory().percent}
        if folder is not None:
            values["disk_pct"] = psutil.disk_usage(str(folder)).percent
        values["load"] = psutil.getloadavg()[0]
        battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
        if battery is not None:
            values["battery_pct"] = 100.0 if battery.power_plugged else battery.percent
        return values

    return read


def _event(name: str, kind: str, value: float, level: Level, urgency: str) -> HeartbeatEvent:
    text, unit = _LABELS[name]
    limit = f"{level.threshold:g}{' ' if unit else ''}{unit}"
    side = "below" if level.below else "above"
    said = text.format(value=value)
    summary = f"{said}, back from {side} {limit}" if kind == "back" else f"{said}, {side} {limit}"
    return HeartbeatEvent(
        SOURCE,
        kind,
        summary,
        urgency,
        payload={"about": name, "value": round(value, 2), "threshold": level.threshold},
    )
