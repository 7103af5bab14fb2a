"""Built-in tools, by capability. Those for files reach nothing outside the workspace folder."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast

from loom.config.tools import ToolSpec
from loom.errors import ConfigError, LoomError
from loom.safety.commands import command_of
from loom.safety.paths import WorkspacePaths, gone
from loom.tools.builtin.edit import edit_preview, edit_tools
from loom.tools.builtin.effects import effect_of
from loom.tools.builtin.files import file_tools
from loom.tools.builtin.sandbox import sandbox_for
from loom.tools.builtin.search import search_tools
from loom.tools.builtin.shell import shell_tools
from loom.tools.builtin.web import web_tools

LONGEST_PATH_CHARS = 4_096
_MAKERS: dict[str, Callable[[WorkspacePaths], list[ToolSpec]]] = {
    "files": file_tools,
    "search": search_tools,
    "edit": edit_tools,
}


def workspace_tools(
    root: Path | None,
    capabilities: Sequence[str],
    sandbox: str = "on",
    web_hosts: Sequence[str] = (),
    key_variable: str = "",
) -> list[ToolSpec]:
    """The tools of these capabilities (files, search, edit, shell, web) for the workspace `root`.

    `sandbox` says how commands run: on, network or off; `web_hosts` which private places pages may come from;
    `key_variable` names the variable with the model's key, which commands do not get. Raises ConfigError for a
    capability that needs a workspace where there is none.
    """
    specs: list[ToolSpec] = []
    makers = {**_MAKERS, "shell": partial(shell_tools, sandbox=sandbox, key_variable=key_variable)}
    for capability in capabilities:
        if capability == "memory":
            continue  # its tools need a session
        if capability == "web":
            specs += web_tools(web_hosts)
        elif root is None:
            raise ConfigError(
                f"The capability {capability!r} needs a workspace folder: create_agent(config, workspace=…)"
            )
        else:
            specs += makers[capability](WorkspacePaths(root))
    return specs


def preview_of(root: Path | None, tool: ToolSpec, arguments: dict[str, Any]) -> dict[str, str]:
    """A call's effect as a person reads it: the diff of an edit, the command, the URL; empty for any other.

    `kind` is diff, command or url, `text` the whole of it; of a command `form` says whether a shell reads it, `sandbox`
    how it is contained, `effect` what it would do. May block.
    """
    command = command_of(arguments)
    if command is not None:
        contained = {"sandbox": str(sandbox_for(tool.extensions))} if "sandbox" in tool.extensions else {}
        text = command if isinstance(command, str) else shlex.join(command)
        form = "Read by a shell." if isinstance(command, str) else f"Without a shell, {len(command)} words."
        return {"kind": "command", "text": text, "form": form, "effect": effect_of(command, root), **contained}
    if isinstance(arguments.get("url"), str):
        return {"kind": "url", "text": arguments["url"]}
    if root is None or not tool.extensions.get("edits"):
        return {}
    diff = edit_preview(_paths_in(root), arguments)
    return {"kind": "diff", "text": diff} if diff else {}


def changes_protected_path(root: Path | None, tool: ToolSpec, arguments: dict[str, Any]) -> bool:
    """Whether a call of an editing tool would change a protected path, or one that can't be told.

    What a tool server does with its arguments is not known: there, any text that is a protected path counts.
    """
    if root is None or not (tool.extensions.get("edits") or tool.extensions.get("mcp_server")):
        return False
    paths = _paths_in(root)
    if tool.extensions.get("mcp_server"):
        return any(_is_protected(paths, text) for text in _texts(arguments))
    try:
        return paths.is_protected(paths.resolve(str(arguments.get("path", ""))))
    except LoomError:
        return True


def _paths_in(root: Path) -> WorkspacePaths:
    """The paths of a workspace. Raises ToolExecutionError where it went since the agent was made."""
    try:
        return WorkspacePaths(root)
    except FileNotFoundError:
        raise gone(root) from None


def _is_protected(paths: WorkspacePaths, text: str) -> bool:
    """Whether a text, or a file's address, is a protected path of the workspace."""
    text = text.removeprefix("file://")
    if len(text) > LONGEST_PATH_CHARS or "\n" in text or not text.strip():
        return False
    try:
        return paths.is_protected(paths.resolve(text))
    except (LoomError, OSError, ValueError):
        return False


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        held = cast("dict[str, Any] | list[Any]", value)
        for inner in held.values() if isinstance(held, dict) else held:
            yield from _texts(inner)
