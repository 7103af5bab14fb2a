"""Skills and plugins of folders, for programs that hold them by themselves; an agent finds its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from loom.ecosystem.plugin import Plugin, PluginLoader
from loom.ecosystem.skill import SkillLoader, SkillRegistry, read_skill
from loom.errors import SkillError


@dataclass
class PluginLoadState:
    """What a plugin brought: the names of its skills and of its servers."""

    skill_names: list[str] = field(default_factory=list[str])
    mcp_server_names: list[str] = field(default_factory=list[str])


class EcosystemManager:
    """A registry of skills, filled from folders and plugins."""

    def __init__(self) -> None:
        self.skills = SkillRegistry()
        self.plugins = PluginLoader()
        self.loaded: dict[str, PluginLoadState] = {}

    def load_user_skills(self, skills_dir: Path) -> None:
        """Register every skill below a folder."""
        SkillLoader.load_from_directory(Path(skills_dir), self.skills)

    def load_plugins(self, plugins_dir: Path) -> None:
        """Read the plugins of a folder, and register the skills of those that are enabled."""
        self.plugins.load_plugins_from_directory(Path(plugins_dir))
        for plugin in self.plugins.get_enabled_plugins():
            self._load(plugin)

    def enable_plugin(self, name: str) -> bool:
        """Register a plugin's skills; False if there is no such plugin."""
        plugin = self.plugins.enable_plugin(name)
        if plugin is not None:
            self._load(plugin)
        return plugin is not None

    def disable_plugin(self, name: str) -> bool:
        """Take a plugin's skills out; False if there is no such plugin."""
        plugin = self.plugins.disable_plugin(name)
        for skill in self.loaded.pop(name, PluginLoadState()).skill_names:
            self.skills.unregister(skill)
        return plugin is not None

    def get_system_prompt_additions(self) -> str:
        """The skills in a line each, as a prompt may list them; empty if there are none."""
        skills = [self.skills.get(name) for name in self.skills.list_skills()]
        return "\n".join(f"- {skill.name}: {skill.description}" for skill in skills if skill is not None)

    def _load(self, plugin: Plugin) -> None:
        state = PluginLoadState(mcp_server_names=sorted(plugin.manifest.mcp_servers or {}))
        for folder in ("skills", *(plugin.manifest.skills or [])):
            for file in sorted((plugin.path / folder).glob("*/SKILL.md")):
                try:
                    skill, _ = read_skill(file, f"plugin:{plugin.name}")
                except SkillError:
                    continue  # `loom skills validate` says why
                skill.name = f"{plugin.name}:{skill.name}"
                self.skills.register(skill)
                state.skill_names.append(skill.name)
        self.loaded[plugin.name] = state
