"""Skills, a project's instructions, and plugins, for the settings: read and agreed to off the GUI thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loom.threads import in_thread
from loom_studio.runtime_words import said
from loom_studio.texts import marked, plural, tr

if TYPE_CHECKING:
    from loom.config import AgentConfig, ModelRef
    from loom.ecosystem.agent_side import Surroundings
    from loom.ecosystem.instructions import ProjectInstructions
    from loom.ecosystem.plugin import PluginManifest
    from loom.ecosystem.plugin_parts import InstalledPlugin, Part
    from loom.ecosystem.plugin_store import PutAside
    from loom.ecosystem.skill_folders import FoundSkill
    from loom.safety.profile import Profile

STATES = {
    "ready": marked("in use"),
    "unused": marked("nothing of it is agreed to"),
    "untrusted": marked("waits for your trust"),
    "changed": marked("changed since you trusted it"),
    "off": marked("switched off"),
    "shadowed": marked("hidden by another of its name"),
    "broken": marked("can't be used"),
    "agreed": marked("in use"),
    "waiting": marked("not agreed to"),
}
PARTS = {
    "skills": marked("skills"),
    "commands": marked("commands"),
    "agents": marked("agents"),
    "hooks": marked("hooks"),
    "mcpServers": marked("mcpServers"),
}
SHOWN_CHARS = 200_000
"""Longer texts are shown up to here; they can't be agreed to in the window."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of a page: what it says, what it is about in full, and the consent it is kept under.

    `digest` is of exactly what `content` shows; empty where there is nothing to agree to.
    """

    title: str
    state: str
    content: str
    key: str = ""
    digest: str = ""
    folder: Path | None = None
    plugin: str = ""
    part: str = ""
    is_on: bool = True
    is_instructions: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def can_agree(self) -> bool:
        """Whether the person can agree to it now: it waits, and all of it is shown."""
        return (
            bool(self.digest) and self.state in ("untrusted", "changed", "waiting") and len(self.content) <= SHOWN_CHARS
        )

    @property
    def can_withdraw(self) -> bool:
        """Whether the person agreed to it."""
        return bool(self.digest) and self.state in ("ready", "agreed")

    @property
    def line(self) -> str:
        """The row's text."""
        notes = [plural("{n} note", "{n} notes", len(self.warnings))] if self.warnings else []
        return " · ".join([self.title, tr(STATES[self.state]), *notes])


def brought_agents(profile: Profile, model: ModelRef) -> list[AgentConfig]:
    """The agents of the plugins that the person agreed to; blocks."""
    from loom.ecosystem.plugin_agents import plugin_agents

    return plugin_agents(profile, model)


class SurroundingsService:
    """What one person's profile says of what surrounds their agents."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile

    async def skills(self, workspace: Path) -> tuple[list[Entry], list[str]]:
        """The instructions and skills of a workspace and of the person, and sentences about what was passed over."""
        return await in_thread(_skills, self._profile, workspace)

    async def plugins(self) -> list[Entry]:
        """The plugins, each with its parts after it."""
        return await in_thread(_plugins, self._profile)

    async def agree(self, entry: Entry, *, also_changed: bool = False) -> None:
        """Agree to what an entry shows. Raises ConfigError when that can't be kept."""
        from loom.safety.consents import ANY

        await in_thread(self._profile.consents.give, entry.key, ANY if also_changed else entry.digest)

    async def withdraw(self, entry: Entry) -> None:
        """Agree to it no longer. Raises ConfigError when that can't be kept."""
        await in_thread(self._profile.consents.take_back, entry.key)

    async def switch(self, entry: Entry) -> None:
        """Switch a skill or plugin off, or on again. Raises LoomError."""
        if entry.plugin:
            await self._store("switch", entry.plugin, on=not entry.is_on)
        else:
            await in_thread(lambda: self._profile.consents.switch(entry.key, on=not entry.is_on))

    async def install(self, folder: Path) -> str:
        """Copy a plugin into the profile; its name. Raises PluginError."""
        return (await self._store("install", folder)).name

    async def put_aside(self, entry: Entry) -> PutAside:
        """Take a plugin out of use, so that it can be put back. Raises PluginError."""
        return await self._store("put_aside", entry.plugin)

    async def put_back(self, aside: PutAside) -> None:
        """Have a plugin as it was before it was put aside. Raises PluginError."""
        await self._store("put_back", aside)

    async def delete_aside(self, aside: PutAside) -> None:
        """Delete what was put aside. Raises PluginError."""
        from loom.ecosystem import plugin_store

        await in_thread(plugin_store.delete_aside, aside)

    async def validate(self, entry: Entry) -> list[str]:
        """What the specification has against a skill, in sentences; none if it is valid. Raises SkillError."""
        return await in_thread(_validate, entry.folder) if entry.folder is not None else []

    async def _store(self, name: str, *args: Any, **kwargs: Any) -> Any:
        from loom.ecosystem import plugin_store

        do: Callable[..., Any] = getattr(plugin_store, name)
        return await in_thread(do, self._profile, *args, **kwargs)


