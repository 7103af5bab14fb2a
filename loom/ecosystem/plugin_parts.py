"""What an installed plugin brings, part by part, and which parts the person agreed to.

Skills, commands, agents, hooks and servers are agreed to one by one. A consent holds for the content that was shown:
of skills, commands and agents their files; of hooks and servers, which run programs, everything in the plugin.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

from loom.config.hooks import HOOK_EVENTS, HookSpec
from loom.ecosystem.content import FolderContent, content_of, digest_of_text
from loom.ecosystem.front_matter import read_front_matter, text_of
from loom.ecosystem.hook_parts import hooks_of_group
from loom.ecosystem.plugin import PluginManifest, read_manifest, read_object
from loom.ecosystem.skill import is_usable, plain, read_text
from loom.ecosystem.skill_folders import find_skills
from loom.entry_points import load, names_in
from loom.errors import ConfigError, PluginError, SkillError
from loom.safety.consents import ConsentBook
from loom.safety.profile import Profile

log = logging.getLogger(__name__)

PartKind = Literal["skills", "commands", "agents", "hooks", "mcpServers"]
PartState = Literal["agreed", "waiting", "changed"]
PARTS: tuple[PartKind, ...] = ("skills", "commands", "agents", "hooks", "mcpServers")
PLUGINS_FOLDER = "plugins"
MOST_PLUGINS = 100
MOST_PROBLEMS = 50
GROUP = "loom.plugins"
"""The entry point under which installed packages bring plugins."""
ROOT = "${CLAUDE_PLUGIN_ROOT}"


@dataclass(frozen=True, slots=True)
class Command:
    """A prompt that a person calls for by `/plugin:command`."""

    name: str
    text: str
    description: str
    root: Path
    argument_hint: str = ""


@dataclass(frozen=True, slots=True)
class PluginAgent:
    """An agent that a plugin describes: its instructions, the tools that it names, if any, and the model it wants."""

    name: str
    description: str
    instructions: str
    tools: tuple[str, ...] = ()
    model: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a plugin: what is in it in a line each, and its exact content, as a person agrees to it."""

    kind: PartKind
    digest: str
    items: tuple[str, ...]
    content: str
    state: PartState


@dataclass(frozen=True, slots=True)
class InstalledPlugin:
    """A plugin in the person's profile. Only what they agreed to is in `skill_folders`, `commands`, `hooks` ….

    `problems` are sentences about what can't be used; a plugin that can't be read at all has nothing else.
    """

    name: str
    root: Path
    manifest: PluginManifest | None = None
    is_on: bool = True
    parts: tuple[Part, ...] = ()
    skill_folders: tuple[Path, ...] = ()
    commands: tuple[Command, ...] = ()
    agents: tuple[PluginAgent, ...] = ()
    hooks: tuple[HookSpec, ...] = ()
    servers: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    problems: tuple[str, ...] = ()


@dataclass(slots=True)
class _Read:
    """One plugin while it is read."""

    manifest: PluginManifest
    root: Path
    problems: list[str] = field(default_factory=list[str])
    skill_folders: list[Path] = field(default_factory=list[Path])
    commands: list[Command] = field(default_factory=list[Command])
    agents: list[PluginAgent] = field(default_factory=list[PluginAgent])
    hooks: list[HookSpec] = field(default_factory=list[HookSpec])
    servers: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])

    def tell(self, what: str) -> None:
        told = f"The plugin {self.manifest.name}: {what}"
        if told not in self.problems and len(self.problems) < MOST_PROBLEMS:
            self.problems.append(told)

    def inside(self, given: str) -> Path | None:
        """A path of the manifest; None, and a problem, for one that leads out of the plugin."""
        path = (self.root / given.replace(ROOT, ".")).resolve()
        if path.is_relative_to(self.root):
            return path
        self.tell(f"{given!r} leads out of its folder, and is not used")
        return None


