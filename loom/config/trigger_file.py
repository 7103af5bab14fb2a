"""Changes one trigger in an agent file, and leaves everything else in it as it is, comments too."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, cast

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT

from loom.config.agent import AgentConfig
from loom.config.heartbeat import TriggerConfig
from loom.config.loading import agent_from_toml
from loom.errors import ConfigError
from loom.files import write_private


def change_trigger(path: str | Path, before: str, trigger: TriggerConfig | None) -> AgentConfig:
    """Put `trigger` in the place of the one named `before` (empty: behind the last; None: take that away); blocks.

    Returns the agent as the file has it now. Raises ConfigError when the file can't be read, changed or written; then
    it is as it was.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
        changed = _changed(text, before, trigger)
        config = agent_from_toml(changed)
        _check(config, agent_from_toml(text), before, trigger)
        write_private(path, changed)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The agent file {path} can't be changed: {error}") from None
    except (ConfigError, TOMLKitError) as error:
        raise ConfigError(f"{path}: {error}") from None
    return config


def with_trigger(triggers: list[TriggerConfig], before: str, trigger: TriggerConfig | None) -> list[TriggerConfig]:
    """The triggers after such a change. Raises ConfigError for a name that is not there, or there twice."""
    names = [each.name for each in triggers]
    if before and before not in names:
        raise ConfigError(f"There is no trigger {before!r} any more")
    others = [name for name in names if name != before]
    if trigger is not None and trigger.name in others:
        raise ConfigError(f"There is a trigger {trigger.name!r} already")
    if not before:
        return [*triggers, *([trigger] if trigger is not None else [])]
    new = [trigger] if trigger is not None else []
    place = names.index(before)
    return [*triggers[:place], *new, *triggers[place + 1 :]]


def _changed(text: str, before: str, trigger: TriggerConfig | None) -> str:
    document: Any = tomlkit.parse(text)
    heartbeat: Any = document.get("heartbeat")
    if heartbeat is None:
        raise ConfigError("it has no [heartbeat], so nothing is noticed that could start an agent")
    tables: Any = heartbeat.get("triggers")
    if tables is None:
        heartbeat["triggers"] = tomlkit.aot()
        tables = heartbeat["triggers"]
    place = next((n for n, each in enumerate(tables) if each.get("name") == before), None)
    if trigger is None:
        if place is not None:
            del tables[place]
        if not tables:
            del heartbeat["triggers"]
    elif place is None:
        new: Any = tomlkit.table() if isinstance(tables, AoT) else tomlkit.inline_table()
        new.update(_fields(trigger))
        cast("Any", tables).append(new)
    else:
        _update(tables[place], _fields(trigger))
    return tomlkit.dumps(document)


def _update(table: Any, fields: dict[str, Any]) -> None:
    """Change what is another; what stays keeps its place and its comments."""
    for name in [name for name in table if name not in fields]:
        del table[name]
    for name, value in fields.items():
        if table.get(name) != value:
            table[name] = value


def _fields(trigger: TriggerConfig) -> dict[str, Any]:
    """What a file says of a trigger: its name, its prompt, and what is not as it is anyway."""
    fields = dataclasses.fields(cast("Any", trigger))
    plain = {field.name: getattr(trigger, field.name) for field in fields}
    defaults = {field.name: field.default for field in fields}
    return {name: value for name, value in plain.items() if value != defaults[name]}


def _check(now: AgentConfig, then: AgentConfig, before: str, trigger: TriggerConfig | None) -> None:
    """That the new text says what it should, whatever shape the old one had. Raises ConfigError."""
    assert then.heartbeat is not None  # noqa: S101  it was changed just now
    wanted = with_trigger(then.heartbeat.triggers, before, trigger)
    expected = dataclasses.replace(then, heartbeat=dataclasses.replace(then.heartbeat, triggers=wanted))
    if now != expected:
        raise ConfigError("its triggers are written in a way that can't be changed here; change them in the file")
