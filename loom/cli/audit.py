"""`loom audit`: the record of every decision about a tool call."""

from __future__ import annotations

import argparse
import sys

from loom.cli.streams import say_nothing
from loom.safety.profile import Profile


def manage(parsed: argparse.Namespace) -> int:
    """Check the record, or print it."""
    return export() if parsed.action == "export" else verify()


def verify() -> int:
    """Check the chain. Raises AuditError naming the first record that was changed or is missing."""
    log = Profile.default().audit
    print(f"{log.verify()} records, unchanged: {log.file}")
    return 0


def export() -> int:
    """Print every record as a line of JSON, oldest first."""
    is_empty = True
    for line in Profile.default().audit.export():
        is_empty = False
        sys.stdout.write(f"{line}\n")
    if is_empty:
        say_nothing("No decision was recorded yet")
    return 0
