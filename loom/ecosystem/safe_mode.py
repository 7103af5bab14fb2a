"""Safe mode: nothing of plugins, hooks and tool servers runs; what a hook would have judged is asked about."""

from __future__ import annotations

from loom.config.hooks import HookSpec
from loom.ecosystem.plugin_parts import GROUP, installed_plugins, part_key, switch_key
from loom.entry_points import names_in
from loom.safety.profile import Profile


def absent_hooks(profile: Profile) -> list[HookSpec]:
    """The hooks of plugins that a person agreed to, which are not run; blocks.

    Nothing of an installed package is imported for that: one whose hooks were agreed to counts as judging all tools.
    """
    consents = profile.consents
    found = [hook for plugin in installed_plugins(profile) for hook in plugin.hooks]
    packages = [
        name
        for name in names_in(GROUP)
        if consents.was_given(part_key(name, "hooks")) and not consents.is_off(switch_key(name))
    ]
    return [*found, *(HookSpec("PreToolUse", [f"plugin {name}"]) for name in packages)]