def _skills(profile: Profile, workspace: Path) -> tuple[list[Entry], list[str]]:
    from loom.config.ecosystem import EcosystemConfig
    from loom.ecosystem.agent_side import look_around

    now: Surroundings = look_around(profile, workspace, EcosystemConfig(), everywhere=True)
    entries = [_skill(each) for each in now.skills.found]
    found = [*([now.instructions] if now.instructions is not None else []), *now.nested]
    about = [_instructions(each, is_any=profile.consents.is_any(each.key)) for each in found]
    told = {f"{each.skill.file_path}: {warning}" for each in now.skills.found for warning in each.warnings}
    return [*about, *entries], [said(warning) for warning in now.skills.warnings if warning not in told]


def _instructions(found: ProjectInstructions, *, is_any: bool) -> Entry:
    whose = tr("for files below {folder}/", folder=found.below) if found.below else tr("this project's instructions")
    title = f"{found.name} · {tr('{what} (also when it changes)', what=whose) if is_any else whose}"
    content = f"{found.file}\n\n{found.text}"
    return Entry(
        title,
        found.state,
        content,
        found.key,
        found.digest,
        found.file.parent,
        is_instructions=True,
        warnings=tuple(said(each) for each in found.warnings),
    )


def _skill(found: FoundSkill) -> Entry:
    skill = found.skill
    content = "\n".join([*_facts(found), "", skill.content])
    digest = found.content.digest if found.content is not None and found.scope == "project" else ""
    return Entry(
        f"{found.name} · {_whose(found.scope)}",
        found.state,
        content,
        found.key,
        digest,
        found.root,
        is_on=found.state != "off",
        warnings=tuple(said(each) for each in found.warnings),
    )


def _whose(scope: str) -> str:
    if scope == "project":
        return tr("this project")
    return tr("yours") if scope == "user" else tr("plugin {name}", name=scope.removeprefix("plugin:"))


def _facts(found: FoundSkill) -> list[str]:
    skill = found.skill
    lines = [skill.description, "", tr("File: {file}", file=skill.file_path)]
    if skill.allowed_tools:
        tools = ", ".join(skill.allowed_tools)
        lines.append(tr("While it is active, other tools than these are asked about: {tools}", tools=tools))
    if skill.paths:
        paths = ", ".join(skill.paths)
        lines.append(tr("Models are told of it once they worked with files like: {paths}", paths=paths))
    if found.content is not None:
        lines += [tr("Files:"), *(f"  {name}" for name in sorted(found.content.files))]
    return lines


def _plugins(profile: Profile) -> list[Entry]:
    from loom.ecosystem.plugin_parts import installed_plugins

    return [entry for plugin in installed_plugins(profile) for entry in _plugin(plugin)]


def _plugin(plugin: InstalledPlugin) -> list[Entry]:
    manifest = plugin.manifest
    about = _about(manifest) if manifest is not None else ""
    problems = tuple(said(each) for each in plugin.problems)
    faults = problems if manifest is None else ()
    text = "\n\n".join(each for each in (about, tr("Folder: {folder}", folder=plugin.root), *faults) if each)
    title = f"{plugin.name} {manifest.version if manifest is not None else ''}".strip()
    used = "ready" if any(part.state == "agreed" for part in plugin.parts) else "unused"
    state = "broken" if manifest is None else used if plugin.is_on else "off"
    head = Entry(
        title,
        state,
        text,
        folder=plugin.root,
        plugin=plugin.name,
        is_on=plugin.is_on,
        warnings=() if faults else problems,
    )
    return [head, *(_part(plugin, part) for part in plugin.parts)]


def _about(manifest: PluginManifest) -> str:
    author = tr("by {author}", author=manifest.author) if manifest.author else ""
    return "\n".join(each for each in (manifest.description, author, manifest.repository) if each)


def _part(plugin: InstalledPlugin, part: Part) -> Entry:
    from loom.ecosystem.plugin_parts import part_key

    what = "\n".join(part.items)
    runs = f"{tr('It runs these programs:')}\n" if part.kind in ("hooks", "mcpServers") else ""
    return Entry(
        f"    {tr(PARTS[part.kind])} ({len(part.items)})",
        part.state,
        f"{runs}{what}\n\n{part.content}",
        part_key(plugin.name, part.kind),
        part.digest,
        plugin.root,
        plugin.name,
        part.kind,
        plugin.is_on,
    )


def _validate(folder: Path) -> list[str]:
    from loom.ecosystem.front_matter import read_front_matter
    from loom.ecosystem.skill import SKILL_FILES, problems_of, read_text

    file = next((folder / name for name in SKILL_FILES if (folder / name).is_file()), folder / SKILL_FILES[0])
    fields, _, warnings = read_front_matter(read_text(file))
    return [*warnings, *problems_of(fields, folder.name)]
