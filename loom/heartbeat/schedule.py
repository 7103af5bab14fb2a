"""The watch over time: every so many seconds, or as a cron line says."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from loom.errors import ConfigError
from loom.heartbeat.events import HeartbeatEvent

SOURCE = "schedule"
_NAMES = {
    name: str(number)
    for names, first in (
        ("jan feb mar apr may jun jul aug sep oct nov dec", 1),
        ("sun mon tue wed thu fri sat", 0),
    )
    for number, name in enumerate(names.split(), first)
}
_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_FURTHEST = timedelta(days=366 * 8)
_ALIASES = {"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *"}


@dataclass(frozen=True, slots=True)
class Cron:
    """When a cron line is due: minute, hour, day, month, weekday, in local time.

    As in cron, a line that names both a day and a weekday is due on either.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    is_either: bool

    @classmethod
    def parse(cls, line: str) -> Cron:
        """Read a line such as `*/5 9-17 * * mon-fri` or `@daily`. Raises ConfigError naming the part that is wrong."""
        parts = _ALIASES.get(line.strip(), line).split()
        if len(parts) != len(_RANGES):
            raise ConfigError(f"The schedule {line!r} has {len(parts)} parts; a cron line has five")
        sets = [_numbers(part, low, high, line) for part, (low, high) in zip(parts, _RANGES, strict=True)]
        weekdays = frozenset(day % 7 for day in sets[4])
        either = not parts[2].startswith("*") and not parts[4].startswith("*")
        return cls(sets[0], sets[1], sets[2], sets[3], weekdays, either)

    def next_after(self, when: datetime) -> datetime | None:
        """The first due minute after a moment; None if there is none in eight years (a 30 February)."""
        at = when.replace(second=0, microsecond=0) + timedelta(minutes=1)
        end = when + _FURTHEST
        while at < end:
            if at.month not in self.months or not self._is_day(at):
                at = at.replace(hour=0, minute=0) + timedelta(days=1)
            elif at.hour not in self.hours:
                at = at.replace(minute=0) + timedelta(hours=1)
            elif at.minute not in self.minutes:
                at += timedelta(minutes=1)
            else:
                return at
        return None

    def _is_day(self, at: datetime) -> bool:
        day, weekday = at.day in self.days, at.isoweekday() % 7 in self.weekdays
        return day or weekday if self.is_either else day and weekday


class Schedule:
    """Looks at the clock: `look` gives one event when something is due; for a `Beat`.

    However many times were missed, because the machine slept or its clock was set, it is one event that counts them.
    """

    def __init__(
        self, *, name: str = "", cron: str = "", every_s: float | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        if bool(cron) == (every_s is not None):
            raise ConfigError("A schedule needs either cron or every_s")
        if every_s is not None and every_s <= 0:
            raise ConfigError(f"every_s is {every_s:g}; it must be above 0")
        self._name = name or cron or f"every {every_s:g} s"
        self._cron = Cron.parse(cron) if cron else None
        self._every_s = every_s
        self._clock = clock
        self._due: float | None = self._after(clock())

    def look(self) -> list[HeartbeatEvent]:
        """An event if it is time."""
        now = self._clock()
        if self._due is not None and self._every_s is not None and self._due - now > self._every_s:
            self._due = now + self._every_s  # the clock was set back
        if self._due is None or now < self._due:
            return []
        times = self._times(self._due, now)
        self._due = self._after(now)
        missed = f" ({times - 1} earlier times were missed)" if times > 1 else ""
        payload = {"about": self._name, "missed": times - 1}
        return [HeartbeatEvent(SOURCE, "due", f"It is time: {self._name}{missed}", payload=payload)]

    def _after(self, now: float) -> float | None:
        if self._every_s is not None:
            return now + self._every_s
        assert self._cron is not None  # noqa: S101  one of the two is there
        found = self._cron.next_after(datetime.fromtimestamp(now).astimezone())
        return found.timestamp() if found is not None else None

    def _times(self, due: float, now: float) -> int:
        if self._every_s is not None:
            return 1 + int((now - due) / self._every_s)
        times, at = 1, self._after(due)
        while at is not None and at <= now and times < 1000:
            times, at = times + 1, self._after(at)
        return times


def _numbers(part: str, low: int, high: int, line: str) -> frozenset[int]:
    found: set[int] = set()
    for each in part.lower().split(","):
        span, _, step = each.partition("/")
        first, _, last = span.partition("-")
        try:
            start, end = (low, high) if first == "*" else (_number(first), _number(last or first))
            if step and first != "*" and not last:
                end = high
            every = int(step) if step else 1
        except ValueError:
            raise ConfigError(f"The schedule {line!r} has a part that is no number: {each!r}") from None
        if not (low <= start <= end <= high) or every < 1:
            raise ConfigError(f"The schedule {line!r} has {each!r}, which is not within {low} to {high}")
        found.update(range(start, end + 1, every))
    return frozenset(found)


def _number(text: str) -> int:
    return int(_NAMES.get(text, text))
