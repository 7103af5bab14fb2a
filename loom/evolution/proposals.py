"""A change of an agent that its own calls suggest: what, why, on which evidence, and what became of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

OPEN, ACCEPTED, DISMISSED, UNDONE = "open", "accepted", "dismissed", "undone"
HINT, ALLOW, DENY, SAFETY_RULE, SPLIT = "hint", "allow", "deny", "safety_rule", "split"


@dataclass(frozen=True, slots=True)
class Change:
    """What would be written into an agent's file.

    `kind` is hint (`text` joins the instructions), allow or deny (`text` is a permission rule), safety_rule (`tool`
    with these `arguments` is vetoed by the rule `name`, because of `text`) or split (an agent `name` of its own gets
    the `capabilities`, which this one loses).
    """

    kind: str
    text: str = ""
    tool: str = ""
    arguments: dict[str, Any] = field(default_factory=dict[str, Any])
    name: str = ""
    capabilities: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """What it would do, in a sentence."""
        match self.kind:
            case "hint":
                return f"Adds to the instructions: “{self.text}”"
            case "allow":
                return f"Lets {self.text} run without being asked about."
            case "deny":
                return f"Denies {self.text}."
            case "safety_rule":
                given = json.dumps(self.arguments, ensure_ascii=False)
                return f"Vetoes {self.tool} with exactly {given}: {self.text}"
            case _:
                return f"Makes an agent {self.name!r} with {', '.join(self.capabilities)}, which this one gives up."

    def to_json(self) -> str:
        """As it is kept."""
        return json.dumps({key: value for key, value in asdict(self).items() if value not in ("", {}, ())})

    @staticmethod
    def from_json(text: str) -> Change:
        """As it was kept. Raises ValueError, TypeError for anything else."""
        data: dict[str, Any] = json.loads(text)
        data["capabilities"] = tuple(data.get("capabilities", ()))
        return Change(**data)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change with its reasons. `evidence` are ids of observations; `state` is open, accepted, dismissed or undone.

    `key` tells it from others of the same agent: the same is proposed once. `file`, `before` and `after` are the agent
    file as it was accepted, and `made` a file that came with it.
    """

    id: str
    agent: str
    key: str
    title: str
    why: str
    change: Change
    evidence: tuple[int, ...] = ()
    state: str = OPEN
    at: float = 0.0
    decided_at: float = 0.0
    file: str = ""
    before: str = field(default="", repr=False)
    after: str = field(default="", repr=False)
    made: str = ""


@dataclass(frozen=True, slots=True)
class Effect:
    """Calls that a proposal is about, and how many of them succeeded, before it was accepted and since."""

    calls_before: int
    ok_before: int
    asked_before: int
    calls_after: int
    ok_after: int
    asked_after: int

    @property
    def told(self) -> str:
        """In a sentence."""
        before = _rate(self.ok_before, self.calls_before)
        if not self.calls_after:
            return f"Before: {before}. No call since, so nothing can be said yet."
        after = _rate(self.ok_after, self.calls_after)
        asked = f" You were asked {self.asked_before} times before and {self.asked_after} times since."
        return f"Before: {before}. Since: {after}.{asked if self.asked_before or self.asked_after else ''}"


def _rate(ok: int, calls: int) -> str:
    return f"{ok} of {calls} calls succeeded ({ok / calls:.0%})" if calls else "no call"
