"""What was used in all sessions, and the budgets that a person set. Files off the loop."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from loom.errors import StoreError
from loom.threads import in_thread
from loom_studio.runtime_words import said_of
from loom_studio.services.sessions import SessionsService
from loom_studio.services.settings import Settings
from loom_studio.texts import marked, plural, tr

if TYPE_CHECKING:
    from loom.memory.usage import By, UsageIndex, UsageRow

Scope = Literal["day", "workspace"]
Unit = Literal["usd", "tokens"]
UNITS: dict[Unit, str] = {"usd": marked("US dollars"), "tokens": marked("tokens")}
WARN_AT = (0.8, 1.0)
ASK_WHEN_SPENT = "ask_when_spent"
"""The setting: whether each run is asked about once a budget is spent."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A budget: of a day over all sessions, or of a month in one workspace; an amount of 0 is none."""

    scope: Scope
    amount: float
    unit: Unit = "usd"


@dataclass(frozen=True, slots=True)
class Spending:
    """What is spent of a budget in the period that goes on; `unpriced` tokens are of calls whose price is not known."""

    limit: Limit
    period: str
    workspace: str
    spent: float
    unpriced: int = 0

    @property
    def share(self) -> float:
        """How much of it is spent: 1 is all."""
        return self.spent / self.limit.amount if self.limit.amount else 0.0

    @property
    def level(self) -> float:
        """The highest of `WARN_AT` that is reached; 0 for none."""
        return max((at for at in WARN_AT if self.share >= at), default=0.0)

    @property
    def key(self) -> str:
        """What names the budget and its period."""
        return f"{self.limit.scope}:{self.workspace}:{self.period}:{self.limit.amount:g}{self.limit.unit}"

    @property
    def words(self) -> str:
        """What is spent of how much, to read."""
        if self.limit.unit == "usd":
            told = tr("${spent:,.2f} of ${limit:,.2f}", spent=self.spent, limit=self.limit.amount)
            if not self.unpriced:
                return told
            return plural(
                "{told}, and {n} token of unknown price",
                "{told}, and {n} tokens of unknown price",
                self.unpriced,
                told=told,
            )
        return tr("{spent:,.0f} of {limit:,.0f} tokens", spent=self.spent, limit=self.limit.amount)

    @property
    def warning(self) -> str:
        """A sentence for who has to know."""
        if self.limit.scope == "day":
            return tr("{share:.0%} of today's budget is spent: {told}.", share=self.share, told=self.words)
        return tr(
            "{share:.0%} of this month's budget for {folder} is spent: {told}.",
            share=self.share,
            folder=self.workspace,
            told=self.words,
        )


class UsageService:
    """The sums over one store, read anew from what was written since."""

    def __init__(self, sessions: SessionsService) -> None:
        self._sessions = sessions
        self._index: UsageIndex | None = None

    async def refresh(self, *, is_quick: bool = False) -> None:
        """Take in what was used since; quickly, of the sessions as the list has them. Raises StoreError."""
        store = await self._sessions.store()
        index = await self._opened()
        listed = list(self._sessions.summaries.values()) if is_quick else []
        await in_thread(lambda: index.refresh(store, listed or store.sessions()))

    async def rows(self, by: By, since: str = "") -> list[UsageRow]:
        """What was used since a day, by something."""
        return await in_thread((await self._opened()).rows, by, since)

    async def total(self, since: str = "", workspace: str | None = None) -> UsageRow:
        """All that was used since a day."""
        index = await self._opened()
        return await in_thread(lambda: index.total(since, workspace=workspace))

    async def export(self, by: By, since: str, file: Path) -> None:
        """Write rows to a CSV file. Raises StoreError."""
        await in_thread(_write, file, by, await self.rows(by, since))

    async def spendings(self, limits: list[Limit], workspace: Path) -> list[Spending]:
        """What is spent of budgets, in the periods that go on."""
        found: list[Spending] = []
        for limit in limits:
            if not limit.amount:
                continue
            place = str(workspace) if limit.scope == "workspace" else None
            since = time.strftime("%Y-%m-%d" if place is None else "%Y-%m-01")
            total = await self.total(since, place)
            is_money = limit.unit == "usd"
            spent = total.cost if is_money else float(total.tokens)
            found.append(Spending(limit, since, place or "", spent, total.unpriced if is_money else 0))
        return found

    async def aclose(self) -> None:
        """Let go of the file."""
        index, self._index = self._index, None
        if index is not None:
            await in_thread(index.close)

    async def _opened(self) -> UsageIndex:
        if self._index is None:
            store = await self._sessions.store()
            self._index = await in_thread(_open, store.path)
        return self._index


def limits_of(settings: Settings, workspace: Path) -> list[Limit]:
    """The budgets that a person set, for a day and for this workspace; those of 0 too."""
    return [_limit(settings, "day", "budget_day"), _limit(settings, "workspace", _workspace_key(workspace))]


def keep_limit(settings: Settings, limit: Limit, workspace: Path) -> None:
    """Remember a budget; one of a workspace is for this."""
    key = "budget_day" if limit.scope == "day" else _workspace_key(workspace)
    settings.keep(key, f"{limit.amount!r} {limit.unit}")


def _limit(settings: Settings, scope: Scope, key: str) -> Limit:
    amount, _, unit = settings.text(key).partition(" ")
    try:
        return Limit(scope, max(0.0, float(amount or 0)), "tokens" if unit == "tokens" else "usd")
    except ValueError:
        return Limit(scope, 0.0)


def _workspace_key(workspace: Path) -> str:
    """A name that the settings file can have, whatever the folder is called."""
    return f"budget_of_{str(workspace).encode('utf-8', 'surrogateescape').hex()}"


def since_of(days: int, today: date | None = None) -> str:
    """The first day of the last so many; empty for all (0). Days: one of them may have 23 hours, or 25."""
    today = today or date.today()  # noqa: DTZ011  the person's own day
    return (today - timedelta(days - 1)).isoformat() if days else ""


def _open(path: Path) -> UsageIndex:
    from loom.memory.usage import UsageIndex, usage_path  # not needed to start

    return UsageIndex(usage_path(path))


def _write(file: Path, by: By, rows: list[UsageRow]) -> None:
    from loom.memory.usage import write_csv

    try:
        with file.open("w", encoding="utf-8", newline="") as out:
            write_csv(out, by, rows)
    except OSError as error:
        raise StoreError(tr("{file} can't be written: {error}", file=file, error=said_of(error))) from None
