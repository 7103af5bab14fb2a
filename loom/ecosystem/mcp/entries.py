"""The servers that an agent may use: of its file, of the workspace's `.mcp.json`, of the person's profile."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError

from loom.config.mcp import MCPServerConfig, check_server
from loom.errors import ConfigError
from loom.files import write_private
from loom.types.checked import explain

WORKSPACE_FILE = ".mcp.json"
PROFILE_FILE = "mcp.json"
AGENT, WORKSPACE, PROFILE, PLUGIN = "agent", "workspace", "profile", "plugin"
LARGEST_FILE_BYTES = 1_000_000
MOST_SERVERS = 100
_FIELDS = {
    "autoApprove": "auto_approve",
    "alwaysAllow": "auto_approve",
    "serverUrl": "url",
    "timeout": "",
    "description": "",
    "gallery": "",
    "tools": "",
    "trust": "",
}
"""Fields of other programs' files: our name, or nothing where they mean nothing to us."""
_TYPES = {"streamable-http": "http", "streamableHttp": "http", "streamable_http": "http", "local": "stdio"}


@dataclass(frozen=True, slots=True)
class ServerEntry:
    """One server as somebody wrote it down: where (`scope`, `source`: a file or the agent), and what is wrong with it.

    `workspace` is the folder that a server is started in unless it names one; None for none.
    """

    name: str
    config: MCPServerConfig
    scope: str
    source: str
    workspace: Path | None = None
    problem: str = ""

    @property
    def key(self) -> str:
        """What consent is kept under: a workspace's server is another in each workspace."""
        place = f"{self.workspace}:" if self.scope == WORKSPACE else ""
        return f"{self.scope}:{place}{self.name}"


def agent_entries(servers: Mapping[str, MCPServerConfig], agent: str, workspace: Path | None) -> list[ServerEntry]:
    """The servers of an agent's own configuration."""
    source = f"the agent {agent}" if agent else "the agent"
    return [ServerEntry(name, config, AGENT, source, workspace) for name, config in servers.items()]


def file_entries(folder: Path | None, workspace: Path | None) -> list[ServerEntry]:
    """The servers of the person's profile in `folder` and of the workspace; blocks. Raises ConfigError naming the file.

    Those of plugins that the person agreed to count as well. Of two with one name, the profile's holds, then a
    plugin's: a workspace can't stand in for a server that the person knows.
    """
    own = read_entries(folder / PROFILE_FILE, PROFILE, workspace) if folder is not None else []
    brought = _of_plugins(folder, workspace) if folder is not None else []
    found = read_entries(workspace / WORKSPACE_FILE, WORKSPACE, workspace) if workspace is not None else []
    chosen: dict[str, ServerEntry] = {}
    for entry in (*own, *brought, *found):
        chosen.setdefault(entry.name, entry)
    return list(chosen.values())


def read_entries(file: Path, scope: str, workspace: Path | None) -> list[ServerEntry]:
    """The servers of one file; none if there is no file; blocks.

    Raises ConfigError for what is no such file at all; a server that can't be is an entry with a problem.
    """
    try:
        if file.stat().st_size > LARGEST_FILE_BYTES:
            raise ConfigError(f"{file} has more than {LARGEST_FILE_BYTES:,} bytes; that is no list of servers")
        text = file.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} can't be read: {error}") from None
    try:
        return parse_servers(text, scope, str(file), workspace)
    except ConfigError as error:
        raise ConfigError(f"{file}: {error}") from None


def parse_servers(text: str, scope: str, source: str, workspace: Path | None) -> list[ServerEntry]:
    """The servers of a JSON text `{"mcpServers": {name: {command, args, env} or {type, url, headers}}}`.

    Raises ConfigError for another shape.
    """
    try:
        data: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"not valid JSON: {error}") from None
    if not isinstance(data, dict):
        raise ConfigError('must be an object with "mcpServers" in it')
    held = cast("dict[str, Any]", data)
    servers: Any = held.get("mcpServers", held.get("servers", held if _looks_like_servers(held) else None))
    if servers is None:
        raise ConfigError('has no "mcpServers"')
    if not isinstance(servers, dict):
        raise ConfigError('"mcpServers" must be an object: a name and what is started or reached for each server')
    named = cast("dict[str, Any]", servers)
    if len(named) > MOST_SERVERS:
        raise ConfigError(f'"mcpServers" has {len(named)} servers; at most {MOST_SERVERS} are read')
    return [_entry(name, raw, scope, source, workspace) for name, raw in named.items()]


def add_to_profile(folder: Path, name: str, config: MCPServerConfig | None) -> None:
    """Put a server into the profile's file, or take it out (None); blocks. Raises ConfigError."""
    file = folder / PROFILE_FILE
    read_entries(file, PROFILE, None)  # what can't be read is not written over
    data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8-sig")) if file.exists() else {"mcpServers": {}}
    servers: dict[str, Any] = data.get("mcpServers", data)
    if config is None:
        if servers.pop(name, None) is None:
            raise ConfigError(f"There is no server {name!r} in {file}")
    else:
        check_server(name, config, "mcpServers")
        servers[name] = to_json(config)
    try:
        write_private(file, json.dumps(data, indent=2, ensure_ascii=False))
    except OSError as error:
        raise ConfigError(f"{file} can't be written: {error.strerror or error}") from None


def to_json(config: MCPServerConfig) -> dict[str, Any]:
    """A server as `mcpServers` files have it: what differs from the defaults."""
    plain: dict[str, Any] = TypeAdapter(MCPServerConfig).dump_python(config, mode="json", exclude_defaults=True)
    if config.url:
        plain["type"] = config.transport.value
    return plain


def _of_plugins(folder: Path, workspace: Path | None) -> list[ServerEntry]:
    """The servers that plugins bring; each still waits until its start was agreed to, as any other."""
    from loom.ecosystem.plugin_parts import plugin_mcp_servers
    from loom.safety.profile import Profile

    servers = plugin_mcp_servers(Profile(folder))
    return [_entry(name, raw, PLUGIN, "a plugin", workspace) for name, raw in servers.items()]


def _looks_like_servers(held: dict[str, Any]) -> bool:
    return bool(held) and all(isinstance(each, dict) and ({"command", "url"} & each.keys()) for each in held.values())


def _entry(name: str, raw: Any, scope: str, source: str, workspace: Path | None) -> ServerEntry:
    bare = ServerEntry(name, MCPServerConfig(), scope, source, workspace)
    where = f"mcpServers.{name}"
    if not isinstance(raw, dict):
        return replace(bare, problem=f"{where} must be an object")
    try:
        plain = _ours(cast("dict[str, Any]", raw))
        config = TypeAdapter(MCPServerConfig).validate_json(json.dumps(plain))
        check_server(name, config, "mcpServers")
    except ValidationError as error:
        return replace(bare, problem=explain(error, where))
    except ConfigError as error:
        return replace(bare, problem=str(error))
    return replace(bare, config=config)


def _ours(raw: dict[str, Any]) -> dict[str, Any]:
    """The fields under our names, without what only other programs know."""
    plain = {_FIELDS.get(field, field): value for field, value in raw.items() if _FIELDS.get(field, field)}
    if isinstance(plain.get("type"), str):
        plain["type"] = _TYPES.get(plain["type"], plain["type"])
    return plain
