"""`loom skills` and `loom plugins`: what is there, what waits for the person's trust, and giving it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from loom.cli.render import escaped
from loom.cli.streams import say_nothing
from loom.cli.workspace import folder_of
from loom.config.ecosystem import EcosystemConfig
from loom.ecosystem.agent_side import Surroundings, look_around
from loom.ecosystem.front_matter import read_front_matter
from loom.ecosystem.instructions import ProjectInstructions
from loom.ecosystem.plugin_parts import InstalledPlugin, installed_plugins
from loom.ecosystem.plugin_store import agree, install, remove, switch, withdraw
from loom.ecosystem.skill import SKILL_FILES, problems_of, read_text
from loom.errors import PluginError, SkillError
from loom.safety.profile import Profile


def manage_skills(options: argparse.Namespace) -> int:
    """Do what was asked of skills. Raises SkillError, ConfigError."""
    if options.action == "validate":
        return _validate(Path(options.path))
    profile, workspace = Profile.default(), folder_of(options)
    now = look_around(profile, workspace, EcosystemConfig(), everywhere=True)
    return _list(now) if options.action == "list" else _trust(now, profile, everything=options.yes)


def manage_plugins(options: argparse.Namespace) -> int:
    """Do what was asked of plugins. Raises PluginError, ConfigError."""
    profile = Profile.default()
    match options.action:
        case "list":
            plugins = installed_plugins(profile)
            for plugin in plugins:
                _show(plugin)
            if not plugins:
                say_nothing("No plugin is installed; loom plugins install FOLDER does that")
        case "install":
            _show(install(profile, Path(options.path), options.name or ""))
            print("Nothing of it is used yet. Look at a part and agree to it with: loom plugins agree NAME PART")
        case "agree":
            return _agree(profile, options.name, options.part, everything=options.yes)
        case "withdraw":
            withdraw(profile, options.name, [options.part])
        case "remove":
            remove(profile, options.name)
            print(f"Removed: {escaped(options.name)}")
        case _:
            switch(profile, options.name, on=options.action == "enable")
    return 0


def _list(now: Surroundings) -> int:
    for each in now.skills.found:
        state = "" if each.state == "ready" else f"  [{each.state}]"
        print(f"{each.name:32} {each.scope:8}{state}  {each.skill.description[:80]}\n    {escaped(str(each.root))}")
    for instructions in _instructions(now):
        print(f"{instructions.name:32} project   [{instructions.state}]\n    {escaped(str(instructions.file))}")
    if not now.skills.found and now.instructions is None:
        say_nothing("No skill was found; the folder .agents/skills of a project, or of yours, is where they go")
    for warning in (*now.skills.warnings, *now.notices):
        print(f"loom: {escaped(warning)}", file=sys.stderr)
    return 0


def _instructions(now: Surroundings) -> list[ProjectInstructions]:
    return [*([now.instructions] if now.instructions is not None else []), *now.nested]


def _trust(now: Surroundings, profile: Profile, *, everything: bool) -> int:
    """Show each skill and the instructions that wait, whole, and ask."""
    for found in _instructions(now):
        if found.state != "ready" and _agreed(str(found.file), found.text, everything=everything):
            profile.consents.give(found.key, found.digest)
    for each in now.skills.waiting:
        assert each.content is not None  # noqa: S101  what waits was read
        files = "\n".join(f"  {name}" for name in each.content.files)
        shown = f"{each.skill.description}\n\n{each.skill.content}\n\nFiles of {each.root}:\n{files}"
        if _agreed(f"the skill {each.name}", shown, everything=everything):
            profile.consents.give(each.key, each.content.digest)
    return 0


def _agree(profile: Profile, name: str, kind: str, *, everything: bool) -> int:
    plugin = next((each for each in installed_plugins(profile) if each.name == name), None)
    if plugin is None:
        raise PluginError(f"There is no plugin {name!r}; loom plugins list shows them")
    part = next((each for each in plugin.parts if each.kind == kind), None)
    if part is None:
        raise PluginError(f"The plugin {name} has no {kind}")
    if _agreed(f"the {kind} of the plugin {name}", part.content, everything=everything):
        agree(profile, plugin, [kind])
        return 0
    return 1


def _agreed(what: str, content: str, *, everything: bool) -> bool:
    print(f"── {escaped(what)}\n{escaped(content)}\n")
    if everything:
        return True
    print("Agree to exactly this? [y/N] ", end="", file=sys.stderr, flush=True)
    try:
        return input().strip().lower() in ("y", "yes")
    except EOFError:
        return False


def _show(plugin: InstalledPlugin) -> None:
    version = plugin.manifest.version if plugin.manifest is not None else ""
    print(f"{plugin.name} {version}{'' if plugin.is_on else '  [off]'}\n    {escaped(str(plugin.root))}")
    for part in plugin.parts:
        print(f"    {part.kind} [{part.state}]")
        for item in part.items:
            print(f"        {escaped(item[:160])}")
    for problem in plugin.problems:
        print(f"loom: {escaped(problem)}", file=sys.stderr)


def _validate(path: Path) -> int:
    """Print what the specification has against a skill; 0 if nothing. Raises SkillError where there is none."""
    folder = path.parent if path.is_file() else path
    file = next((folder / name for name in SKILL_FILES if (folder / name).is_file()), None)
    if file is None:
        raise SkillError(f"There is no {SKILL_FILES[0]} in {folder}")
    try:
        fields, _, warnings = read_front_matter(read_text(file))
    except SkillError as error:
        print(f"{file}: {escaped(str(error))}")
        return 1
    problems = [*warnings, *problems_of(fields, folder.resolve().name)]
    for problem in problems:
        print(f"{file}: {escaped(problem)}")
    if not problems:
        print(f"{file}: valid")
    return 1 if problems else 0
