"""The agents of one harness run use one process of a tool server, not one each."""

import sys
from pathlib import Path

from loom.config import MCPServerConfig
from loom.ecosystem.mcp.entries import AGENT, ServerEntry
from loom.ecosystem.mcp.launch import launch_of
from loom.ecosystem.mcp.pool import ServerPool
from loom.orchestration import MemoryEngine
from loom.roles import harness_of
from loom.safety.profile import Profile
from loom.threads import in_thread

ROLE = """
name = "{name}"
mcp_servers.odd = {{ command = "/bin/sh", args = {arguments} }}
[model]
provider = "scripted"
name = "s"
[model.extensions]
turns = ["{says}", "{says}", "{says}"]
"""


async def test_all_roles_of_a_harness_run_share_one_server(tmp_path: Path) -> None:
    work, started = tmp_path / "work", tmp_path / "started.txt"
    work.mkdir()
    root = Path(__file__).parents[2]
    arguments = ["-c", f"echo $$ >> {started}; cd {root}; exec {sys.executable} -m tests.support.odd_server"]
    says = {"agent": "made", "evaluator": "PASS"}
    details = {"workspace": str(work), "max_sprints": 1, "criterion": ["it is there"]}
    for role, words in says.items():
        file = tmp_path / f"{role}.toml"
        file.write_text(ROLE.format(name=role, says=words, arguments=arguments))
        details[role] = str(file)
    profile = Profile(tmp_path / "profile")
    config = MCPServerConfig(command="/bin/sh", args=arguments)
    pool = ServerPool(profile.folder)
    entry = ServerEntry("odd", config, AGENT, "test", work)
    await in_thread(lambda: pool.pins.approve(entry.key, launch_of(entry)))
    async with harness_of(MemoryEngine(), details, profile, mcp=pool) as harness:
        await harness.run("make it")
        assert [server.state for server in pool.servers] == ["ready"]
    assert len((await in_thread(started.read_text)).split()) == 1
    assert pool.servers == []
