"""Changes one rule in a permissions file, and leaves everything else in it as it is, comments too."""

from __future__ import annotations

import tomllib
from pathlib import Path

from loom.config.editing import value_at, with_value
from loom.config.permissions import PermissionRules, parse_rule
from loom.errors import ConfigError
from loom.files import write_private
from loom.safety.rules import Effect

Rule = tuple[Effect, str]


def change_rule(file: Path, before: Rule | None, now: Rule | None) -> None:
    """Put `now` in the place of `before`; None for none. Blocks.

    Raises ConfigError for a rule that can't be read or is there already, and a file that can't be changed.
    """
    try:
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        if now is not None:
            parse_rule(now[1], allows=now[0] == "allow")
        changed = _changed(text, before, now)
        PermissionRules(**tomllib.loads(changed))
        write_private(file, changed)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"The rules in {file} can't be changed: {error}") from None


def _changed(text: str, before: Rule | None, now: Rule | None) -> str:
    data = tomllib.loads(text)
    held = {effect: list(data.get(effect, [])) for effect in ("allow", "ask", "deny")}
    if now is not None and now != before and now[1] in held[now[0]]:
        raise ConfigError(f"There is a rule {now[0]} {now[1]} already")
    if before is not None:
        if before[1] not in held[before[0]]:
            raise ConfigError(f"The rule {before[0]} {before[1]} is not there any more")
        place = held[before[0]].index(before[1])
        if now is not None and now[0] == before[0]:
            return with_value(text, (before[0], place), now[1])
        text = with_value(text, (before[0], place), None)
    if now is None:
        return text
    count = len(value_at(tomllib.loads(text), (now[0],)) or [])
    return with_value(text, (now[0], count), now[1]) if now[0] in data else with_value(text, (now[0],), [now[1]])
