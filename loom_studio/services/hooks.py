"""The hooks of the library's agents: which there are, changed in their files, and asked once to try them."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loom.config.editing import with_member, with_value, without_member
from loom.config.hooks import HookSpec
from loom.config.loading import agent_from_toml
from loom.safety.hooks import HookManager
from loom_studio.services.agent_files import AgentFiles
from loom_studio.texts import marked, tr

SAMPLES: dict[str, dict[str, Any]] = {
    "SessionStart": {"source": "startup"},
    "UserPromptSubmit": {"prompt": "Please tidy up."},
    "PreToolUse": {"tool_name": "run_command", "tool_input": {"command": "git status"}},
    "PostToolUse": {"tool_name": "run_command", "tool_input": {"command": "git status"}, "tool_response": "clean"},
    "PreCompact": {"trigger": "auto"},
    "Stop": {},
    "RunEnd": {},
    "Notification": {"message": "A call waits for permission"},
}
"""What a hook is told when it is tried."""
DECISIONS = {"allow": marked("allow"), "deny": marked("deny"), "ask": marked("ask"), "neutral": marked("neutral")}


@dataclass(frozen=True, slots=True)
class HookEntry:
    """A hook of an agent: the file that it is in, which one it is there, and what it says."""

    agent: str
    file: Path
    number: int
    spec: HookSpec

    @property
    def words(self) -> str:
        """In a line."""
        fits = self.spec.matcher or tr("every tool")
        return f"{self.agent} · {self.spec.event} · {fits} · {' '.join(self.spec.command)}"


class Hooks:
    """What an agent's file says of its hooks, and nothing else in it, is changed."""

    def __init__(self, files: AgentFiles) -> None:
        self._files = files

    def entries(self) -> list[HookEntry]:
        """The hooks of the library as it was read last."""
        return [
            HookEntry(entry.name, entry.file, number, spec)
            for entry in self._files.library.entries
            if entry.config is not None and entry.file is not None
            for number, spec in enumerate(entry.config.hooks)
        ]

    async def put(self, file: Path, number: int | None, spec: HookSpec) -> None:
        """Put a hook in the place of one of a file, or behind the last. Raises ConfigError."""
        text = await self._files.read(file)
        fields = _fields(spec)
        if number is None:
            changed = with_member(text, ("hooks",), fields)
        else:
            changed = text
            for each in dataclasses.fields(spec):
                changed = with_value(changed, ("hooks", number, each.name), fields.get(each.name))
        await self._save(file, changed)

    async def remove(self, entry: HookEntry) -> None:
        """Take a hook out of its file. Raises ConfigError."""
        text = await self._files.read(entry.file)
        await self._save(entry.file, without_member(text, ("hooks",), entry.number, lambda _place: False))

    async def _save(self, file: Path, text: str) -> None:
        config = agent_from_toml(text)
        await self._files.save(file, text, config.name)
        await self._files.library.load()
        self._files.changed.emit()


async def try_hook(spec: HookSpec, workspace: Path) -> str:
    """Run a hook's program once with a sample of its event, and say what it decided; never raises."""
    context = {"hook_event_name": spec.event, "session_id": "trial", "cwd": str(workspace), **SAMPLES[spec.event]}
    began = time.monotonic()
    whole = dataclasses.replace(spec, matcher="")
    outcome = await HookManager([whole]).run(spec.event, context)
    took = time.monotonic() - began
    said = tr("It decided {decision} in {seconds:.1f} s", decision=tr(DECISIONS[outcome.decision.value]), seconds=took)
    if outcome.message:
        said = tr("{told}: {message}", told=said, message=outcome.message)
    if outcome.context_updates:
        wanted = outcome.context_updates["arguments"]
        return tr("{told}. It wants other arguments: {arguments}", told=said, arguments=wanted)
    return said


def _fields(spec: HookSpec) -> dict[str, Any]:
    """What a file says of a hook: event, program, and what is not as it is anyway."""
    found: dict[str, Any] = {"event": spec.event, "command": list(spec.command)}
    plain = HookSpec(spec.event, spec.command)
    for name in ("matcher", "timeout_s", "on_failure", "environment"):
        if getattr(spec, name) != getattr(plain, name):
            found[name] = getattr(spec, name)
    return found
