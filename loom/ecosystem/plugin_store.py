"""The plugins of a person: installed by copying a folder into their profile, agreed to part by part, removed."""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from loom.ecosystem.content import SKIPPED, content_of
from loom.ecosystem.plugin import MANIFESTS, read_manifest, read_object
from loom.ecosystem.plugin_parts import PARTS, PLUGINS_FOLDER, InstalledPlugin, part_key, read_plugin, switch_key
from loom.errors import PluginError, SkillError
from loom.safety.profile import Profile

MARKETPLACE = Path(".claude-plugin/marketplace.json")


def install(profile: Profile, source: Path, name: str = "") -> InstalledPlugin:
    """Copy a plugin into the profile, in place of one of its name; nothing of it is used before it is agreed to.

    `source` is a plugin's folder, or that of a marketplace, of which `name` is one. Parts that did not change stay
    agreed to. Blocks. Raises PluginError.
    """
    folder = _plugin_folder(source.expanduser(), name)
    manifest = read_manifest(folder)
    target = profile.folder / PLUGINS_FOLDER / manifest.name
    if target.resolve().is_relative_to(folder.resolve()):
        raise PluginError(
            f"The plugin {manifest.name} can't be installed: {folder} holds the folder that it would be copied to"
        )
    try:
        content = content_of(folder)
    except SkillError as error:
        raise PluginError(f"The plugin {manifest.name} can't be installed: {error}") from None
    if content.links:
        raise PluginError(
            f"The plugin {manifest.name} can't be installed: it holds links ({', '.join(content.links[:3])}), "
            "which could lead out of its folder"
        )
    beside = target.with_name(f".{manifest.name}.{secrets.token_hex(4)}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copytree(folder, beside, symlinks=True, ignore=shutil.ignore_patterns(*SKIPPED))
        if content_of(beside).digest != content.digest:
            raise PluginError(f"The plugin {manifest.name} changed while it was copied; try again")
        if target.exists():
            shutil.rmtree(target)
        beside.rename(target)
    except (OSError, SkillError) as error:
        raise PluginError(f"The plugin {manifest.name} can't be copied to {target}: {error}") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    profile.consents.load()
    return read_plugin(target, profile.consents)


def agree(profile: Profile, plugin: InstalledPlugin, kinds: Sequence[str]) -> None:
    """Agree to parts of a plugin as they were read. Blocks. Raises PluginError for a part that it does not have."""
    by_kind = {str(part.kind): part for part in plugin.parts}
    for kind in kinds:
        part = by_kind.get(kind)
        if part is None:
            has = ", ".join(by_kind) or "nothing that could be agreed to"
            raise PluginError(f"The plugin {plugin.name} has no {kind}; it has {has}")
        profile.consents.give(part_key(plugin.name, kind), part.digest)


def withdraw(profile: Profile, name: str, kinds: Sequence[str]) -> None:
    """Agree to parts of a plugin no longer. Blocks."""
    profile.consents.take_back(*(part_key(name, kind) for kind in kinds))


def switch(profile: Profile, name: str, *, on: bool) -> None:
    """Have a plugin used, or not. Blocks. Raises PluginError if it is not installed."""
    _target(profile, name)
    profile.consents.switch(switch_key(name), on=on)


@dataclass(frozen=True, slots=True)
class PutAside:
    """A plugin that was taken out of use and can be put back: as it was read, and where its folder is now."""

    plugin: InstalledPlugin
    folder: Path


def put_aside(profile: Profile, name: str) -> PutAside:
    """Take a plugin out of the profile, with what was agreed to, but keep its folder. Blocks. Raises PluginError."""
    target = _target(profile, name)
    profile.consents.load()
    plugin = read_plugin(target, profile.consents)
    folder = target.with_name(f".{name}.{secrets.token_hex(4)}")
    try:
        target.rename(folder)
    except OSError as error:
        raise PluginError(f"The plugin {name} can't be removed from {target}: {error}") from None
    withdraw(profile, name, PARTS)
    profile.consents.switch(switch_key(name), on=True)
    return PutAside(plugin, folder)


def put_back(profile: Profile, aside: PutAside) -> None:
    """Have a plugin that was put aside as it was before. Blocks. Raises PluginError."""
    name, target = aside.plugin.name, aside.plugin.root
    try:
        if target.exists():
            raise PluginError(f"A plugin {name} was installed meanwhile; remove that first")
        aside.folder.rename(target)
    except OSError as error:
        raise PluginError(f"The plugin {name} can't be put back to {target}: {error}") from None
    agree(profile, aside.plugin, [str(part.kind) for part in aside.plugin.parts if part.state == "agreed"])
    if not aside.plugin.is_on:
        switch(profile, name, on=False)


def delete_aside(aside: PutAside) -> None:
    """Delete the folder of a plugin that was put aside. Blocks. Raises PluginError."""
    try:
        shutil.rmtree(aside.folder)
    except OSError as error:
        raise PluginError(f"What is left of {aside.plugin.name} can't be deleted: {error}") from None


def remove(profile: Profile, name: str) -> None:
    """Delete a plugin from the profile, with what was agreed to. Blocks. Raises PluginError."""
    delete_aside(put_aside(profile, name))


def _target(profile: Profile, name: str) -> Path:
    target = profile.folder / PLUGINS_FOLDER / name
    # The folder is deleted, so the name must be no more than a name.
    if not re.fullmatch(r"\w[\w.-]*", name) or target.is_symlink() or not target.is_dir():
        raise PluginError(f"There is no plugin {name!r}; loom plugins list shows them")
    return target


def _plugin_folder(source: Path, name: str) -> Path:
    """The plugin's folder: `source`, or where its marketplace says that `name` is. Raises PluginError."""
    if not source.is_dir():
        raise PluginError(f"There is no folder {source}; give that of a plugin, which has {MANIFESTS[0]}")
    if not (source / MARKETPLACE).is_file() or (not name and any((source / each).is_file() for each in MANIFESTS)):
        return source
    try:
        listed: Any = read_object(source / MARKETPLACE).get("plugins")
    except SkillError as error:
        raise PluginError(f"The marketplace {source / MARKETPLACE} can't be read: {error}") from None
    plugins = [cast("dict[str, Any]", each) for each in cast("list[Any]", listed or []) if isinstance(each, dict)]
    found = next((each for each in plugins if each.get("name") == name), None)
    if found is None:
        names = ", ".join(str(each.get("name")) for each in plugins) or "none"
        raise PluginError(f"Say which plugin of the marketplace {source}: {names} (--name NAME)")
    where = found.get("source")
    if not isinstance(where, str):
        raise PluginError(f"The plugin {name} is not in the marketplace's folder; fetch it, and install its own folder")
    folder = (source / where).resolve()
    if not folder.is_relative_to(source.resolve()) or not folder.is_dir():
        raise PluginError(f"The marketplace says that {name} is in {where!r}, which is no folder of it")
    return folder
