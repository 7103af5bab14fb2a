"""What was used, as bars of the chart."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from loom_studio.plain_text import escape_invisible
from loom_studio.texts import plural
from loom_studio.viewmodels.usage_table import cost_of
from loom_studio.widgets.usage_chart import Bar

if TYPE_CHECKING:
    from loom.memory.usage import UsageRow

DAY_S = 86_400
MOST_DAYS = 370


def bars_of(rows: list[UsageRow], *, in_money: bool, by_day: bool, since: str) -> list[Bar]:
    """Rows as bars, the largest first, or for days in their order with those on which nothing was used."""
    made = {row.key: _bar(row, in_money=in_money, by_day=by_day) for row in rows}
    if not by_day:
        return sorted(made.values(), key=lambda bar: -bar.value)
    if not rows:
        return []
    nothing = "$0.00" if in_money else plural("{n} token", "{n} tokens", 0)
    return [made.get(day) or Bar(_short(day), 0.0, nothing) for day in _days(since or rows[0].key)]


def _bar(row: UsageRow, *, in_money: bool, by_day: bool) -> Bar:
    name = _short(row.key) if by_day else escape_invisible(row.label)
    if in_money:
        return Bar(name, row.cost, cost_of(row), is_partial=bool(row.unpriced))
    return Bar(name, float(row.tokens), plural("{n} token", "{n} tokens", row.tokens))


def _short(day: str) -> str:
    return day[5:]


def _days(first: str) -> list[str]:
    """The days from the first up to today, a year's at most."""
    noon = time.mktime(time.strptime(f"{time.strftime('%Y-%m-%d')} 12", "%Y-%m-%d %H"))
    days: list[str] = []
    for back in range(MOST_DAYS):
        day = time.strftime("%Y-%m-%d", time.localtime(noon - back * DAY_S))
        if day < first:
            break
        days.append(day)
    return days[::-1]