def part_key(plugin: str, kind: str) -> str:
    """What the consent to a part of a plugin is kept under."""
    return f"plugin:{plugin}:{kind}"


def switch_key(plugin: str) -> str:
    """What is kept that a plugin is switched off under."""
    return f"plugin:{plugin}"


def installed_plugins(profile: Profile) -> tuple[InstalledPlugin, ...]:
    """The plugins of a profile, by name; blocks. Each is read by itself: a broken one keeps nothing from the others."""
    folder = profile.folder / PLUGINS_FOLDER
    try:
        folders = sorted(each for each in folder.iterdir() if each.is_dir() and not each.name.startswith("."))
    except OSError:
        folders = []
    profile.consents.load()
    own = [_installed(each, profile.consents) for each in folders[:MOST_PLUGINS]]
    names = {plugin.name for plugin in own}
    # In safe mode nothing of an installed package is imported.
    brought = [] if profile.is_safe else [_brought(name, profile.consents) for name in names_in(GROUP)]
    return (*own, *(each for each in brought if each.name not in names))


def plugin_mcp_servers(profile: Profile) -> dict[str, dict[str, Any]]:
    """The servers of plugins that a person agreed to, as `mcpServers` has them, named plugin_PLUGIN_SERVER; blocks."""
    if profile.is_safe:
        return {}
    return {
        f"plugin_{plugin.name}_{name}": config
        for plugin in installed_plugins(profile)
        for name, config in plugin.servers.items()
    }


def read_plugin(root: Path, consents: ConsentBook | None) -> InstalledPlugin:
    """The plugin in a folder, with what a person agreed to; blocks. Raises PluginError if it can't be read."""
    root = root.resolve()
    manifest = read_manifest(root)
    try:
        whole = content_of(root)
    except SkillError as error:
        raise PluginError(f"The plugin {manifest.name} in {root} can't be used: {error}") from None
    read = _Read(manifest, root)
    readers: dict[PartKind, Callable[[_Read], list[str]]] = {
        "skills": _skills,
        "commands": _commands,
        "agents": _agents,
        "hooks": _hooks,
        "mcpServers": _servers,
    }
    parts: list[Part] = []
    agreed: set[str] = set()
    is_on = consents is None or not consents.is_off(switch_key(manifest.name))
    for kind in PARTS:
        part = _part(kind, readers[kind], read, whole, consents)
        if part is not None:
            parts.append(part)
            if part.state == "agreed" and is_on:
                agreed.add(kind)
    return InstalledPlugin(
        manifest.name,
        root,
        manifest,
        is_on,
        tuple(parts),
        tuple(read.skill_folders) if "skills" in agreed else (),
        tuple(read.commands) if "commands" in agreed else (),
        tuple(read.agents) if "agents" in agreed else (),
        tuple(read.hooks) if "hooks" in agreed else (),
        read.servers if "mcpServers" in agreed else {},
        (*read.problems, *_changed(manifest.name, parts, is_on)),
    )


def _installed(folder: Path, consents: ConsentBook) -> InstalledPlugin:
    try:
        return read_plugin(folder, consents)
    except (PluginError, OSError) as error:
        return InstalledPlugin(folder.name, folder, problems=(str(error),))
    except Exception as error:  # whatever stands in its files, the other plugins are used
        log.exception("The plugin in %s", folder)
        return InstalledPlugin(folder.name, folder, problems=(f"The plugin in {folder} can't be read: {error}",))


def _brought(name: str, consents: ConsentBook) -> InstalledPlugin:
    """The plugin of an installed package: its entry point is the plugin's folder, or a function that gives it."""
    try:
        place: Any = load(GROUP, name)
        folder = Path(str(place() if callable(place) else place))
    except Exception as error:  # noqa: BLE001  whatever a stranger's package raises, it is told
        return InstalledPlugin(name, Path(), problems=(f"The plugin {name} of an installed package: {error}",))
    return _installed(folder, consents)


