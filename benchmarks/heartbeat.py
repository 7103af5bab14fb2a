"""The heartbeat: how soon a change is told, and what starting, stillness and a storm of changes cost the Studio."""

from collections.abc import Iterator

from benchmarks.drivers import measure
from benchmarks.table import Row

FOLDER, LARGE = 50_000, 100_000
STORM_IN = 1_000


def rows() -> Iterator[Row]:
    """All of the heartbeat's rows."""
    latency = measure("heartbeat_watch", "latency", "-", FOLDER)
    yield Row("file change to event, 50,000 files: median", "ms", latency.get("median_ms"), 100)
    yield Row("the same, p99", "ms", latency.get("p99_ms"), 400)
    start = measure("heartbeat_watch", "start", "-", LARGE)
    yield Row("start watching 100,000 files", "s", start.get("start_s"), 2)
    yield Row("the same: GUI loop late, worst", "ms", start.get("late_ms"), 50)
    idle = measure("heartbeat_watch", "idle", "-", LARGE)
    yield Row("100,000 files and all resources each second, still", "% of a core", idle.get("busy_pct"), 1)
    storm = measure("heartbeat_watch", "storm", "-", STORM_IN)
    note = f"in {storm.get('took_s', 0):.1f} s, settled {storm.get('settled_s', 0):.1f} s later"
    yield Row("20,000 files created, most deleted: GUI loop late, worst", "ms", storm.get("late_ms"), 50, note=note)
    yield Row("the same: memory that it adds", "MB", storm.get("memory_mb"), 50)
    yield Row("the same: files known wrongly afterwards", "files", storm.get("wrong"), 0)
