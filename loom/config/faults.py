"""What is wrong with an agent file, fault by fault, each with the place in the file that it is about."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from loom.config.agent import AgentConfig
from loom.config.fields import class_at, fields_of
from loom.config.loading import agent_adapter
from loom.errors import ConfigError
from loom.types.checked import explain_each

Place = tuple[str | int, ...]
"""Where a value is: the names of tables and the numbers of list members on the way to it."""

_NAMED = re.compile(r"(?P<cls>\w+)\.(?P<name>\w+)\b")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, in a sentence, and with what; an empty place means the file as a whole."""

    place: Place
    sentence: str


@dataclass(frozen=True, slots=True)
class CheckedAgent:
    """A text read as an agent file: the agent, or the faults; `data` are the plain values, None where it is no TOML."""

    config: AgentConfig | None
    faults: tuple[Fault, ...] = ()
    data: dict[str, Any] | None = field(default=None, compare=False)


def check_agent(text: str) -> CheckedAgent:
    """Read an agent file's text; never raises."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return CheckedAgent(None, (Fault((), f"This is not valid TOML: {error}"),))
    try:
        config = agent_adapter().validate_json(json.dumps(data, default=str))
    except ValidationError as error:
        details = error.errors(include_url=False)
        faults = [
            Fault(_place(detail["loc"], sentence), sentence)
            for detail, sentence in zip(details, explain_each(error), strict=True)
        ]
        return CheckedAgent(None, tuple(faults), data)
    except ConfigError as error:
        return CheckedAgent(None, (Fault((), str(error)),), data)
    return CheckedAgent(config, (), data)


def _place(loc: Place, sentence: str) -> Place:
    """Where a fault is; one that a whole object raised is at the field that its sentence begins with."""
    found = _NAMED.match(sentence)
    here = class_at(AgentConfig, loc)
    if found is None or here is None or found["cls"] != here.__name__:
        return loc
    return (*loc, found["name"]) if any(each.name == found["name"] for each in fields_of(here)) else loc
