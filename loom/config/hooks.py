"""Programs that are asked at events of a run, as an agent file names them."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from loom.errors import ConfigError
from loom.types.checked import AboveZero, config_value

SESSION_START, PROMPT = "SessionStart", "UserPromptSubmit"
HOOK_EVENTS = (
    *(SESSION_START, PROMPT, "PreToolUse", "PostToolUse"),
    *("PreCompact", "Stop", "RunEnd", "Notification"),
)
"""When a hook can be asked."""
TELLING = (SESSION_START, PROMPT)
"""At these what a program prints, where it is no JSON, is for the model to know."""


@config_value
class HookSpec:
    """A program for an event, for tools that `matcher` fits (globs, separated by `|`).

    `command` is a list of words, run without a shell or terminal; it gets JSON on its standard input. Exit code 2 is a
    no, with the reason on its standard error; exit code 0 may print `{"decision": "deny", "reason": …}`, or Claude
    Code's `hookSpecificOutput`. No answer in `timeout_s` seconds, another exit code and output that can't be read are a
    no too, unless `on_failure` is "ignore".
    """

    event: str
    command: list[str]
    matcher: str = ""
    timeout_s: AboveZero = 30.0
    on_failure: Literal["deny", "ignore"] = "deny"
    environment: dict[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        """Refuse an event that there is not, and an empty command."""
        if self.event not in HOOK_EVENTS:
            raise ConfigError(f"HookSpec.event: {self.event!r} is not one of {', '.join(HOOK_EVENTS)}")
        if not self.command:
            raise ConfigError("HookSpec.command must name a program")
