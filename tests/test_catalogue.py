"""The documented catalogue of events is the one that the code has, and every type that the runtime emits is in it."""

import ast
from pathlib import Path

from loom.types.events import PAYLOADS, Payload
from tests.support.catalogue import documented, generated

ROOT = Path(__file__).parent.parent
ENDINGS = {"run.completed", "run.failed", "run.cancelled"}  # emitted by the run's state, not by a literal


def emitted() -> set[str]:
    """Every literal event type that code of loom emits."""
    found: set[str] = set()
    for path in (ROOT / "loom").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("emit", "_emit") and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    found.add(first.value)
    return found


def test_the_documented_events_are_the_catalogue() -> None:
    assert documented() == generated(), "run: python -m tests.support.catalogue"


def test_whatever_is_emitted_is_in_the_catalogue() -> None:
    assert emitted() - set(PAYLOADS) == set()
    assert len(emitted()) > 10


def test_every_payload_says_what_it_means() -> None:
    silent = [name for name, payload in PAYLOADS.items() if payload.__doc__ == Payload.__doc__ or not payload.__doc__]
    assert silent == []
