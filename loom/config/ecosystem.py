"""What an agent takes from its project, its person and their plugins."""

from __future__ import annotations

from dataclasses import field

from loom.types.checked import config_value


@config_value
class EcosystemConfig:
    """What is looked for beside the agent file, by an agent that works for a person's profile.

    `skills` are looked for in the project's and the person's folders, and in `skill_paths`; `instructions` are the
    project's AGENTS.md; `plugins` are the person's. False leaves one out. `tools` are names that installed packages
    have under the entry point `loom.tools`.
    """

    skills: bool = True
    instructions: bool = True
    plugins: bool = True
    skill_paths: list[str] = field(default_factory=list[str])
    tools: list[str] = field(default_factory=list[str])