def _changed(name: str, parts: list[Part], is_on: bool) -> list[str]:
    changed = [part.kind for part in parts if part.state == "changed"]
    if not changed or not is_on:
        return []
    return [
        f"The plugin {name} changed since you agreed to its {', '.join(changed)}, so that is not used. "
        "Look at it again in Settings, Plugins, or with: loom plugins list"
    ]


def _part(
    kind: PartKind,
    read_in: Callable[[_Read], list[str]],
    read: _Read,
    whole: FolderContent,
    consents: ConsentBook | None,
) -> Part | None:
    """One part, and whether the person agreed to it; None if there is nothing in it."""
    try:
        items = read_in(read)
    except (SkillError, ConfigError, ValueError) as error:
        read.problems.append(f"The {kind} of the plugin {read.manifest.name} can't be used: {error}")
        return None
    if not items:
        return None
    content, digest = _content(kind, read, whole)
    key = part_key(read.manifest.name, kind)
    if consents is not None and consents.holds(key, digest):
        return Part(kind, digest, tuple(items), content, "agreed")
    changed = consents is not None and consents.was_given(key)
    return Part(kind, digest, tuple(items), content, "changed" if changed else "waiting")


def _content(kind: PartKind, read: _Read, whole: FolderContent) -> tuple[str, str]:
    """What a person is shown of a part, and its fingerprint."""
    if kind in ("hooks", "mcpServers"):
        said: Any = (
            read.servers
            if kind == "mcpServers"
            else [{"event": each.event, "matcher": each.matcher, "command": each.command[-1]} for each in read.hooks]
        )
        files = "\n".join(f"  {name}" for name in sorted(whole.files))
        text = f"{json.dumps(said, indent=2, ensure_ascii=False, sort_keys=True)}\n\nFiles of the plugin:\n{files}"
        return text, digest_of_text(f"{text}\0{whole.digest}")
    texts: list[str] = []
    files = [name for name in sorted(whole.files) if any(_is_below(name, each) for each in _places(kind, read))]
    for name in files:
        try:
            texts.append(f"── {name}\n{read_text(read.root / name)}")
        except SkillError as error:
            texts.append(f"── {name}\n[{error}]")
    return "\n\n".join(texts), digest_of_text("\n".join(f"{name}\0{whole.files[name]}" for name in files))


def _is_below(name: str, place: str) -> bool:
    return name == place or name.startswith(f"{place}/")


def _places(kind: PartKind, read: _Read) -> list[str]:
    more = {"skills": read.manifest.skills, "commands": read.manifest.commands, "agents": read.manifest.agents}[kind]
    paths = [read.inside(each) for each in (kind, *(more or []))]
    return [path.relative_to(read.root).as_posix() for path in paths if path is not None]


def _skills(read: _Read) -> list[str]:
    folders = [read.root / each for each in _places("skills", read)]
    found = find_skills(None, None, None, plugins=[(read.manifest.name, folder) for folder in folders])
    for warning in found.warnings:
        read.tell(warning)
    read.skill_folders += folders
    return [f"{each.name}: {each.skill.description}" for each in found.found]


def _markdown(kind: PartKind, read: _Read) -> list[tuple[str, dict[str, Any], str]]:
    """The Markdown files of a part: name, head and body; one that can't be read is told and passed over."""
    found: list[tuple[str, dict[str, Any], str]] = []
    for place in _places(kind, read):
        at = read.root / place
        files = [at] if at.is_file() else sorted(at.rglob("*.md"))[:200]
        for file in files:
            if not is_usable(file.stem) or not file.resolve().is_relative_to(read.root):
                read.tell(f"{plain(str(file))} has a name that can't be used")
                continue
            try:
                fields, body, _ = read_front_matter(read_text(file))
            except SkillError as error:
                read.tell(f"{file}: {error}")
                continue
            found.append((file.stem, dict(fields), body))
    return found


