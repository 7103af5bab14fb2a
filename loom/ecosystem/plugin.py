"""A plugin's manifest, in the format of Claude Code: `.claude-plugin/plugin.json` in the plugin's folder."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from loom.ecosystem.skill import plain, read_text
from loom.errors import PluginError, SkillError
from loom.types.strict_json import parse_object

if TYPE_CHECKING:
    from loom.agent import Agent

log = logging.getLogger(__name__)

MANIFESTS = (Path(".claude-plugin/plugin.json"), Path("plugin.json"))
USUAL = ("skills", "commands", "agents", "hooks/hooks.json", ".mcp.json")
"""Where parts are looked for; a folder that has one is a plugin without a manifest, too."""
LONGEST_NAME = 64
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


@dataclass
class PluginManifest:
    """What a plugin says of itself. `skills`, `commands` and `agents` are paths in its folder beside the usual ones.

    `hooks` and `mcp_servers` are objects; `named` has what the manifest says of either: an object, a path in its folder
    that holds one, or several of both.
    """

    name: str
    version: str
    description: str
    author: str | None = None
    skills: list[str] | None = None
    commands: list[str] | None = None
    hooks: dict[str, Any] | None = None
    mcp_servers: dict[str, Any] | None = None
    dependencies: list[str] = field(default_factory=list[str])
    repository: str | None = None
    enabled: bool = True
    agents: list[str] | None = None
    named: dict[str, Any] = field(default_factory=dict[str, Any], repr=False)


@dataclass
class Plugin:
    """A plugin and its folder."""

    name: str
    manifest: PluginManifest
    path: Path
    source: str
    enabled: bool = True
    is_builtin: bool = False


class PluginLoader:
    """Reads the plugins of a folder, by name. It runs nothing, and gives an agent nothing that needs consent."""

    def __init__(self) -> None:
        self.plugins: dict[str, Plugin] = {}

    def load_manifest(self, plugin_dir: Path) -> PluginManifest | None:
        """The manifest of a plugin; None, and a line in the log, if there is none that can be read."""
        try:
            return read_manifest(Path(plugin_dir))
        except PluginError as error:
            log.warning("%s", error)
            return None

    def load_plugin(self, plugin_dir: Path, source: str = "local") -> Plugin | None:
        """The plugin in a folder, kept under its name; None if it can't be read."""
        manifest = self.load_manifest(plugin_dir)
        if manifest is None:
            return None
        plugin = Plugin(manifest.name, manifest, Path(plugin_dir), source, manifest.enabled)
        self.plugins[plugin.name] = plugin
        return plugin

    def get_plugin(self, name: str) -> Plugin | None:
        """The plugin of this name."""
        return self.plugins.get(name)

    def enable_plugin(self, name: str) -> Plugin | None:
        """Have a plugin used; None if there is none of this name."""
        return self._switch(name, on=True)

    def disable_plugin(self, name: str) -> Plugin | None:
        """Have a plugin not used; None if there is none of this name."""
        return self._switch(name, on=False)

    def load_plugins_from_directory(self, plugins_dir: Path) -> None:
        """Read the plugin in each folder of a folder; those that can't be read are passed over."""
        try:
            folders = sorted(each for each in Path(plugins_dir).iterdir() if each.is_dir())
        except OSError as error:
            log.warning("The plugins in %s can't be read: %s", plugins_dir, error)
            return
        for folder in folders:
            self.load_plugin(folder)

    def get_enabled_plugins(self) -> list[Plugin]:
        """The plugins that are used."""
        return [plugin for plugin in self.plugins.values() if plugin.enabled]

    def apply_to_agent(self, plugin_name: str, agent: Agent) -> bool:
        """Give an agent a plugin's skills, as if the person had each; False if the plugin is not there or not used.

        The rest of a plugin, which could run something, needs a person's consent: install it in their profile.
        """
        plugin = self.plugins.get(plugin_name)
        if plugin is None or not plugin.enabled or agent.ecosystem is None:
            return False
        folders = [plugin.path / each for each in ("skills", *(plugin.manifest.skills or []))]
        agent.ecosystem.add_skill_folders([folder for folder in folders if folder.is_dir()])
        return True

    def _switch(self, name: str, *, on: bool) -> Plugin | None:
        plugin = self.plugins.get(name)
        if plugin is not None:
            plugin.enabled = on
        return plugin


def read_manifest(folder: Path) -> PluginManifest:
    """The manifest of the plugin in a folder; blocks. Raises PluginError, naming the file."""
    file = next((folder / each for each in MANIFESTS if (folder / each).is_file()), None)
    if file is None:
        if any((folder / each).exists() for each in USUAL) and _NAME.fullmatch(folder.name):
            return PluginManifest(folder.name, "", "")
        raise PluginError(f"{folder} is no plugin: it has no {MANIFESTS[0]}")
    try:
        data = read_object(file)
    except SkillError as error:
        raise PluginError(f"The plugin manifest {file} can't be read: {error}") from None
    return _manifest(data, file)


def read_object(file: Path) -> dict[str, Any]:
    """The JSON object in a file of a plugin; blocks. Raises SkillError, without the file's name."""
    try:
        return parse_object(read_text(file))
    except ValueError as error:
        raise SkillError(str(error).replace("the arguments", "its contents")) from None


def _manifest(data: dict[str, Any], file: Path) -> PluginManifest:
    name = data.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise PluginError(
            f"The plugin manifest {file} has no name of lower-case letters, digits and hyphens, but {name!r:.80}"
        )
    hooks, servers = data.get("hooks"), data.get("mcpServers")
    return PluginManifest(
        name=name,
        version=_text(data.get("version")),
        description=_text(data.get("description")),
        author=_author(data.get("author")),
        skills=_paths(data, "skills", file),
        commands=_paths(data, "commands", file),
        hooks=cast("dict[str, Any]", hooks) if isinstance(hooks, dict) else None,
        mcp_servers=cast("dict[str, Any]", servers) if isinstance(servers, dict) else None,
        dependencies=_paths(data, "dependencies", file) or [],
        repository=_text(data.get("repository")) or None,
        enabled=data.get("enabled") is not False,
        agents=_paths(data, "agents", file),
        named={"hooks": hooks, "mcpServers": servers},
    )


def _paths(data: dict[str, Any], name: str, file: Path) -> list[str] | None:
    value: Any = data.get(name)
    if value is None:
        return None
    if isinstance(value, dict):  # names of commands, each with the path of its file
        value = [_source(each) for each in cast("dict[str, Any]", value).values()]
    listed: Any = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in cast("list[Any]", listed)):
        raise PluginError(f"The plugin manifest {file} has {name} that are no list of paths")
    return cast("list[str]", listed)


def _source(value: Any) -> Any:
    return cast("dict[str, Any]", value).get("source") if isinstance(value, dict) else value


def _text(value: Any) -> str:
    return plain(value)[:1000] if isinstance(value, str) else ""


def _author(value: Any) -> str | None:
    if isinstance(value, dict):
        value = cast("dict[str, Any]", value).get("name")
    return _text(value) or None
