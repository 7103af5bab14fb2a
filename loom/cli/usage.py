"""`loom usage`: tokens and cost of all sessions, by day, model, agent, session or workspace."""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from dataclasses import asdict
from typing import Any

from loom.cli.render import escaped
from loom.cli.sessions import opened_store
from loom.errors import ConfigError
from loom.memory.usage import UsageIndex, UsageRow, day_of, usage_path, write_csv

DAY_S = 86_400


def show(options: argparse.Namespace) -> int:
    """Print what was used. Raises StoreError, ConfigError."""
    since = since_day(options.since)
    with opened_store() as store:
        index = UsageIndex(usage_path(store.path))
        try:
            index.refresh(store, store.sessions())
            rows, total = index.rows(options.by, since), index.total(since)
        finally:
            index.close()
    if options.csv:
        write_csv(sys.stdout, options.by, rows)
    elif options.json:
        told = {"by": options.by, "since": since, "rows": [_data(row) for row in rows], "total": _data(total)}
        print(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        _print(options.by, rows, total)
    return 0


def since_day(text: str) -> str:
    """The first day that counts: a date, or so many days as `7d`; empty for all. Raises ConfigError."""
    if not text:
        return ""
    if match := re.fullmatch(r"(\d{1,5})d", text):
        return day_of(time.time() - (int(match[1]) - 1) * DAY_S)
    try:
        return time.strftime("%Y-%m-%d", time.strptime(text, "%Y-%m-%d"))
    except ValueError:
        raise ConfigError(f"--since takes a date such as 2026-01-31, or days such as 7d, not {text!r}") from None


def _data(row: UsageRow) -> dict[str, Any]:
    return {**asdict(row), "cost_usd": row.cost_usd}


def _print(by: str, rows: list[UsageRow], total: UsageRow) -> None:
    labels = [_label(by, row) for row in rows]
    width = max((len(label) for label in labels), default=0)
    width = max(width, len(by), 5)
    print(f"{by:{width}}  {'calls':>7}  {'tokens in':>12}  {'cached':>12}  {'tokens out':>11}  cost")
    for label, row in zip([*labels, "total"], [*rows, total], strict=True):
        counted = f"{row.input_tokens:12,}  {row.cached_tokens:12,}  {row.output_tokens:11,}"
        print(f"{label:{width}}  {row.calls:7,}  {counted}  {row.cost_words}")


def _label(by: str, row: UsageRow) -> str:
    if by == "session":
        return f"{row.key[:12]}  {escaped(row.label)[:48]}"
    return escaped(row.label)
