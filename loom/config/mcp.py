"""A tool server that speaks the Model Context Protocol: how it is started or reached, and how long it may take."""

from __future__ import annotations

import re
from dataclasses import field
from enum import Enum
from typing import Any

from loom.errors import ConfigError
from loom.types.checked import config_value

SERVER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$")
URL = re.compile(r"(https?://|\$\{)", re.IGNORECASE)


class MCPTransportType(Enum):
    """How messages go to and from a server. `sse` is the older form of `http`."""

    STDIO = "stdio"
    SSE = "sse"
    HTTP = "http"
    WS = "ws"


@config_value
class MCPServerConfig:
    """One server: a program (`command`, `args`, `env`, `cwd`) or an address (`url`, `headers`).

    `${VAR}` and `${VAR:-default}` in any of them are filled in when it is started. `auto_approve` names tools of it
    that run unasked, unless they say that they destroy. `instructions` are told to the model. `timeout_s` bounds one
    call, `start_timeout_s` the connecting, both in seconds; the time in which a person is asked does not count.
    `oauth` False never signs in, whatever the server wants. A server with `mock_tools` and neither command nor url is a
    stand-in for tests, for `MCPBridge` alone.
    """

    type: MCPTransportType = MCPTransportType.STDIO
    command: str | None = None
    args: list[str] | None = None
    env: dict[str, str] | None = None
    url: str | None = None
    headers: dict[str, str] | None = None
    disabled: bool = False
    auto_approve: list[str] | None = None
    instructions: str = ""
    mock_tools: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    mock_resources: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    mock_tool_results: dict[str, Any] = field(default_factory=dict[str, Any])
    cwd: str | None = None
    timeout_s: float = 120.0
    start_timeout_s: float = 30.0
    oauth: bool = True

    def __post_init__(self) -> None:
        """Refuse times that are none."""
        for name in ("timeout_s", "start_timeout_s"):
            value = getattr(self, name)
            if not 0 < value <= 86_400:
                raise ConfigError(f"MCPServerConfig.{name} must be above 0 and at most 86400 seconds, got {value:g}")

    @property
    def transport(self) -> MCPTransportType:
        """How it is spoken to: an address without a command is `http`, whatever `type` was left at."""
        if self.type is MCPTransportType.STDIO and self.url and not self.command:
            return MCPTransportType.HTTP
        return self.type


def check_server(name: str, config: MCPServerConfig, where: str) -> None:
    """Raise ConfigError, naming the field, unless a server of this name can be started or reached."""
    if not SERVER_NAME.match(name):
        raise ConfigError(
            f"{where}: {name!r} is no name for a server: up to 64 letters, digits, dots, dashes and underscores"
        )
    match config.transport:
        case MCPTransportType.WS:
            raise ConfigError(f"{where}.{name}.type: 'ws' is not spoken by any current server; use 'http' or 'stdio'")
        case MCPTransportType.STDIO if not config.command:
            raise ConfigError(f"{where}.{name} needs a command (a program to start) or a url (a server to reach)")
        case MCPTransportType.HTTP | MCPTransportType.SSE if not config.url:
            raise ConfigError(f"{where}.{name}.url is required for type {config.transport.value!r}")
        case _:
            pass
    if config.url and config.command:
        raise ConfigError(f"{where}.{name} has a command and a url: it can only be one of them")
    if config.url and not URL.match(config.url):
        raise ConfigError(f"{where}.{name}.url must begin with http:// or https://, got {config.url!r}")
    for part in (config.command or "", *(config.args or []), config.url or "", *(config.env or {}).values()):
        if "\x00" in part:
            raise ConfigError(f"{where}.{name} holds a NUL character")
