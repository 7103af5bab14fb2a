"""Where observations and proposals are kept: a database of the person's profile, which outlives every program."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from loom.errors import StoreError
from loom.evolution.observations import Observation
from loom.evolution.proposals import Change, Proposal

FILE = "insights.db"
MOST_KEPT = 50_000
BUSY_S = 5.0
_TABLES = """
CREATE TABLE IF NOT EXISTS observations (id INTEGER PRIMARY KEY, agent TEXT NOT NULL, session_id TEXT NOT NULL,
  run_id TEXT NOT NULL, call_id TEXT NOT NULL, tool TEXT NOT NULL, shape TEXT NOT NULL, outcome TEXT NOT NULL,
  kind TEXT NOT NULL, reason TEXT NOT NULL, arguments TEXT NOT NULL, duration_ms REAL NOT NULL, rule TEXT NOT NULL,
  verdict TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS by_agent ON observations (agent, tool);
CREATE TABLE IF NOT EXISTS proposals (id TEXT PRIMARY KEY, agent TEXT NOT NULL, key TEXT NOT NULL, title TEXT NOT NULL,
  why TEXT NOT NULL, change TEXT NOT NULL, evidence TEXT NOT NULL, state TEXT NOT NULL, at REAL NOT NULL,
  decided_at REAL NOT NULL, file TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL, made TEXT NOT NULL,
  UNIQUE (agent, key));
"""
_OBSERVED = (
    "agent, session_id, run_id, call_id, tool, shape, outcome, kind, reason, arguments, duration_ms, rule, verdict, at"
)
_PROPOSED = "id, agent, key, title, why, change, evidence, state, at, decided_at, file, before, after, made"


class Cleared(NamedTuple):
    """What was forgotten, as rows of the file."""

    observations: list[tuple[Any, ...]]
    proposals: list[tuple[Any, ...]]


class InsightsLedger:
    """Observations and proposals in `folder`. Everything blocks and raises StoreError; any number may use one file."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE

    def add(self, observations: Iterable[Observation]) -> None:
        """Keep observations; of more than 50,000 the oldest go."""
        rows = [tuple(getattr(each, name) for name in _OBSERVED.split(", ")) for each in observations]
        with self._connected() as connection:
            connection.executemany(f"INSERT INTO observations ({_OBSERVED}) VALUES ({', '.join('?' * 14)})", rows)  # noqa: S608
            connection.execute(
                "DELETE FROM observations WHERE id <= (SELECT max(id) FROM observations) - ?", (MOST_KEPT,)
            )

    def observations(self, agent: str = "") -> list[Observation]:
        """Those of an agent, or of all, oldest first; none where nothing was kept yet."""
        where, values = ("WHERE agent = ?", (agent,)) if agent else ("", ())
        return self._observed(f"SELECT {_OBSERVED}, id FROM observations {where} ORDER BY id", values)  # noqa: S608

    def evidence(self, ids: Sequence[int]) -> list[Observation]:
        """The observations of these ids that are still kept."""
        marks = ", ".join("?" * len(ids))
        return self._observed(f"SELECT {_OBSERVED}, id FROM observations WHERE id IN ({marks}) ORDER BY id", ids)  # noqa: S608

    def agents(self) -> list[str]:
        """The agents that something is kept of, by name."""
        if not self.path.exists():
            return []
        with self._connected() as connection:
            return [
                row[0]
                for row in connection.execute(
                    "SELECT agent FROM observations UNION SELECT agent FROM proposals ORDER BY agent"
                )
            ]

    def propose(self, proposals: Iterable[Proposal]) -> None:
        """Keep proposals that are new; one that is open gets the evidence of now, one that was decided stays."""
        with self._connected() as connection:
            for each in proposals:
                connection.execute(
                    f"INSERT INTO proposals ({_PROPOSED}) VALUES ({', '.join('?' * 14)}) "  # noqa: S608
                    "ON CONFLICT (agent, key) DO UPDATE SET title=excluded.title, why=excluded.why, "
                    "change=excluded.change, evidence=excluded.evidence WHERE state='open'",
                    _proposal_row(each),
                )

    def proposals(self, agent: str = "") -> list[Proposal]:
        """Those of an agent, or of all: the open ones first, then the newest."""
        if not self.path.exists():
            return []
        where, values = ("WHERE agent = ?", (agent,)) if agent else ("", ())
        with self._connected() as connection:
            rows = connection.execute(
                f"SELECT {_PROPOSED} FROM proposals {where} ORDER BY (state = 'open') DESC, at DESC, id",  # noqa: S608
                values,
            )
            return [_proposal(row) for row in rows]

    def proposal(self, identity: str) -> Proposal:
        """The one whose id begins so. Raises StoreError for none, and for several."""
        found = [each for each in self.proposals() if each.id.startswith(identity)] if identity else []
        if len(found) != 1:
            raise StoreError(f"There is no proposal {identity!r}, or more than one begins so")
        return found[0]

    def update(self, proposal: Proposal) -> None:
        """Keep what became of a proposal."""
        with self._connected() as connection:
            connection.execute(
                "UPDATE proposals SET state=?, decided_at=?, file=?, before=?, after=?, made=? WHERE id=?",
                (
                    proposal.state,
                    proposal.decided_at,
                    proposal.file,
                    proposal.before,
                    proposal.after,
                    proposal.made,
                    proposal.id,
                ),
            )

    def drop_open(self, agent: str, but: Iterable[str]) -> None:
        """Take back the open proposals of an agent whose keys are not among `but`: what they said is so no longer."""
        kept = set(but)
        with self._connected() as connection:
            rows = connection.execute("SELECT id, key FROM proposals WHERE agent=? AND state='open'", (agent,))
            gone = [(row[0],) for row in rows if row[1] not in kept]
            connection.executemany("DELETE FROM proposals WHERE id=?", gone)

    def clear(self) -> Cleared:
        """Forget every observation, and every proposal that was not accepted; returns what they were."""
        with self._connected() as connection:
            connection.execute("BEGIN IMMEDIATE")
            observed = connection.execute(f"SELECT id, {_OBSERVED} FROM observations ORDER BY id").fetchall()  # noqa: S608
            proposed = connection.execute(f"SELECT {_PROPOSED} FROM proposals WHERE state != 'accepted'").fetchall()  # noqa: S608
            connection.execute("DELETE FROM observations")
            connection.execute("DELETE FROM proposals WHERE state != 'accepted'")
        return Cleared(observed, proposed)

    def restore(self, cleared: Cleared) -> None:
        """Have again what `clear` forgot, before what was kept since."""
        if not cleared.observations:
            return
        last = cleared.observations[-1][0]
        with self._connected() as connection:
            connection.execute("BEGIN IMMEDIATE")
            since = connection.execute("SELECT max(id) FROM observations").fetchone()[0] or 0
            # In two steps: a number may not be twice, not even while they are changed.
            connection.execute("UPDATE observations SET id = id + ?", (last + since,))
            connection.execute("UPDATE observations SET id = id - ?", (since,))
            connection.executemany(
                f"INSERT INTO observations (id, {_OBSERVED}) VALUES ({', '.join('?' * 15)})",  # noqa: S608
                cleared.observations,
            )
            connection.executemany(
                f"INSERT OR REPLACE INTO proposals ({_PROPOSED}) VALUES ({', '.join('?' * 14)})",  # noqa: S608
                cleared.proposals,
            )

    def _observed(self, query: str, values: Sequence[Any]) -> list[Observation]:
        if not self.path.exists():
            return []
        with self._connected() as connection:
            return [Observation(*row) for row in connection.execute(query, tuple(values))]

    @contextmanager
    def _connected(self) -> Generator[sqlite3.Connection]:
        """A connection for one transaction; the file is made where there is none, readable by nobody else."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            connection = sqlite3.connect(self.path, timeout=BUSY_S)
            try:
                connection.execute("PRAGMA journal_mode=WAL").fetchone()
                connection.execute("PRAGMA synchronous=NORMAL")
                connection.executescript(_TABLES)
                with connection:
                    yield connection
            finally:
                connection.close()
        except (OSError, sqlite3.Error) as error:
            raise StoreError(
                f"The insights in {self.path} can't be used: {error}. A damaged file may be deleted: it is begun anew"
            ) from None


def _proposal_row(each: Proposal) -> tuple[Any, ...]:
    return (
        each.id,
        each.agent,
        each.key,
        each.title,
        each.why,
        each.change.to_json(),
        json.dumps(each.evidence),
        each.state,
        each.at,
        each.decided_at,
        each.file,
        each.before,
        each.after,
        each.made,
    )


def _proposal(row: Sequence[Any]) -> Proposal:
    identity, agent, key, title, why, change, evidence, state, at, decided_at, file, before, after, made = row
    return Proposal(
        identity,
        agent,
        key,
        title,
        why,
        Change.from_json(change),
        tuple(json.loads(evidence)),
        state,
        at,
        decided_at,
        file,
        before,
        after,
        made,
    )