def _commands(read: _Read) -> list[str]:
    for name, fields, body in _markdown("commands", read):
        description = plain(text_of(fields.get("description")))[:300]
        hint = plain(text_of(fields.get("argument-hint")))[:80]
        read.commands.append(Command(f"{read.manifest.name}:{name}", body, description, read.root, hint))
    return [f"/{each.name}: {each.description}" for each in read.commands]


def _agents(read: _Read) -> list[str]:
    for name, fields, body in _markdown("agents", read):
        tools = tuple(each.strip() for each in text_of(fields.get("tools")).replace(",", " ").split())
        description = plain(text_of(fields.get("description")))[:1000]
        model = plain(text_of(fields.get("model")))[:120].strip()
        read.agents.append(PluginAgent(f"{read.manifest.name}:{name}", description, body, tools, model))
    return [f"{each.name}: {each.description}" for each in read.agents]


def _objects(read: _Read, name: str, inline: dict[str, Any] | None, usual: str) -> list[dict[str, Any]]:
    """The objects in the usual file, and in those that the manifest names, and those that it holds."""
    given: Any = read.manifest.named.get(name, inline)
    listed: list[Any] = cast("list[Any]", given) if isinstance(given, list) else [given] if given is not None else []
    places = [usual, *(each for each in listed if isinstance(each, str))]
    files = dict.fromkeys(path for each in places if (path := read.inside(each)) is not None)
    found: list[dict[str, Any]] = []
    for file in files:
        if not file.is_file() and file == read.root / usual:
            continue
        try:
            found.append(read_object(file))
        except SkillError as error:
            raise SkillError(f"{file}: {error}") from None
    return [*found, *(cast("dict[str, Any]", each) for each in listed if isinstance(each, dict))]


def _inner(data: dict[str, Any], name: str, what: str) -> dict[str, Any]:
    """What an object holds under a name, or is itself. Raises SkillError where that is no object."""
    inner: Any = data.get(name, data)
    if not isinstance(inner, dict):
        raise SkillError(what)
    return cast("dict[str, Any]", inner)


def _servers(read: _Read) -> list[str]:
    given = _objects(read, "mcpServers", read.manifest.mcp_servers, ".mcp.json")
    servers = [each for data in given for each in _inner(data, "mcpServers", "mcpServers is no object").items()]
    for name, config in servers:
        if not is_usable(name) or not isinstance(config, dict):
            read.tell(f"the server {plain(name)!r:.80} is not used")
            continue
        read.servers[name] = _with_root(config, str(read.root))
    return [f"{name}: {_told_server(config)}" for name, config in read.servers.items()]


def _told_server(config: dict[str, Any]) -> str:
    arguments: Any = config.get("args") or []
    words = [config.get("command"), *(cast("list[Any]", arguments) if isinstance(arguments, list) else [arguments])]
    return plain(str(config.get("url") or " ".join(str(word) for word in words if word)))


def _with_root(value: Any, root: str) -> Any:
    if isinstance(value, str):
        return value.replace(ROOT, root)
    if isinstance(value, list):
        return [_with_root(each, root) for each in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {str(key): _with_root(each, root) for key, each in cast("dict[Any, Any]", value).items()}
    return value


def _hooks(read: _Read) -> list[str]:
    given = _objects(read, "hooks", read.manifest.hooks, "hooks/hooks.json")
    events = [each for data in given for each in _inner(data, "hooks", "hooks is no object of events").items()]
    for event, groups in events:
        if event not in HOOK_EVENTS:
            read.tell(f"its hooks for {plain(event)!r:.60} are not used: there is no such event here")
            continue
        for group in cast("list[Any]", groups if isinstance(groups, list) else []):
            read.hooks += hooks_of_group(event, group, {"CLAUDE_PLUGIN_ROOT": str(read.root)})
    return [f"{each.event} {each.matcher or '*'}: {each.command[-1]}" for each in read.hooks]
