"""What the durable engine keeps beside DBOS' own tables: who works on which run, and what was said to it.

Everything here blocks, and belongs off the event loop.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
import uuid
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, IntegrityError, SQLAlchemyError

from loom.errors import ConfigError, SessionInUseError, StoreError
from loom.memory.ownership import Owner, held_here, this_boot, this_host, this_program, this_start
from loom.memory.store import Lease
from loom.orchestration.durable import Signal

T = TypeVar("T")

LEASE_S = 15.0
"""How long a worker is believed after it last said that it is alive, where its process can't be looked at."""
CONNECT_S = 10
ASKED_TOGETHER = 500

_TABLES = (
    """CREATE TABLE IF NOT EXISTS loom_leases (
      run_id TEXT PRIMARY KEY, owner TEXT NOT NULL, fence BIGINT NOT NULL, pid BIGINT NOT NULL,
      started DOUBLE PRECISION NOT NULL, boot TEXT NOT NULL, host TEXT NOT NULL, program TEXT NOT NULL,
      beat DOUBLE PRECISION NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS loom_signals (
      run_id TEXT NOT NULL, n BIGINT NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (run_id, n))""",
    """CREATE TABLE IF NOT EXISTS loom_outcomes (run_id TEXT PRIMARY KEY, data TEXT NOT NULL)""",
)
_OWNER = "SELECT owner, fence, pid, started, boot, host, program, beat FROM loom_leases WHERE run_id = :run_id"
_OWNERS = "SELECT run_id, owner, fence, pid, started, boot, host, program, beat FROM loom_leases WHERE owner <> ''"
_ADD = (
    "INSERT INTO loom_leases VALUES (:run_id, :owner, :fence, :pid, :started, :boot, :host, :program, :beat) "
    "ON CONFLICT (run_id) DO NOTHING"
)
_TAKE = (
    "UPDATE loom_leases SET owner = :owner, fence = :fence, pid = :pid, started = :started, boot = :boot, "
    "host = :host, program = :program, beat = :beat WHERE run_id = :run_id AND fence = :known"
)
_BEAT = "UPDATE loom_leases SET beat = :beat WHERE run_id = :run_id AND owner = :owner"
_RELEASE = "UPDATE loom_leases SET owner = '' WHERE run_id = :run_id AND owner = :owner"
_SAY = (
    "INSERT INTO loom_signals SELECT :run_id, COALESCE(MAX(n), 0) + 1, :kind, :data "
    "FROM loom_signals WHERE run_id = :run_id"
)
_NOTE = "INSERT INTO loom_outcomes VALUES (:run_id, :data) ON CONFLICT (run_id) DO UPDATE SET data = excluded.data"
_NOTED = "SELECT run_id, data FROM loom_outcomes"
_FORGET = tuple(
    f"DELETE FROM {table} WHERE run_id = :run_id"  # noqa: S608  our own words
    for table in ("loom_signals", "loom_outcomes", "loom_leases")
)
_SAID = "SELECT n, kind, data FROM loom_signals WHERE run_id = :run_id AND n > :after ORDER BY n"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a database is, checked; `shown` is it without its password."""

    url: str
    shown: str
    is_file: bool


def read_address(text: str) -> Address:
    """The address in `postgresql://user:password@host/name` or `sqlite:///path`. Raises ConfigError for another."""
    told = "give one such as postgresql://user:password@host:5432/name, or sqlite:////path/to/file.db"
    if not text.strip():
        raise ConfigError(f"No database was named: {told}")
    try:
        url = sa.make_url(text.strip())
    except (ArgumentError, ValueError):
        raise ConfigError(f"This is no address of a database: {told}") from None
    shown = url.render_as_string(hide_password=True)
    kind = url.drivername.partition("+")[0]
    if kind not in ("postgresql", "postgres", "sqlite"):
        raise ConfigError(f"{shown} is no database that runs can be kept in: {told}")
    if not url.database:
        raise ConfigError(f"{shown} names no database: {told}")
    if kind == "sqlite":
        path = Path(url.database).expanduser().absolute()
        return Address(f"sqlite:///{path}", f"sqlite:///{path}", is_file=True)
    plain = url.set(drivername="postgresql")
    return Address(plain.render_as_string(hide_password=False), shown, is_file=False)


class WorkDatabase:
    """Leases and signals in one database. A file is made if it is missing (mode 0600); a server must be there.

    On one machine a lease ends with its process; over a server `lease_s` after its owner's last beat, by the clock of
    the server. Raises StoreError for a database that can't be reached.
    """

    def __init__(self, address: Address, lease_s: float = LEASE_S) -> None:
        self.address = address
        self.lease_s = lease_s
        if address.is_file:
            path = Path(address.url.removeprefix("sqlite:///"))
            with self._told():
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._engine = sa.create_engine(address.url, connect_args={"timeout": 30})
        else:
            url = sa.make_url(address.url).set(drivername="postgresql+psycopg")
            self._engine = sa.create_engine(url, pool_size=3, connect_args={"connect_timeout": CONNECT_S})
        try:
            self._make_tables()
        except BaseException:
            self.close()
            raise

    def take(self, run_id: str) -> Lease:
        """Become the one who works on a run. Raises SessionInUseError while somebody else alive does."""
        lease = Lease(run_id, uuid.uuid4().hex, 0, is_busy=True)
        held_here[lease.owner] = lease

        def job(connection: sa.Connection) -> int:
            owner, now = self._owner(connection, run_id), self._now(connection)
            if owner is not None and self._is_alive(owner, now):
                raise SessionInUseError(f"The harness run {run_id} is being worked on by {owner}")
            fence = 1 if owner is None else owner.fence + 1
            values = {
                "run_id": run_id,
                "owner": lease.owner,
                "fence": fence,
                "pid": os.getpid(),
                "started": this_start(),
                "boot": this_boot(),
                "host": this_host(),
                "program": this_program(),
                "beat": now,
                "known": fence - 1,
            }
            statement = _ADD if owner is None else _TAKE
            if connection.execute(sa.text(statement), values).rowcount != 1:
                raise SessionInUseError(f"The harness run {run_id} was just taken by somebody else")
            return fence

        lease.fence = self._do(job)
        return lease

    def beat(self, leases: Sequence[Lease]) -> list[Lease]:
        """Say that the owner of leases is alive; returns those that it has no longer."""

        def job(connection: sa.Connection) -> list[Lease]:
            now = self._now(connection)
            lost: list[Lease] = []
            for lease in leases:
                values = {"beat": now, "run_id": lease.session_id, "owner": lease.owner}
                if connection.execute(sa.text(_BEAT), values).rowcount != 1:
                    lost.append(lease)
            return lost

        return self._do(job)

    def release(self, lease: Lease) -> None:
        """Let others work on a run; twice is once."""
        held_here.pop(lease.owner, None)
        values = {"run_id": lease.session_id, "owner": lease.owner}
        self._do(lambda connection: connection.execute(sa.text(_RELEASE), values))

    def owners(self) -> dict[str, str]:
        """Who works on which run, in words; without the runs that nobody works on."""

        def job(connection: sa.Connection) -> dict[str, str]:
            now = self._now(connection)
            found = {row[0]: Owner(*row[1:]) for row in connection.execute(sa.text(_OWNERS))}
            return {run_id: str(owner) for run_id, owner in found.items() if self._is_alive(owner, now)}

        return self._do(job)

    def say(self, run_id: str, kind: str, data: dict[str, Any]) -> None:
        """Add a signal after those that a run has."""
        values = {"run_id": run_id, "kind": kind, "data": json.dumps(data, ensure_ascii=False)}
        while True:
            try:
                self._do(lambda connection: connection.execute(sa.text(_SAY), values))
            except IntegrityError:
                continue  # somebody said something at the same moment
            return

    def said(self, run_id: str, after: int = 0) -> list[Signal]:
        """The signals of a run after signal `after`."""
        values = {"run_id": run_id, "after": after}
        rows = self._do(lambda connection: connection.execute(sa.text(_SAID), values).fetchall())
        return [Signal(n, kind, json.loads(data)) for n, kind, data in rows]

    def note_outcome(self, run_id: str, outcome: dict[str, Any]) -> None:
        """Keep what lists show of a run's outcome, beside the outcome itself."""
        values = {"run_id": run_id, "data": json.dumps(outcome, ensure_ascii=False)}
        self._do(lambda connection: connection.execute(sa.text(_NOTE), values))

    def outcomes(self) -> dict[str, dict[str, Any]]:
        """What lists show of outcomes, by run; that of a run that is not done counts for nothing."""
        rows = self._do(lambda connection: connection.execute(sa.text(_NOTED)).fetchall())
        return {run_id: json.loads(data) for run_id, data in rows}

    def forget(self, run_id: str) -> None:
        """Delete what was said to a run, its lease, and what lists show of its outcome."""

        def job(connection: sa.Connection) -> None:
            for statement in _FORGET:
                connection.execute(sa.text(statement), {"run_id": run_id})

        self._do(job)

    def now(self) -> float:
        """The time by the clock of the database, in seconds since 1970."""
        return self._do(self._now)

    def has_steps(self) -> bool:
        """Whether DBOS made its tables here."""
        schema = None if self.address.is_file else "dbos"
        return self._do(lambda connection: sa.inspect(connection).has_table("operation_outputs", schema=schema))

    def step_names(self, run_ids: Sequence[str]) -> dict[str, list[str]]:
        """The names of the recorded steps of some runs, in their order; no result is read for it."""
        table = "operation_outputs" if self.address.is_file else "dbos.operation_outputs"
        statement = sa.text(
            f"SELECT workflow_uuid, function_name FROM {table} WHERE workflow_uuid IN :ids "  # noqa: S608
            "ORDER BY workflow_uuid, function_id"
        ).bindparams(sa.bindparam("ids", expanding=True))
        names: dict[str, list[str]] = {run_id: [] for run_id in run_ids}
        for first in range(0, len(run_ids), ASKED_TOGETHER):
            some = list(run_ids[first : first + ASKED_TOGETHER])
            rows = self._do(lambda connection, some=some: connection.execute(statement, {"ids": some}).fetchall())
            for run_id, name in rows:
                names[run_id].append(name)
        return names

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def _make_tables(self) -> None:
        for _ in range(5):
            try:
                for table in _TABLES:
                    self._do(lambda connection, table=table: connection.execute(sa.text(table)))
            except IntegrityError:
                continue  # another process makes them at the same moment
            return

    def _owner(self, connection: sa.Connection, run_id: str) -> Owner | None:
        row = connection.execute(sa.text(_OWNER), {"run_id": run_id}).fetchone()
        return None if row is None else Owner(*row)

    def _now(self, connection: sa.Connection) -> float:
        if self.address.is_file:
            return time.time()
        return float(connection.execute(sa.text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one())

    def _is_alive(self, owner: Owner, now: float) -> bool:
        if self.address.is_file:
            return owner.is_alive
        return bool(owner.owner) and now - owner.beat < self.lease_s

    def _do(self, job: Callable[[sa.Connection], T]) -> T:
        with self._told(), self._engine.begin() as connection:
            return job(connection)

    @contextlib.contextmanager
    def _told(self) -> Generator[None]:
        try:
            yield
        except IntegrityError:
            raise
        except (SQLAlchemyError, OSError) as error:
            raise StoreError(explain(self.address, error)) from None


def explain(address: Address, error: BaseException) -> str:
    """What is wrong with a database, in a sentence that says what to do."""
    cause = getattr(error, "orig", None) or error
    said = " ".join(str(cause).split())[:300]
    what = "be read or written" if address.is_file else "be reached"
    asked = "is the server running, and are name and password right?"
    todo = "look at the file and its folder" if address.is_file else asked
    return f"The database {address.shown} can't {what} ({said}): {todo}"
