"""`make bench`: measure, and print one table. `--quick` leaves the peers and the long cases out."""

import argparse
import functools
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks import consumers, context, harness, heartbeat, knowledge, runtime, server, studio, tools
from benchmarks.environments import environments
from benchmarks.table import Row, show

Part = Callable[[], Iterable[Row]]


def parts(url: str, quick: bool, with_peers: bool) -> dict[str, Part]:
    """What is measured, by the name that `--only` takes."""

    @functools.cache
    def pythons() -> dict[str, Path]:
        return environments() if with_peers else {}

    counts = {20: 1 / 4} if quick else {20: 1 / 4, 200: 1 / 25}
    return {
        "rounds": lambda: runtime.rounds(url, pythons(), counts),
        "own": lambda: runtime.own_cost(url, pythons(), [20, 200]),
        "history": lambda: runtime.history(url, 5_000),
        "stream": lambda: runtime.streaming(url, 10_000),
        "sessions": lambda: runtime.sessions(url, pythons(), 100),
        "tools": lambda: runtime.tools_side_by_side(url),
        "context": lambda: context.rows(pythons()),
        "many": tools.rows,
        "harness": harness.rows,
        "heartbeat": heartbeat.rows,
        "consumers": consumers.rows,
        "knowledge": knowledge.rows,
        "imports": lambda: runtime.imports(5 if quick else 15),
        "studio": lambda: studio.rows(url, quick),
    }


def main() -> int:
    """Measure what was asked for; exit code 1 when a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="no peers, fewer repeats: under two minutes")
    parser.add_argument("--no-peers", action="store_true", help="everything, without the peers from PyPI")
    names = "rounds own history stream sessions tools context many harness heartbeat consumers knowledge imports studio"
    parser.add_argument("--only", nargs="+", metavar="PART", choices=names.split(), help=f"some of: {names}")
    options = parser.parse_args()
    rows: list[Row] = []
    began = time.monotonic()
    with server.running() as url:
        for name, part in parts(url, options.quick, not (options.quick or options.no_peers)).items():
            if options.only and name not in options.only:
                continue
            print(f"measuring {name} …", file=sys.stderr, flush=True)
            rows.extend(part())
    print(show(rows))
    print(f"\n{time.monotonic() - began:.0f} s; each figure in its own process, the best or median of several runs")
    return 1 if any(row.verdict in ("OVER", "failed") for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
