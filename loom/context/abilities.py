"""What a session was given while it went: skills that are active, and tools that were found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from loom.types.messages import Message


@dataclass(frozen=True, slots=True)
class ActiveSkill:
    """A skill whose instructions the model has: `content` is what it was given, word for word.

    In the run `run_id`, which activated it last, calls of other tools than `allowed_tools` are asked about, and its
    `model` and `effort` (1 to 5) are those of the steps, so far as the agent has them.
    """

    name: str
    content: str
    source: str
    allowed_tools: tuple[str, ...] = ()
    run_id: str = ""
    model: str = ""
    effort: int | None = None


@dataclass(slots=True)
class Abilities:
    """The active skills by name, in the order of their activation, and the names of the tools that were found.

    The instructions of a skill stand where the model asked for them, in the history, so that nothing before them has
    to be read again. Once they are not whole there any more, after a compression or a renewal, they stand in the
    skill part.
    """

    skills: dict[str, ActiveSkill] = field(default_factory=dict[str, ActiveSkill])
    tools: dict[str, None] = field(default_factory=dict[str, None])
    _moved: set[str] = field(default_factory=set[str])
    _looked_at: int = -1

    def activate(self, skill: ActiveSkill, *, in_history: bool) -> bool:
        """Have a skill active; False if just this one was. `in_history` says that its instructions will stand there."""
        known = self.skills.get(skill.name)
        self.skills[skill.name] = skill
        if known is not None and known.content == skill.content:
            return False
        self._moved.discard(skill.name)
        if not in_history:
            self._moved.add(skill.name)
        return True

    def find(self, names: Sequence[str]) -> list[str]:
        """Offer these tools from now on; returns those that were not offered."""
        new = [name for name in names if name not in self.tools]
        self.tools.update(dict.fromkeys(new))
        return new

    def text(self, history: Sequence[Message], changes: int) -> str:
        """The instructions that stand in the skill part; `changes` counts how often the history became another."""
        if changes != self._looked_at:
            self._looked_at = changes
            for name, skill in self.skills.items():
                if name not in self._moved and not _is_whole(skill.content, history):
                    self._moved.add(name)
        if not self._moved:
            return ""
        texts = [skill.content for name, skill in self.skills.items() if name in self._moved]
        return "\n\n".join(["<active_skills>", *texts, "</active_skills>"]) if texts else ""

    def take(self, kind: str, data: dict[str, Any]) -> None:
        """Take in what an event of the log says. Raises KeyError for another payload."""
        if kind == "tools.found":
            self.find(data["names"])
            return
        allowed = tuple(data.get("allowed_tools", ()))
        wanted = (data.get("run_id", ""), data.get("model", ""), data.get("effort"))
        skill = ActiveSkill(data["name"], data["content"], data["source"], allowed, *wanted)
        self.activate(skill, in_history=data["by"] == "model")


def _is_whole(content: str, history: Sequence[Message]) -> bool:
    return any(message.role == "tool" and content in message.text for message in reversed(history))
