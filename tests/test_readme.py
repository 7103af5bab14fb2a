"""Every Python snippet of the README runs, against a real server on loopback; every command that it names is there.

The Chinese README has the same commands, code and links, and calls things what the Chinese window calls them.
"""

import ast
import asyncio
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QTranslator

from loom_studio.texts import CONTEXT
from tests.support.wire_openai import text, tool_call
from tests.support.wire_server import WireServer

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHINESE = (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")
PAGES = ("README.md", "README.zh-CN.md", "CONTRIBUTING.md", "ARCHITECTURE.md")
SNIPPETS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def is_program(snippet: str) -> bool:
    return "asyncio.run(" in snippet


def rest(snippets: list[str]) -> list[str]:
    """The snippets that continue what the program began: they await at the top level."""
    return [snippet for snippet in snippets if not is_program(snippet)]


async def test_the_quick_start_is_a_whole_program() -> None:
    (program,) = filter(is_program, SNIPPETS)
    async with WireServer(tool_call("search_docs", query="retries"), text("They ", "are ", "retried.")) as wire:
        settings = {"OPENAI_BASE_URL": wire.url + "/v1", "OPENAI_API_KEY": "a-key", "PYTHONPATH": str(ROOT)}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, env=os.environ | settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        out, err = await process.communicate()
    assert "They are retried." in out.decode(), err.decode()
    assert process.returncode == 0


async def test_the_other_snippets_run_in_their_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "readme"}
    async with WireServer(text("An answer ", "in two pieces."), loop=True) as wire:
        monkeypatch.setenv("OPENAI_BASE_URL", wire.url + "/v1")
        monkeypatch.setenv("OPENAI_API_KEY", "a-key")
        for snippet in rest(SNIPPETS):
            code = compile(snippet, "README.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            result = eval(code, names)  # noqa: S307  our own page
            if inspect.isawaitable(result):
                await result
        await names["agent"].aclose()
    assert rest(SNIPPETS)


def test_every_make_target_of_the_pages_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in PAGES:
        named = set(re.findall(r"`make ([a-z]+)", (ROOT / page).read_text(encoding="utf-8")))
        assert named - targets == set(), page


def test_every_file_that_the_pages_name_exists() -> None:
    for page in PAGES:
        content = (ROOT / page).read_text(encoding="utf-8")
        named = re.findall(r"`((?:loom|loom_studio|tests|resources|packaging|benchmarks)/[\w./-]+)`", content)
        named += re.findall(r"\]\(((?!https?:)[^)#]+)\)", content)
        missing = [name for name in named if not (ROOT / name).exists()]
        assert missing == [], page


def test_every_function_that_the_architecture_page_names_exists() -> None:
    """`path.py:Name.method` in the page is a name that the file defines."""
    content = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for path, name in re.findall(r"`([\w/]+\.py):([\w.]+)`", content):
        defined: set[str] = set()
        for node in ast.walk(ast.parse((ROOT / path).read_text())):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                defined.add(node.name)
        assert set(name.split(".")) <= defined, f"{path}:{name}"


def blocks(page: str) -> list[str]:
    """The blocks of a page without their comments, which are in its language."""
    return [re.sub(r" *# .*", "", block) for block in re.findall(r"^```.*?^```", page, re.DOTALL | re.MULTILINE)]


def prose(page: str) -> str:
    return re.sub(r"^```.*?^```", "", page, flags=re.DOTALL | re.MULTILINE)


def test_the_chinese_page_has_the_code_the_outline_and_the_links_of_the_english_one() -> None:
    assert blocks(CHINESE) == blocks(README)
    assert re.findall(r"```python.*?```", CHINESE, re.DOTALL) == re.findall(r"```python.*?```", README, re.DOTALL)
    ours, theirs = prose(CHINESE), prose(README)
    assert re.findall(r"^#+ ", ours, re.MULTILINE) == re.findall(r"^#+ ", theirs, re.MULTILINE)
    inline = r"`([^`]+)`"
    assert sorted(re.findall(inline, ours)) == sorted(" ".join(code.split()) for code in re.findall(inline, theirs))
    links = r"\]\(([^)]+)\)"
    others = {"README.md", "README.zh-CN.md"}
    assert set(re.findall(links, ours)) ^ set(re.findall(links, theirs)) == others


def test_what_is_bold_in_the_chinese_page_is_what_the_window_calls_it() -> None:
    window = QTranslator()
    assert window.load(str(ROOT / "resources" / "translations" / "loom_studio_zh_CN.qm"))

    def bold(page: str) -> set[str]:
        return {" ".join(each.split()) for each in re.findall(r"\*\*([^*`]+)\*\*", re.sub("`[^`]*`", "", prose(page)))}

    called = {window.translate(CONTEXT, name) for name in bold(README)} - {""}
    assert called - bold(CHINESE) == set()
    assert len(called) > 10
