"""What is started or reached for a server, with its variables filled in, and the fingerprint that consent pins."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from loom.config.mcp import MCPServerConfig, MCPTransportType
from loom.ecosystem.mcp.entries import WORKSPACE, ServerEntry
from loom.errors import ToolServerError
from loom.types.strict_json import fingerprint

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")
# fmt: off
KEPT_VARIABLES = (
    "HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TZ",
    "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS", "APPDATA", "HOMEDRIVE", "HOMEPATH",
    "LOCALAPPDATA", "PATHEXT", "PROCESSOR_ARCHITECTURE", "SYSTEMDRIVE", "SYSTEMROOT", "TEMP", "USERNAME", "USERPROFILE",
)
# fmt: on
"""What a server gets of our environment: nothing that may be a secret; those are passed by name, in `env`."""
LARGEST_HASHED_BYTES = 20_000_000


@dataclass(frozen=True, slots=True)
class Launch:
    """A server ready to be started or reached.

    `shown` is what a person agrees to, a line for each part, nothing left out; values of `env` and `headers` are not in
    it. `hash` pins those lines and, of what runs from the workspace, the contents.
    """

    transport: MCPTransportType
    command: str
    args: tuple[str, ...]
    env: dict[str, str] = field(repr=False)
    cwd: Path | None
    url: str
    headers: dict[str, str] = field(repr=False)
    shown: tuple[str, ...]
    hash: str


def launch_of(entry: ServerEntry, environment: Mapping[str, str] | None = None) -> Launch:
    """What an entry starts or reaches now; looks at files, so it blocks.

    Raises ToolServerError for a variable that is not set, and a program that is not there.
    """
    config, variables = entry.config, os.environ if environment is None else environment
    command = _filled(entry, "command", config.command or "", variables)
    args = tuple(_filled(entry, f"args[{n}]", part, variables) for n, part in enumerate(config.args or []))
    env = {name: _filled(entry, f"env.{name}", value, variables) for name, value in (config.env or {}).items()}
    url = _filled(entry, "url", config.url or "", variables)
    headers = {name: _filled(entry, f"headers.{name}", value, variables) for name, value in _headers(config).items()}
    cwd = _folder(entry, config, variables)
    program = _program(entry, command, env, variables, cwd) if command else ""
    contents = _contents(entry.workspace, cwd, [program, *args]) if command else []
    shown = _shown(config, program, args, cwd, url)
    secret = [config.env, config.headers] if entry.scope == WORKSPACE else []
    kept = {name: variables[name] for name in KEPT_VARIABLES if name in variables}
    return Launch(
        config.transport,
        program,
        args,
        {**kept, **env},
        cwd,
        url,
        headers,
        shown,
        fingerprint([list(shown), contents, secret]),
    )


def fill_in(text: str, variables: Mapping[str, str]) -> str:
    """`text` with `${VAR}` and `${VAR:-default}` filled in. Raises KeyError with the name of one that is not set."""

    def value(found: re.Match[str]) -> str:
        held = variables.get(found[1])
        if held:
            return held
        if found[2] is not None:
            return found[2]
        if held is None:
            raise KeyError(found[1])
        return held

    return _VARIABLE.sub(value, text)


def _filled(entry: ServerEntry, field_name: str, text: str, variables: Mapping[str, str]) -> str:
    try:
        return fill_in(text, variables)
    except KeyError as error:
        raise ToolServerError(
            f"The server {entry.name!r} needs the variable {error.args[0]}, which is not set "
            f"({field_name} in {entry.source})"
        ) from None


def _headers(config: MCPServerConfig) -> dict[str, str]:
    return config.headers or {}


def _folder(entry: ServerEntry, config: MCPServerConfig, variables: Mapping[str, str]) -> Path | None:
    if not config.command:
        return None
    base = entry.workspace or Path.home()
    if config.cwd is None:
        return base
    folder = (base / Path(_filled(entry, "cwd", config.cwd, variables)).expanduser()).resolve()
    if not folder.is_dir():
        raise ToolServerError(f"The server {entry.name!r} is to be started in {folder}, which is not a folder")
    return folder


def _program(
    entry: ServerEntry, command: str, env: Mapping[str, str], variables: Mapping[str, str], cwd: Path | None
) -> str:
    """The program's own path, so that another one put before it on the search path is another server."""
    expanded = Path(command).expanduser()
    if "/" in command or os.sep in command:
        path = expanded if expanded.is_absolute() else (cwd or Path.home()) / expanded
        found = str(path) if path.is_file() and os.access(path, os.X_OK) else None
    else:
        found = shutil.which(command, path=env.get("PATH") or variables.get("PATH"))
    if found is None:
        raise ToolServerError(
            f"The server {entry.name!r} can't be started: there is no program {command!r}. "
            f"Install it, or correct the command in {entry.source}"
        )
    return found


def _contents(workspace: Path | None, cwd: Path | None, parts: list[str]) -> list[str]:
    """The hashes of the files in the workspace that the command line names: those an agent could write to."""
    if workspace is None:
        return []
    found: list[str] = []
    for part in parts:
        if not part or "\n" in part or len(part) > 4096:
            continue
        try:
            path = ((cwd or workspace) / part).resolve()
            if path.is_relative_to(workspace.resolve()) and path.is_file():
                size = path.stat().st_size
                data = path.read_bytes() if size <= LARGEST_HASHED_BYTES else str(size).encode()
                found.append(f"{path}: {hashlib.sha256(data).hexdigest()}")
        except (OSError, ValueError):
            continue
    return found


def _shown(config: MCPServerConfig, program: str, args: tuple[str, ...], cwd: Path | None, url: str) -> tuple[str, ...]:
    lines: list[str] = []
    if program:
        lines.append(f"Program: {program}")
        lines += [f"Argument: {part}" for part in args]
        lines.append(f"Folder: {cwd}")
    if url:
        lines.append(f"Address: {url}")
    lines += [f"Variable: {name}" for name in sorted(config.env or {})]
    lines += [f"Header: {name}" for name in sorted(config.headers or {})]
    if config.instructions:
        lines.append(f"Told to the model: {config.instructions}")
    lines += [f"Runs unasked: {tool}" for tool in sorted(config.auto_approve or [])]
    return tuple(lines)
