"""Knowledge: how long an index takes to be made and compared, what the Studio notices, and how fast it answers."""

from collections.abc import Iterator

from benchmarks.drivers import measure
from benchmarks.table import Row

FILES = 10_000


def rows() -> Iterator[Row]:
    """All of the knowledge rows."""
    found = measure("knowledge_index", "index", "-", FILES)
    megabytes = found.get("megabytes", 0.0)
    note = f"{found.get('cpu_s', 0.0):.0f} s of processor time, {found.get('index_mb', 0.0):.0f} MB on the disk"
    yield Row(f"index 10,000 Markdown files ({megabytes:.0f} MB)", "s", found.get("index_s"), 60, note=note)
    yield Row("the same: GUI loop late, worst", "ms", found.get("late_ms"), 50)
    yield Row("the same: times that progress was told", "", found.get("told"), 20, higher=True)
    yield Row("compare the 10,000 files again, unchanged", "s", found.get("again_s"), None)
    chunks = f"{found.get('chunks', 0.0):,.0f} pieces"
    yield Row("query by six words: median", "ms", found.get("query_ms"), 20, note=chunks)
    yield Row("the same, p95", "ms", found.get("query_p95_ms"), None)
    yield Row("the same: GUI loop late, worst", "ms", found.get("query_late_ms"), 50)
    yield Row("query with a vector of 256 numbers as well: median", "ms", found.get("vector_ms"), 20)
