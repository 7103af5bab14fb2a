"""The built-in tools, on real folders and with real child processes."""

import asyncio
import os
import shutil
import socket
import time
import tracemalloc
import unicodedata
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loom.agent import Agent, create_agent
from loom.config import AgentConfig, ModelRef, PolicyConfig, ToolAccessPolicy, ToolPolicy
from loom.errors import LoomError, ToolExecutionError, ToolPermissionError
from loom.providers.scripted import ScriptedProvider
from loom.safety.paths import WorkspacePaths
from loom.safety.permissions import PermissionMode
from loom.threads import in_thread
from loom.tools.builtin import workspace_tools
from loom.types.runs import RunState
from tests.support.agents import assert_catalogued, call, of_type
from tests.support.waiting import timed

ALL = ("files", "search", "edit", "shell")
SLEEP = f"sleep 77.7{os.getpid()}"
"""A process of these tests alone."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "main.py").write_text("import os\n\ndef main():\n    return 1\n")
    (folder / "README.md").write_text("# Title\nhello\n")
    (folder / ".gitignore").write_text("*.log\nbuild/\n")
    (folder / "build").mkdir()
    (folder / "build" / "out.py").write_text("main")
    (folder / "x.log").write_text("main")
    (tmp_path / "secret.txt").write_text("secret")
    return folder


def tools(root: Path) -> dict[str, Any]:
    return {spec.name: spec for spec in workspace_tools(root, ALL)}


def test_the_names_and_natures_are_those_of_the_interface(root: Path) -> None:
    made = tools(root)
    assert list(made) == ["read_file", "list_files", "glob", "grep", "edit_file", "write_file", "run_command"]
    assert [name for name, spec in made.items() if spec.read_only] == ["read_file", "list_files", "glob", "grep"]
    assert made["run_command"].destructive
    assert {"command", "argv"} <= made["run_command"].to_input_schema()["properties"].keys()


def test_reading_numbers_lines_and_pages(root: Path) -> None:
    read = tools(root)["read_file"]
    assert read("src/main.py").splitlines()[0] == "     1\timport os"
    paged = read("src/main.py", 3, 1)
    assert paged == "     3\tdef main():\n[more lines follow; read on with offset=4]"
    (root / "pic.png").write_bytes(b"\x89PNG\r\n\x1a\n....")
    assert read("pic.png").startswith(b"\x89PNG")
    (root / "blob").write_bytes(b"\x00\x01")
    with pytest.raises(ToolExecutionError, match="not a text file"):
        read("blob")
    with pytest.raises(ToolExecutionError, match=r"did you mean 'README.md'"):
        read("REDME.md")
    with pytest.raises(ToolExecutionError, match="is a folder"):
        read("src")


def test_what_is_ignored_is_left_out_of_lists_and_searches(root: Path) -> None:
    made = tools(root)
    assert made["list_files"](".", 2).splitlines() == [".gitignore", "README.md", "src/", "src/main.py"]
    assert made["glob"]("**/*.py") == "src/main.py"
    assert made["glob"]("*.md") == "README.md"
    assert "No file matches" in made["glob"]("*.rs")


def test_a_line_without_end_is_not_held_whole(root: Path) -> None:
    (root / "long").write_bytes(b"x" * 50_000_000 + b"\nnext\n")
    tracemalloc.start()
    try:
        first, second = tools(root)["read_file"]("long").split("\n")
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
    assert first == f"     1\t{'x' * 2000} [… line cut]"
    assert second == "     2\tnext"


@pytest.mark.parametrize(
    ("before", "old", "new", "after"),
    [
        (b"a\r\nb\r\n", "a", "x\ny", b"x\r\ny\r\nb\r\n"),
        (b"a\r\nb\r\n", "a", "x\r\ny", b"x\r\ny\r\nb\r\n"),
        (b"a\r\nb\nc\nd\r\n", "b\nc", "X\nY", b"a\r\nX\nY\nd\r\n"),  # mixed, as read_file does not show
        (b"a\r\nb\nc\nd\r\n", "a\nb\nc", "X\nY", b"X\r\nY\nd\r\n"),
        (b"a\nb\n", "a\r\nb", "x\r\ny", b"x\ny\n"),
        (b"a\nb\n", "b", "\\1\\n", b"a\n\\1\\n\n"),
    ],
)
def test_line_ends_stay_as_they_are_where_text_is_replaced(
    root: Path, before: bytes, old: str, new: str, after: bytes
) -> None:
    (root / "ends").write_bytes(before)
    tools(root)["edit_file"]("ends", old, new)
    assert (root / "ends").read_bytes() == after


def test_an_edit_of_a_long_file_of_few_different_lines_takes_no_time(root: Path) -> None:
    lines = [f"{number * number % 151}\n" for number in range(60_000)]
    (root / "data.csv").write_text("".join([*lines, "needle\n", *lines]))
    began = time.process_time()
    assert "\n-needle\n+found\n" in tools(root)["edit_file"]("data.csv", "needle", "found")
    assert time.process_time() - began < 5


def test_a_change_of_line_ends_alone_is_told(root: Path) -> None:
    (root / "ends").write_bytes(b"a\r\nb\r\n")
    assert tools(root)["write_file"]("ends", "a\nb\n") == "'ends': its line ends changed"
    assert tools(root)["write_file"]("ends", "a\nb\n").startswith("'ends' is as it was")


def test_text_that_begins_again_in_itself_stands_there_twice(root: Path) -> None:
    (root / "a").write_text("aaa")
    with pytest.raises(ToolExecutionError, match="stands 2 times"):
        tools(root)["edit_file"]("a", "aa", "b")
    tools(root)["edit_file"]("a", "aa", "b", True)
    assert (root / "a").read_text() == "ba"


def test_a_name_is_taken_as_it_is_on_the_disk(root: Path) -> None:
    apart = unicodedata.normalize("NFD", "Café")
    (root / apart).mkdir()
    (root / apart / f"{apart}.txt").write_text("as a Mac wrote it")
    made = tools(root)
    assert "as a Mac wrote it" in made["read_file"](f"{apart}/{apart}.txt")
    made["write_file"](f"{apart}/{unicodedata.normalize('NFD', 'né')}", "new")
    assert {path.name for path in (root / apart).iterdir()} == {f"{apart}.txt", "né"}
    assert [path.name for path in root.iterdir() if "Caf" in path.name] == [apart]


@pytest.mark.skipif(os.name == "nt", reason="modes and owners of POSIX")
def test_a_file_keeps_its_owner_and_a_new_one_the_mode_of_the_person(root: Path) -> None:
    file, made = root / "README.md", tools(root)
    if os.geteuid() == 0:
        os.chown(file, 1234, 2345)
    file.chmod(0o640)
    held = file.stat()
    made["edit_file"]("README.md", "hello", "bye")
    now = file.stat()
    assert (now.st_mode, now.st_uid, now.st_gid) == (held.st_mode, held.st_uid, held.st_gid)
    before = os.umask(0o077)
    try:
        made["write_file"]("private", "x")
    finally:
        os.umask(before)
    assert (root / "private").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("tool", ["read_file", "write_file"])
def test_a_path_that_leads_nowhere_is_told_in_words(root: Path, tool: str) -> None:
    (root / "loop").symlink_to("loop")
    for path, said in (
        ("loop", "'loop' is a link that leads to itself"),
        ("README.md/x", r"'README\.md/x' can't be used: Not a directory"),
        ("y" * 300, "y' can't be used: File name too long"),
    ):
        with pytest.raises(ToolExecutionError, match=said):
            tools(root)[tool](path, *(["text"] if tool == "write_file" else []))


async def test_grep_finds_lines_with_and_without_ripgrep(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grep = tools(root)["grep"]
    assert await grep("main") == "src/main.py:3:def main():"
    monkeypatch.setattr("shutil.which", lambda _name: None)
    assert await grep("MAIN", ignore_case=True) == "src/main.py:3:def main():"
    assert await grep("hello", "README.md") == "README.md:2:hello"
    assert "Nothing matches" in await grep("main", ".", "*.md")
    with pytest.raises(ToolExecutionError, match="not a regular expression"):
        await grep("(")


def test_an_edit_is_exact_and_gives_its_diff(root: Path) -> None:
    edit = tools(root)["edit_file"]
    (root / "src" / "main.py").chmod(0o755)
    diff = edit("src/main.py", "return 1", "return 2")
    assert "-    return 1" in diff
    assert "+    return 2" in diff
    assert (root / "src" / "main.py").read_text().endswith("return 2\n")
    assert (root / "src" / "main.py").stat().st_mode & 0o777 == 0o755
    with pytest.raises(ToolExecutionError, match="is not in"):
        edit("src/main.py", "nothing", "x")
    (root / "twice").write_text("a a")
    with pytest.raises(ToolExecutionError, match="stands 2 times"):
        edit("twice", "a", "b")
    edit("twice", "a", "b", True)
    assert (root / "twice").read_text() == "b b"


def test_writing_makes_folders_and_leaves_no_temporary_files(root: Path) -> None:
    write = tools(root)["write_file"]
    assert write("new/deep/file.txt", "hi\n").startswith("Created 'new/deep/file.txt'")
    assert "+there" in write("new/deep/file.txt", "hi\nthere\n")
    assert [p.name for p in (root / "new" / "deep").iterdir()] == ["file.txt"]


@pytest.mark.parametrize(
    "path",
    [
        "../secret.txt",
        "/etc/passwd",
        "src/../../secret.txt",
        "~/x",
        "link",
        "linked/secret.txt",
        "//?/C:/x",
        "\x00",
        "  ",
    ],
)
def test_no_path_leaves_the_workspace(root: Path, path: str) -> None:
    (root / "link").symlink_to(root.parent / "secret.txt")
    (root / "linked").symlink_to(root.parent)
    made = tools(root)
    for name, arguments in (
        ("read_file", ()),
        ("edit_file", ("secret", "x")),
        ("write_file", ("x",)),
        ("list_files", ()),
    ):
        with pytest.raises((ToolPermissionError, ToolExecutionError)):
            made[name](path, *arguments)
    assert (root.parent / "secret.txt").read_text() == "secret"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet="./\\~ab\u2024\u2215\uff0e\uff0f %2e:\n", max_size=24))
def test_no_spelling_of_a_path_escapes(tmp_path: Path, path: str) -> None:
    inside = WorkspacePaths(tmp_path)
    try:
        resolved = inside.resolve(path)
    except LoomError:
        return
    assert resolved.is_relative_to(inside.root)


def test_pipes_and_sockets_are_not_opened(root: Path) -> None:
    os.mkfifo(root / "pipe")
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(root / "s"))
    server.close()
    for name in ("pipe", "s"):
        with pytest.raises(ToolExecutionError, match="not a regular file"):
            tools(root)["read_file"](name)


async def test_a_command_runs_in_the_workspace_without_our_keys(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-secret")
    run = tools(root)["run_command"]
    out = await run("pwd; echo err >&2; echo key=$ANTHROPIC_API_KEY; cat; exit 3")
    assert out == f"{root}\nerr\nkey=\n[exit code 3]"
    assert await run("kill -9 $$") == "[killed by signal 9]"


async def test_a_command_does_not_get_the_key_that_an_agent_file_names(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUR_GATEWAY", "hush-hush")
    config = AgentConfig(ModelRef.openai("m", api_key_env="OUR_GATEWAY"), capabilities=["shell"])
    run = (await in_thread(create_agent, config, workspace=root)).engine.gate.tools["run_command"]
    assert await run("echo key=$OUR_GATEWAY") == "key=\n[exit code 0]"


async def test_long_output_keeps_head_and_tail(root: Path) -> None:
    out = await tools(root)["run_command"]("seq 1 1000000")
    assert out.startswith("1\n2\n")
    assert "1000000\n[exit code 0]" in out
    assert "bytes left out" in out
    assert len(out) < 2**21 + 100


async def test_the_middle_of_a_long_output_is_in_its_artifact(root: Path) -> None:
    access = ToolAccessPolicy(allow=["run_command"], allow_destructive=True)
    turn = {"tool": "run_command", "arguments": {"command": "seq 1 150000"}}
    config = AgentConfig(
        model=ModelRef.scripted([turn, "Done."]),
        capabilities=["shell"],
        policy=PolicyConfig(tools=ToolPolicy(access=access)),
    )
    agent = create_agent(config, workspace=root)
    result = await agent.run("Count")
    await agent.aclose()
    whole = next(each for each in result.artifacts if each.kind == "tool_output").metadata["content"]
    assert whole == "".join(f"{number}\n" for number in range(1, 150_001)) + "[exit code 0]"


async def test_a_time_out_kills_the_whole_tree(root: Path) -> None:
    run = tools(root)["run_command"]
    async with timed() as took:
        out = await run(f"{SLEEP} & sh -c '{SLEEP}' & echo started; wait", 2.0)
    assert took.seconds < 10
    assert out == "started\n[stopped after 2 s]"
    assert not _sleepers()


async def test_what_is_left_in_the_background_ends_with_the_command(root: Path) -> None:
    assert await tools(root)["run_command"](f"{SLEEP} & echo ok") == "ok\n[exit code 0]"
    assert not _sleepers()


def _sleepers() -> list[psutil.Process]:
    found = [p for p in psutil.process_iter() if _command_line(p) == SLEEP.split()]
    return [p for p in found if p.status() != psutil.STATUS_ZOMBIE]


def _command_line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def agent_in(root: Path, *turns: Any, **access: Any) -> Agent:
    ref = ModelRef.scripted(list(turns))
    policy = PolicyConfig(tools=ToolPolicy(access=ToolAccessPolicy(**access))) if access else None
    return Agent(AgentConfig(model=ref, capabilities=list(ALL), policy=policy), root, ScriptedProvider(ref))


async def test_an_agent_with_capabilities_reads_without_asking_and_cancel_kills_its_command(root: Path) -> None:
    agent = agent_in(
        root, call("read_file", path="README.md"), call("run_command", command=SLEEP),
        allow=["read_file", "run_command"], allow_destructive=True,
    )  # fmt: skip
    run = agent.session().start("go")
    async for event in run.events():
        if event.type == "tool.started" and event.payload["tool"] == "run_command":
            break
    await asyncio.sleep(0.2)
    result = await run.cancel()
    assert result.state is RunState.CANCELLED
    assert "hello" in of_type(result, "tool.completed")[0]["content"]
    assert not _sleepers()
    assert_catalogued(result.events)


async def test_accept_edits_mode_asks_about_protected_paths(root: Path) -> None:
    (root / ".git").mkdir()
    agent = agent_in(
        root, call("write_file", path="a.txt", content="x"), call("write_file", path=".git/hooks", content="x"), "ok"
    )
    session = agent.session()
    session.mode = PermissionMode.ACCEPT_EDITS
    result = await session.run("go")
    assert (root / "a.txt").exists()
    assert not (root / ".git" / "hooks").exists()
    assert of_type(result, "tool.vetoed")[0]["rule"] == "protected_path"


async def test_a_workspace_that_went_is_said_to_be_gone(root: Path) -> None:
    agent = agent_in(root, call("list_files"), call("write_file", path="a.txt", content="x"), "done")
    shutil.rmtree(root)
    approver = agent.attach_approver()
    result = await agent.run("look")
    approver.detach()
    gone = f"The workspace {root} is not there any more"
    assert gone in str(of_type(result, "tool.completed") + of_type(result, "tool.failed"))
    assert f"the check itself failed: {gone}" in str([event.payload for event in result.events])
