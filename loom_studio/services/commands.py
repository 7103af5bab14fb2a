"""What a message that begins with `/` means: a command of the Studio, a skill, a command of a plugin, or just text."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loom.threads import in_thread
from loom_studio.runtime_words import said_of
from loom_studio.texts import marked, tr

if TYPE_CHECKING:
    from pathlib import Path

    from loom.config.ecosystem import EcosystemConfig
    from loom.ecosystem.agent_side import Surroundings
    from loom.safety.profile import Profile

_TYPED = re.compile(r"/(?P<name>[^\W\d][\w-]*|[^\W_][\w.-]*:[\w.-]+)(?:\s+(?P<rest>.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SlashCommand:
    """A command: its name without the slash, what may follow it, and what it does; `is_own` for those of the Studio."""

    name: str
    hint: str
    what: str
    is_own: bool = True

    @property
    def usage(self) -> str:
        """How it is typed."""
        return f"/{self.name} {tr(self.hint) if self.is_own else self.hint}".strip()

    @property
    def words(self) -> str:
        """What it does, as the person reads it."""
        return tr(self.what) if self.is_own else self.what


OWN = (
    SlashCommand("compact", "", marked("Make the context smaller now")),
    SlashCommand("renew", "", marked("Begin the context anew, with a handoff")),
    SlashCommand("watch", marked("FOLDER"), marked("Watch a folder for changes")),
    SlashCommand("harness", "", marked("Start a harness run")),
    SlashCommand("agent", marked("NAME"), marked("Go on with another agent")),
    SlashCommand("model", marked("PROVIDER:NAME"), marked("Go on with another model")),
    SlashCommand("mode", marked("MODE"), marked("How much runs without being asked about")),
    SlashCommand("tool", marked("NAME {json}"), marked("Call a tool yourself, through the same gate")),
    SlashCommand("export", "", marked("Save the session to a file")),
    SlashCommand("help", "", marked("List the commands")),
)


def typed_command(text: str) -> tuple[str, str] | None:
    """The name and the rest of a message that is a command by its form; None for one that is not, such as a path."""
    found = _TYPED.fullmatch(text.strip())
    return (found["name"], (found["rest"] or "").strip()) if found is not None else None


def commands_of(now: Surroundings) -> list[SlashCommand]:
    """The skills and plugin commands that a person may call for."""
    from loom.ecosystem.skill_use import hint_of  # not needed before something is typed

    skills = [
        SlashCommand(each.name, each.skill.argument_hint or "", hint_of(each.skill), is_own=False)
        for each in now.skills.ready
        if each.skill.user_invocable
    ]
    own = [
        SlashCommand(each.name, each.argument_hint, each.description, is_own=False)
        for plugin in now.plugins
        for each in plugin.commands
    ]
    return [*skills, *own]


async def look_for(profile: Profile | None, workspace: Path, config: EcosystemConfig | None) -> list[SlashCommand]:
    """What may be called for in a workspace besides the Studio's own commands, as it is now."""
    return commands_of(await in_thread(_look, profile, workspace, config)) if profile is not None else []


def unknown(name: str, known: Sequence[SlashCommand]) -> str:
    """That there is no such command, in a sentence that says which may be meant."""
    close = difflib.get_close_matches(name, [each.name for each in known], 1, 0.6)
    if not close:
        return tr(
            "There is no command /{name}. /help lists them; put a space before the slash to send it as text.", name=name
        )
    return tr(
        "There is no command /{name}. Did you mean /{close}? /help lists them; put a space before the slash to send it "
        "as text.",
        name=name,
        close=close[0],
    )


def help_text(known: Sequence[SlashCommand]) -> str:
    """The commands, one a line."""
    lines = [f"{each.usage} – {each.words}" for each in known]
    return "\n".join([*lines, tr("@ completes files of the workspace, and what tool servers have to attach.")])


def tool_call(rest: str) -> tuple[str, dict[str, Any]]:
    """The name and the arguments of `/tool NAME {json}`. Raises ValueError with a sentence."""
    from loom.types.strict_json import parse_object

    name, _, arguments = rest.partition(" ")
    if not name:
        example = '/tool read_file {"path": "README.md"}'
        raise ValueError(tr("Say which tool, and its arguments: {example}", example=example))
    try:
        return name, parse_object(arguments)
    except ValueError as error:
        raise ValueError(
            tr("The arguments of {tool} can't be read: {error}", tool=name, error=said_of(error))
        ) from None


def _look(profile: Profile, workspace: Path, config: EcosystemConfig | None) -> Surroundings:
    from loom.config.ecosystem import EcosystemConfig
    from loom.ecosystem.agent_side import look_around

    return look_around(profile, workspace, config or EcosystemConfig())
