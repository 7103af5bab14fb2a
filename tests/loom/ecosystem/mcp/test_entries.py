"""Which servers are configured where, and what is said of those that can't be."""

import json
from pathlib import Path
from typing import Any

import pytest

from loom.config import MCPServerConfig, MCPTransportType, agent_from_toml, agent_to_toml
from loom.ecosystem.mcp.entries import add_to_profile, file_entries, parse_servers, read_entries
from loom.errors import ConfigError

AGENT = '[model]\nprovider = "scripted"\nname = "x"\n'


def test_the_shape_that_every_program_writes_is_read() -> None:
    text = json.dumps(
        {
            "mcpServers": {
                "files": {"command": "npx", "args": ["-y", "x"], "env": {"A": "1"}, "alwaysAllow": ["read"]},
                "web": {"type": "streamable-http", "url": "https://example.com/mcp", "headers": {"X": "y"}},
                "old": {"type": "sse", "url": "https://example.com/sse", "timeout": 5},
            }
        }
    )
    files, web, old = parse_servers(text, "profile", "a test", None)
    assert files.config == MCPServerConfig(command="npx", args=["-y", "x"], env={"A": "1"}, auto_approve=["read"])
    assert web.config.transport is MCPTransportType.HTTP
    assert old.config.transport is MCPTransportType.SSE
    assert not any(entry.problem for entry in (files, web, old))


def test_servers_pasted_without_their_frame_are_read_too() -> None:
    (entry,) = parse_servers('{"time": {"command": "mcp-server-time"}}', "profile", "a test", None)
    assert (entry.name, entry.config.command) == ("time", "mcp-server-time")


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ({"command": 3}, "mcpServers.s.command must be a valid string"),
        ({"args": ["x"]}, "mcpServers.s needs a command"),
        ({"command": "a", "url": "https://x"}, "mcpServers.s has a command and a url"),
        ({"url": "javascript:alert(1)"}, "must begin with http:// or https://"),
        ({"command": "a", "colour": "red"}, "mcpServers.s.colour is not a known field"),
        ({"command": "a\u0000b"}, "holds a NUL character"),
        ({"command": "a", "args": "not a list"}, "mcpServers.s.args must be a valid array"),
        ("text", "mcpServers.s must be an object"),
    ],
)
def test_one_that_can_not_be_is_named_and_the_others_stay(raw: Any, says: str) -> None:
    text = json.dumps({"mcpServers": {"s": raw, "good": {"command": "true"}}})
    bad, good = parse_servers(text, "profile", "a test", None)
    assert says in bad.problem
    assert not good.problem


@pytest.mark.parametrize("text", ["", "[]", "{", '{"mcpServers": []}', '{"other": 1}', "[" * 5000])
def test_a_file_that_is_none_is_said_to_be_that(tmp_path: Path, text: str) -> None:
    (tmp_path / ".mcp.json").write_text(text)
    with pytest.raises(ConfigError, match=r"\.mcp\.json"):
        file_entries(None, tmp_path)


def test_a_workspace_can_not_stand_in_for_a_server_that_the_person_knows(tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    add_to_profile(profile, "git", MCPServerConfig(command="git-server"))
    (tmp_path / ".mcp.json").write_text(
        json.dumps({"mcpServers": {"git": {"command": "evil"}, "own": {"command": "x"}}})
    )
    found = {entry.name: (entry.config.command, entry.scope) for entry in file_entries(profile, tmp_path)}
    assert found == {"git": ("git-server", "profile"), "own": ("x", "workspace")}


def test_a_server_is_added_and_taken_out_and_what_else_is_in_the_file_stays(tmp_path: Path) -> None:
    (tmp_path / "mcp.json").write_text('{"mcpServers": {"a": {"command": "x"}}, "note": "mine"}')
    add_to_profile(tmp_path, "web", MCPServerConfig(url="https://example.com/mcp"))
    assert [entry.name for entry in read_entries(tmp_path / "mcp.json", "profile", None)] == ["a", "web"]
    add_to_profile(tmp_path, "a", None)
    data = json.loads((tmp_path / "mcp.json").read_text())
    assert data == {"mcpServers": {"web": {"url": "https://example.com/mcp", "type": "http"}}, "note": "mine"}


def test_servers_of_an_agent_file_are_read_and_written(tmp_path: Path) -> None:
    text = AGENT + '[mcp_servers.time]\ncommand = "mcp-server-time"\nargs = ["--local-timezone", "UTC"]\n'
    config = agent_from_toml(text)
    assert config.mcp_servers["time"].args == ["--local-timezone", "UTC"]
    assert agent_from_toml(agent_to_toml(config)) == config


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ('[mcp_servers.x]\ncomand = "a"', "mcp_servers.x.comand is not a known field"),
        ("[mcp_servers.x]\ncommand = 3", "mcp_servers.x.command must be a valid string"),
        ('[mcp_servers.x]\nargs = ["a"]', "mcp_servers.x needs a command"),
        ('[mcp_servers.x]\ntype = "ws"\nurl = "https://x"', "'ws' is not spoken"),
        ('[mcp_servers."a b"]\ncommand = "x"', "'a b' is no name for a server"),
    ],
)
def test_an_agent_file_is_refused_with_the_field(table: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        agent_from_toml(AGENT + table)
    assert says in str(caught.value)
