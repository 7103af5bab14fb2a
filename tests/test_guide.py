"""Every block of the library's guide runs, in its order, each building on those before."""

import ast
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from loom_studio.resource_files import resource_path
from tests.support.wire_openai import text
from tests.support.wire_server import WireServer

GUIDE = resource_path("help/en/12-library.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)


async def test_the_blocks_run_in_their_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "guide"}
    async with WireServer(text("It runs ", "what waits."), loop=True) as wire:
        monkeypatch.setenv("OPENAI_BASE_URL", wire.url + "/v1")
        monkeypatch.setenv("OPENAI_API_KEY", "a-key")
        for block in BLOCKS:
            code = compile(block, "12-library.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            result = eval(code, names)  # noqa: S307  our own page
            if inspect.isawaitable(result):
                await result
        for made in list(names.values()):
            if type(made).__name__ == "Agent":
                await made.aclose()
    assert len(BLOCKS) > 10
