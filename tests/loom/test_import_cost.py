"""Importing loom is cheap: nothing heavy comes along until it is used."""

import subprocess
import sys

import pytest

HEAVY = (
    "PySide6", "shiboken6", "qasync", "qtawesome",
    "anthropic", "openai", "google", "httpx2", "httpcore2", "xllamacpp",
    "mcp", "watchdog", "psutil", "keyring", "pygments", "markdown_it", "jsonschema", "opentelemetry", "dbos",
    "tree_sitter", "tree_sitter_bash",
)  # fmt: skip


def loaded_after(statement: str) -> set[str]:
    """The top-level packages that a fresh Python has loaded after `statement`."""
    script = f"import sys\n{statement}\nprint(' '.join({{name.partition('.')[0] for name in sys.modules}}))"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(ran.stdout.split())


@pytest.mark.parametrize(
    "statement",
    [
        "import loom",
        "from loom import Agent, AgentConfig, ModelRef, create_agent, tool",
        "from loom.config import *",
        "from loom.runtime import Run, Session",
    ],
)
def test_no_sdk_no_qt_and_no_watcher_comes_with(statement: str) -> None:
    assert loaded_after(statement).isdisjoint(HEAVY)


def test_import_loom_alone_loads_no_pydantic() -> None:
    assert "pydantic" not in loaded_after("import loom")
