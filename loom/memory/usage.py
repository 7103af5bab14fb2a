"""What was used, by day, model, agent, session and workspace: read from the logs once, kept in a file beside them.

The file can be made again from the logs at any time, so a damaged one is begun anew. What was used in sessions that
were deleted since stays counted, without a title.
"""

from __future__ import annotations

import contextlib
import csv
import sqlite3
import threading
import time
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal, TextIO

from loom.memory.records import Record, SessionSummary
from loom.memory.store import Store

By = Literal["day", "model", "agent", "session", "workspace"]
GROUPINGS: tuple[By, ...] = ("day", "model", "agent", "session", "workspace")
VERSION = 1
SUB_AGENTS = "sub-agents"
"""The model of what sub-agents used: which ones they asked, the log of the agent above does not say."""
_KINDS = ("run.started", "usage.updated", "context.compressed", "context.renewed")
_TABLES = f"""
CREATE TABLE IF NOT EXISTS sessions (
  id TEXT PRIMARY KEY, last_n INTEGER NOT NULL, title TEXT NOT NULL, workspace TEXT NOT NULL, agent TEXT NOT NULL,
  model TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS used (
  session TEXT NOT NULL, day TEXT NOT NULL, model TEXT NOT NULL, agent TEXT NOT NULL,
  calls INTEGER NOT NULL, input INTEGER NOT NULL, output INTEGER NOT NULL, cached INTEGER NOT NULL,
  cost REAL NOT NULL, unpriced INTEGER NOT NULL, PRIMARY KEY (session, day, model, agent)
);
CREATE INDEX IF NOT EXISTS used_by_day ON used (day);
PRAGMA user_version = {VERSION};
"""
_ADD = (
    "INSERT INTO used VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, "
    "input = input + excluded.input, output = output + excluded.output, cached = cached + excluded.cached, "
    "cost = cost + excluded.cost, unpriced = unpriced + excluded.unpriced"
)
_COLUMN = {
    "day": "day",
    "model": "used.model",
    "agent": "used.agent",
    "session": "session",
    "workspace": "COALESCE(workspace, '')",
}
_SUMS = "SUM(calls), SUM(input), SUM(output), SUM(cached), SUM(cost), SUM(unpriced)"
SESSIONS_A_TURN = 50
CSV_HEADS = ("calls", "input_tokens", "output_tokens", "cached_tokens", "cost_usd", "unpriced_tokens")


@dataclass(frozen=True, slots=True)
class UsageRow:
    """What was used under one key: `label` is the key to read (a session's title).

    `calls` counts answers of models. `cost` sums the calls whose price is known, in dollars; `unpriced` are the tokens
    of the others, so that a cost with some of those is not all.
    """

    key: str
    label: str
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cost: float = 0.0
    unpriced: int = 0

    @property
    def tokens(self) -> int:
        """Input and output together."""
        return self.input_tokens + self.output_tokens

    @property
    def cost_usd(self) -> float | None:
        """All that it cost; None where the price of a part is not known."""
        return None if self.unpriced else self.cost

    @property
    def cost_words(self) -> str:
        """The cost to read: what is not known is said, and never taken for nothing."""
        known = f"${self.cost:,.4f}" if 0 < self.cost < 1 else f"${self.cost:,.2f}"
        if not self.unpriced:
            return known
        return f"{known} + unknown" if self.cost else "unknown"


def day_of(at: float) -> str:
    """The day of a time, where this machine is: 2026-01-31."""
    return time.strftime("%Y-%m-%d", time.localtime(at))


def usage_path(store: Path) -> Path:
    """Where the sums over a store's file are."""
    return store.with_name(f"{store.stem}-usage.db")


def write_csv(file: TextIO, by: str, rows: Iterable[UsageRow]) -> None:
    """Rows as CSV, with a head. A cost that is not known is an empty field."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([by, *(["title"] if by == "session" else []), *CSV_HEADS])
    for row in rows:
        counts = (row.calls, row.input_tokens, row.output_tokens, row.cached_tokens)
        cost = "" if row.cost_usd is None else f"{row.cost_usd:.6f}"
        writer.writerow([_cell(row.key), *([_cell(row.label)] if by == "session" else []), *counts, cost, row.unpriced])


def _cell(text: str) -> str:
    """A text as spreadsheets show it: one that would be a formula there is marked as a text."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def today() -> str:
    """The day now."""
    return date.today().isoformat()  # noqa: DTZ011  the person's own day


