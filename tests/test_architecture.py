"""The shape of the code that no tool of ours checks: sizes, and that only the gate runs a tool."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LONGEST = 600
VAGUE = {"utils.py", "helpers.py", "misc.py", "common.py", "manager.py", "base_manager.py"}


def modules(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def calls(tree: ast.Module) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


@pytest.mark.parametrize("folder", ["loom", "loom_studio", "tests", "benchmarks"])
def test_no_module_is_longer_than_a_person_can_hold(folder: str) -> None:
    lengths = {named(path): len(path.read_text().splitlines()) for path in modules(folder)}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_every_module_says_what_it_is_about() -> None:
    silent = [named(p) for p in modules("loom", "loom_studio") if ast.get_docstring(ast.parse(p.read_text())) is None]
    assert silent == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [named(path) for path in modules("loom", "loom_studio") if path.name in VAGUE] == []


def test_only_the_gate_runs_a_tool() -> None:
    """A handler is called through `ToolHandler.invoke` or its `func`; both happen in the gate alone.

    (`config/tools.py` defines them, and lets a spec be called in plain code, as 0.7.3 did.)
    """
    users = {
        named(path)
        for path in modules("loom", "loom_studio")
        for call in calls(ast.parse(path.read_text()))
        if re.search(r"handler\.(invoke|func)$", ast.unparse(call.func))
        or any(re.search(r"handler\.(invoke|func)$", ast.unparse(argument)) for argument in call.args)
    }
    assert users - {"loom/config/tools.py"} == {"loom/tools/gate.py"}


def test_nothing_swallows_every_error() -> None:
    found: list[str] = []
    for path in modules("loom", "loom_studio"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.ExceptHandler):
                continue
            wide = node.type is None or ast.unparse(node.type) in ("Exception", "BaseException")
            if wide and all(isinstance(inner, ast.Pass | ast.Continue) for inner in node.body):
                found.append(f"{named(path)}:{node.lineno}")
    assert found == []


def test_no_mocks() -> None:
    pattern = re.compile(r"^\s*(from|import)\s+(unittest\.mock|mock)\b|\bMagicMock\(", re.MULTILINE)
    assert [named(path) for path in modules("tests") if pattern.search(path.read_text())] == []


def test_no_registry_and_no_path_of_a_machine_is_named() -> None:
    """A checkout works with whatever index and folders its user has."""
    pattern = re.compile(r"index-url|--find-links|/home/\w+/|/root/")
    files = [ROOT / "Makefile", ROOT / ".ci" / "run", ROOT / "pyproject.toml", *(ROOT / "packaging").iterdir()]
    assert [named(path) for path in files if path.is_file() and pattern.search(path.read_text())] == []
