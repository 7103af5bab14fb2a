"""`loom usage` as a person types it."""

import csv
import io
import json
from pathlib import Path

from loom.memory.backends import default_path
from loom.memory.sqlite_store import SQLiteStore
from tests.loom.cli.test_cli import loom
from tests.support.many_steps import fill_steps


def test_usage_is_told_as_a_table_as_csv_and_as_json(tmp_path: Path) -> None:
    store = SQLiteStore(default_path())
    fill_steps(store, "one", 4, agent="Mason", model="x:big", cost=0.25)
    fill_steps(store, "two", 4, agent="Scout", model="x:odd", cost=None)
    store.close()
    told = json.loads(loom("usage", "--by", "model", "--json").stdout)
    rows = {row["key"]: row for row in told["rows"]}
    assert (rows["x:big"]["cost_usd"], rows["x:odd"]["cost_usd"]) == (1.0, None)
    assert (told["total"]["calls"], told["total"]["cost_usd"]) == (8, None)
    table = loom("usage", "--by", "agent").stdout
    assert "Mason" in table
    assert "unknown" in table
    listed = list(csv.DictReader(io.StringIO(loom("usage", "--by", "session", "--csv").stdout)))
    assert {row["session"]: row["cost_usd"] for row in listed} == {"one": "1.000000", "two": ""}
    assert json.loads(loom("usage", "--since", "7d", "--json").stdout)["total"]["calls"] == 8
    assert json.loads(loom("usage", "--since", "2999-01-01", "--json").stdout)["total"]["calls"] == 0
    wrong = loom("usage", "--since", "yesterday")
    assert wrong.returncode == 2
    assert "2026-01-31" in wrong.stderr


def test_a_trace_is_exported_from_the_command_line(tmp_path: Path) -> None:
    store = SQLiteStore(default_path())
    fill_steps(store, "traced", 3)
    store.close()
    trace = json.loads(loom("sessions", "export", "traced", "--format", "trace").stdout)
    assert [each["step"] for each in trace["exchanges"]] == [1, 2, 3]
    assert [each["role"] for each in trace["exchanges"][1]["request"]["messages"]] == [
        *("system", "user", "assistant", "tool"),
    ]
    har = json.loads(loom("sessions", "export", "traced", "--format", "har").stdout)
    assert len(har["log"]["entries"]) == 3