class UsageIndex:
    """The sums over one store. May be used from several threads and processes; everything here blocks.

    Where its file can't be written, it is kept in memory.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._connection = _opened(path)

    def refresh(self, store: Store, summaries: Iterable[SessionSummary]) -> int:
        """Take in what came since; returns how many sessions had something new. Raises StoreError."""
        listed = list(summaries)
        with self._lock:
            known: dict[str, tuple[Any, ...]] = {
                row[0]: row[1:] for row in self._connection.execute("SELECT id, last_n, title, workspace FROM sessions")
            }
        stale = [each for each in listed if known.get(each.id) != (each.last_n, each.title, each.workspace)]
        for start in range(0, len(stale), SESSIONS_A_TURN):
            with self._writing() as connection:
                for each in stale[start : start + SESSIONS_A_TURN]:
                    _take(connection, store, each)
        gone = known.keys() - {each.id for each in listed}
        if gone:
            with self._writing() as connection:
                connection.executemany("UPDATE sessions SET title = '' WHERE id = ?", [(key,) for key in gone])
        return len(stale)

    def rows(self, by: By, since: str = "", until: str = "9999", workspace: str | None = None) -> list[UsageRow]:
        """What was used from one day to another, both included: days in their order, all else by tokens."""
        column = _COLUMN[by]
        where, values = _where(since, until, workspace)
        label = "MAX(title)" if by == "session" else column
        order = "1" if by == "day" else "SUM(input) + SUM(output) DESC, 1"
        return [
            UsageRow(row[0], row[1] or ("(deleted)" if by == "session" else "(none)"), *row[2:])
            for row in self._read(
                f"SELECT {column}, {label}, {_SUMS} FROM used LEFT JOIN sessions ON id = session "  # noqa: S608
                f"WHERE {where} GROUP BY 1 ORDER BY {order}",
                values,
            )
        ]

    def total(self, since: str = "", until: str = "9999", workspace: str | None = None) -> UsageRow:
        """All that was used from one day to another, in a workspace or in all."""
        where, values = _where(since, until, workspace)
        (row,) = self._read(
            f"SELECT {_SUMS} FROM used LEFT JOIN sessions ON id = session WHERE {where}",  # noqa: S608
            values,
        )
        return UsageRow("", "", *(value or 0 for value in row))

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    def _read(self, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    @contextlib.contextmanager
    def _writing(self) -> Generator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise


def _where(since: str, until: str, workspace: str | None) -> tuple[str, list[Any]]:
    where, values = "day >= ? AND day <= ?", [since, until]
    if workspace is not None:
        where, values = f"{where} AND workspace = ?", [*values, workspace]
    return where, values


def _opened(path: Path) -> sqlite3.Connection:
    for attempt in range(2):
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            connection = _connected(str(path))
            path.chmod(0o600)
        except (OSError, sqlite3.Error):
            if attempt == 0:  # damaged, or of another version: what it says is in the logs
                with contextlib.suppress(OSError):
                    path.unlink()
        else:
            return connection
    return _connected(":memory:")


def _connected(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=10.0, isolation_level=None, check_same_thread=False)
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version not in (0, VERSION):
            raise sqlite3.DatabaseError(f"version {version}")
        connection.execute("PRAGMA synchronous=OFF")
        connection.executescript(_TABLES)
        connection.execute("SELECT COUNT(*) FROM used").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _take(connection: sqlite3.Connection, store: Store, summary: SessionSummary) -> None:
    """Take in what a session's log has that was not counted yet."""
    found = connection.execute("SELECT last_n, agent, model FROM sessions WHERE id = ?", (summary.id,)).fetchone()
    # What was copied from another session was used in that one.
    after, agent, model = found or (summary.parent_n, summary.agent, summary.model)
    if after > summary.last_n:  # another process was quicker
        return
    fold = _Fold(agent, model)
    for record in store.excerpt(summary.id, _KINDS, after, summary.last_n, is_brief=True):
        fold.take(record)
    connection.executemany(_ADD, [(summary.id, *key, *sums) for key, sums in fold.sums.items()])
    connection.execute(
        "INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?, ?, ?)",
        (summary.id, summary.last_n, summary.title, summary.workspace, fold.agent, fold.model),
    )


class _Fold:
    """The sums of some records, by day, model and agent: calls, input, output, cached, cost, unpriced."""

    def __init__(self, agent: str, model: str) -> None:
        self.agent, self.model = agent, model
        self.sums: dict[tuple[str, str, str], list[float]] = {}

    def take(self, record: Record) -> None:
        data = record.data
        if record.type == "run.started":
            self.agent, self.model = data.get("agent") or self.agent, data.get("model") or self.model
        elif record.type == "usage.updated":
            model = SUB_AGENTS if data.get("purpose") == "sub_agent" else data.get("model") or self.model
            self._add(record.at, model, data["usage"], 1)
        elif used := data.get("summary_usage"):
            # A summary's usage was told in its run as that of the run's model; between runs it was not told.
            if record.run_id:
                self._add(record.at, self.model, used, -1)
            self._add(record.at, data.get("summary_by") or self.model, used, 1)

    def _add(self, at: float, model: str, used: dict[str, Any], sign: int) -> None:
        sums = self.sums.setdefault((day_of(at), model, self.agent), [0, 0, 0, 0, 0.0, 0])
        read, said = used.get("input_tokens", 0), used.get("output_tokens", 0)
        cost = used.get("cost_usd")
        unpriced = read + said if cost is None else 0
        values = (1, read, said, used.get("cache_read_tokens", 0), cost or 0.0, unpriced)
        for place, value in enumerate(values):
            sums[place] += sign * value
