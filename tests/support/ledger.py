"""A tool whose only effect is a line in a file: what the file says happened, happened."""

import json
from pathlib import Path
from typing import Any

from loom import tool
from loom.config import ToolSpec


class Ledger:
    """Tools that append what they were called with to a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def entries(self) -> list[dict[str, Any]]:
        if not self.path.exists():
            return []
        return [json.loads(line) for line in self.path.read_text().splitlines()]

    def write(self, **entry: Any) -> None:
        with self.path.open("a") as file:
            file.write(json.dumps(entry) + "\n")

    def deploy(self, **options: Any) -> ToolSpec:
        """`deploy(env="production", dry=False)`: notes the environment."""

        def deploy(env: str = "production", dry: bool = False) -> str:
            """Deploy the service."""
            self.write(tool="deploy", env=env, dry=dry)
            return f"deployed to {env}"

        return tool(**options)(deploy)

    def note(self, **options: Any) -> ToolSpec:
        """`note(text)`: notes the text."""

        def note(text: str) -> str:
            """Write a note."""
            self.write(tool="note", text=text)
            return f"noted {text}"

        return tool(**options)(note)
