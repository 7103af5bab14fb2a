"""Agent files: the AgentConfig tree in TOML, read and written."""

from __future__ import annotations

import dataclasses
import json
import tomllib
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, cast

import tomlkit
from pydantic import TypeAdapter, ValidationError

from loom.config.agent import AgentConfig
from loom.errors import ConfigError
from loom.files import write_private
from loom.types.checked import explain


def load_agent(path: str | Path) -> AgentConfig:
    """The agent that a file describes. Raises ConfigError naming the file and the field, or what is wrong with it."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"There is no agent file at {path}") from None
    except (OSError, ValueError) as error:
        raise ConfigError(f"The agent file {path} can't be read: {error}") from None
    try:
        return _beside(agent_from_toml(text), path)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def agent_from_toml(text: str) -> AgentConfig:
    """The agent that a TOML text describes. Raises ConfigError that names the field or the line."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"not valid TOML: {error}") from None
    except RecursionError:
        raise ConfigError("not valid TOML: it is nested too deeply") from None
    try:
        # JSON mode takes an enum by its value and stays strict about everything else.
        return agent_adapter().validate_json(json.dumps(data, default=str))
    except ValidationError as error:
        raise ConfigError(explain(error)) from None


def agent_to_toml(config: AgentConfig) -> str:
    """The TOML text of an agent: every field that differs from its default.

    None in what is free in form is left out, since TOML has none. Raises ConfigError naming the field that no file can
    hold: tools, evaluators, resolvers and buses made in code, keys that are no text, half of a character, and a rule
    about None, which would be another rule.
    """
    return tomlkit.dumps(_plain(config, "AgentConfig"))


def save_agent(path: str | Path, config: AgentConfig) -> None:
    """Write an agent to its file, whole or not at all.

    Raises ConfigError for what no file can hold, and when the file can't be written.
    """
    path = Path(path)
    text = agent_to_toml(config)
    try:
        write_private(path, text)
    except OSError as error:
        raise ConfigError(f"The agent file {path} can't be written: {error.strerror or error}") from None


def _beside(config: AgentConfig, path: Path) -> AgentConfig:
    """The agent, with the files of those that it gives work to found from its own."""
    if config.delegation is None or not config.delegation.agents:
        return config
    folder = path.absolute().parent
    agents = [dataclasses.replace(each, agent=str(folder / each.agent)) for each in config.delegation.agents]
    return dataclasses.replace(config, delegation=dataclasses.replace(config.delegation, agents=agents))


@cache
def agent_adapter() -> TypeAdapter[AgentConfig]:
    """What checks plain values to be an agent; making it takes a moment, once."""
    return TypeAdapter(AgentConfig)


def _plain(value: Any, path: str) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _plain_fields(value, path)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {_key(key, path): _plain(item, f"{path}.{key}") for key, item in value.items() if item is not None}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, (list, tuple)):
        return [_plain(item, f"{path}[{index}]") for index, item in enumerate(cast("list[Any]", value))]
    if isinstance(value, str):
        return _text(value, path)
    if isinstance(value, (int, float, bool)):
        return value
    raise ConfigError(f"{path} can't be written to a file: it is {type(value).__name__}, made in code")


def _key(key: Any, path: str) -> str:
    if not isinstance(key, str):
        raise ConfigError(f"{path} can't be written to a file: its key {key!r:.60} is no text")
    return _text(key, path)


def _text(text: str, path: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ConfigError(f"{path} can't be written to a file: {text!r:.60} has half of a character") from None
    return text


def _plain_fields(value: Any, path: str) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for field in dataclasses.fields(value):
        held = getattr(value, field.name)
        if held is None or _is_default(field, held):
            continue
        if field.name == "arg_equals" and None in held.values():
            raise ConfigError(f"{path}.arg_equals can't be written to a file: it holds None, which no file can")
        plain[field.name] = _plain(held, f"{path}.{field.name}")
    return plain


def _is_default(field: dataclasses.Field[Any], held: Any) -> bool:
    if field.default is not dataclasses.MISSING:
        return bool(held == field.default)
    if field.default_factory is not dataclasses.MISSING:
        return bool(held == field.default_factory())
    return False
