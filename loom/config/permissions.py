"""Permission rules as people write them: `edit_file(src/**)`, `run_command(git status)`, `deploy(target=staging)`.

What they mean for a call is `loom.safety.rules`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from typing_extensions import override

from loom.errors import ConfigError
from loom.types.checked import config_value

_RULE = re.compile(r"(?P<tool>[A-Za-z0-9_.*?-]+)\s*(\((?P<inside>.*)\))?", re.DOTALL)
_NAMED = re.compile(r"(?P<argument>[A-Za-z_]\w*)=(?P<pattern>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class RulePattern:
    """One rule, read: a tool (in denials and questions a glob), and what one of its arguments must look like.

    `pattern` None means any arguments; `argument` empty means the tool's main one (command, path, url).
    """

    tool: str
    argument: str = ""
    pattern: str | None = None

    @override
    def __str__(self) -> str:
        """The rule as it is written."""
        if self.pattern is None:
            return self.tool
        return f"{self.tool}({self.argument}={self.pattern})" if self.argument else f"{self.tool}({self.pattern})"


def parse_rule(text: str, *, allows: bool = False) -> RulePattern:
    """The rule that `text` writes. Raises ConfigError saying what is wrong with it.

    A rule that `allows` names its tool exactly, but for the tools of an MCP server (`mcp__git__*`).
    """
    found = _RULE.fullmatch(text.strip())
    if found is None:
        raise ConfigError(f"{text!r} is no permission rule; write TOOL, TOOL(pattern) or TOOL(argument=pattern)")
    tool, inside = found["tool"], found["inside"]
    if allows and any(mark in tool for mark in "*?") and not tool.startswith("mcp__"):
        raise ConfigError(f"{text!r} allows by a pattern of tools; name the tool, so that no later one is allowed too")
    if inside is None or not inside.strip() or inside.strip() == "*":
        return RulePattern(tool)
    named = _NAMED.fullmatch(inside.strip())
    if named is not None:
        return RulePattern(tool, named["argument"], named["pattern"])
    return RulePattern(tool, "", inside.strip())


@config_value
class PermissionRules:
    """Rules about single calls: deny beats ask beats allow, whichever is narrower.

    A pattern is a command (`git status`, `npm run test:*` for anything that begins so), a path relative to the
    workspace (`src/**`), or a glob over another argument's text. Denials and questions compare generously, and look
    through `env`, `sudo`, `bash -c` and the like; what allows compares exactly.
    """

    allow: list[str] = field(default_factory=list[str])
    ask: list[str] = field(default_factory=list[str])
    deny: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        """Refuse a rule that can't be read, naming it."""
        for name, texts in (("allow", self.allow), ("ask", self.ask), ("deny", self.deny)):
            for text in texts:
                try:
                    parse_rule(text, allows=name == "allow")
                except ConfigError as error:
                    raise ConfigError(f"PermissionRules.{name}: {error}") from None
