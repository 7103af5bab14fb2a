"""A server's tools as it defines them: bounded, made visible, fingerprinted, and compared with what was agreed to."""

from __future__ import annotations

import difflib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from loom.safety.odd_text import escaped
from loom.types.strict_json import canonical, check_depth, fingerprint

MOST_TOOLS = 1_000
LONGEST_NAME_CHARS = 256
LONGEST_DESCRIPTION_CHARS = 4_000
LONGEST_PART_CHARS = 1_000
LONGEST_INSTRUCTIONS_CHARS = 2_000
INSTRUCTIONS = "(instructions)"
"""The name under which a server's own instructions are agreed to."""
LARGEST_SCHEMA_BYTES = 60_000
DEEPEST = 24
_NAMED = ("properties", "$defs", "definitions", "dependentSchemas")
"""Where the keys of a schema are names, not words of JSON Schema."""
_VERBATIM = ("enum", "const", "default", "examples", "required")


@dataclass(frozen=True, slots=True)
class ToolDefinition:
    """A tool as its server defines it; what a model and a person are told of it is bounded and has nothing invisible.

    `problem` says why it can't be offered. `destructive` is what the server itself says; that it only reads, it may say
    too, and nobody believes it.
    """

    name: str
    description: str
    schema: dict[str, Any] = field(default_factory=dict[str, Any])
    title: str = ""
    destructive: bool = False
    problem: str = ""

    @property
    def hash(self) -> str:
        """The fingerprint of all that is told of it."""
        return fingerprint([self.name, self.description, self.schema, self.title, self.destructive])

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as the pins keep it."""
        return {
            "name": self.name,
            "description": self.description,
            "schema": self.schema,
            "title": self.title,
            "destructive": self.destructive,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ToolDefinition:
        """What `to_dict` gave. Raises KeyError or TypeError for anything else."""
        return cls(
            str(data["name"]),
            str(data["description"]),
            dict(data["schema"]),
            str(data["title"]),
            data["destructive"] is True,
        )

    def lines(self) -> list[str]:
        """All of it as lines for a person."""
        if self.name == INSTRUCTIONS:
            return ["what the model is told of the server, in its words:", *self.description.splitlines()]
        told = [f"name: {self.name}", *([f"title: {self.title}"] if self.title else []), "description:"]
        told += [f"  {line}" for line in self.description.splitlines()]
        told += [f"says that it destroys: {'yes' if self.destructive else 'no'}", "arguments:"]
        return told + [f"  {line}" for line in json.dumps(self.schema, indent=2, ensure_ascii=False).splitlines()]


def read_definition(raw: Mapping[str, Any]) -> ToolDefinition:
    """A tool from the server's own JSON; never raises: what can't be is a definition with a problem."""
    name = str(raw.get("name", ""))[:LONGEST_NAME_CHARS]
    annotations: Any = raw.get("annotations")
    hints = cast("dict[str, Any]", annotations) if isinstance(annotations, dict) else {}
    title = str(raw.get("title") or hints.get("title") or "")
    description = _text(raw.get("description"), LONGEST_DESCRIPTION_CHARS)
    made = ToolDefinition(
        escaped(name, ""), description, {}, _text(title, 200), destructive=hints.get("destructiveHint") is True
    )
    if not name or made.name != name or len(str(raw.get("name"))) > LONGEST_NAME_CHARS:
        return _refused(made, "its name is empty, too long, or holds characters that can't be seen")
    schema: Any = raw.get("inputSchema", {"type": "object"})
    try:
        checked = read_schema(schema)
    except ValueError as error:
        return _refused(made, str(error))
    return ToolDefinition(made.name, description, checked, made.title, made.destructive)


def read_instructions(text: str) -> ToolDefinition | None:
    """What a server wants models to be told, as something that is agreed to like a tool; None for nothing."""
    told = _text(text.strip(), LONGEST_INSTRUCTIONS_CHARS)
    return ToolDefinition(INSTRUCTIONS, told) if told else None


def read_schema(raw: Any) -> dict[str, Any]:
    """The JSON Schema of a tool's arguments, safe to validate with: bounded, no patterns, no reference elsewhere.

    A pattern can take a validator for ever, so it is told in words; the server checks it itself. Raises ValueError.
    """
    if not isinstance(raw, dict):
        raise ValueError("its arguments have no schema")  # noqa: TRY004  one error for every fault
    schema = cast("dict[str, Any]", raw)
    if schema.get("type", "object") != "object":
        raise ValueError("its arguments are not an object")
    check_depth(schema, DEEPEST)
    if len(canonical(schema)) > 4 * LARGEST_SCHEMA_BYTES:
        raise ValueError("the schema of its arguments is too large")
    clean = cast("dict[str, Any]", _clean({"type": "object", **schema}))
    if len(canonical(clean)) > LARGEST_SCHEMA_BYTES:
        raise ValueError(f"the schema of its arguments has more than {LARGEST_SCHEMA_BYTES:,} bytes")
    import jsonschema

    try:
        jsonschema.Draft202012Validator.check_schema(clean)
    except jsonschema.SchemaError as error:
        raise ValueError(f"the schema of its arguments is none: {error.message[:200]}") from None
    return clean


def difference(before: ToolDefinition | None, after: ToolDefinition | None) -> str:
    """What changed between two definitions, as a unified diff; all of it where there was none before."""
    old, new = before.lines() if before else [], after.lines() if after else []
    return "\n".join(difflib.unified_diff(old, new, "agreed to", "now", n=3, lineterm=""))


def tool_names(server: str, names: Iterable[str], taken: Iterable[str] = ()) -> dict[str, str]:
    """Our name `server__tool` for each: letters, digits, `_` and `-`, at most 64, none twice.

    Where two would be one, or one is `taken`, the hash of the server's own name tells them apart, whatever the order.
    """
    own = {name: _fit(f"{_plain(server)}__{_plain(name)}", f"{server}\0{name}") for name in names}
    counts, used = Counter(own.values()), set(taken)
    return {
        name: _marked(short, f"{server}\0{name}") if counts[short] > 1 or short in used else short
        for name, short in own.items()
    }


def _plain(name: str) -> str:
    return "".join(char if char.isascii() and (char.isalnum() or char in "_-") else "_" for char in name) or "_"


def _fit(name: str, identity: str) -> str:
    return name if len(name) <= 64 else _marked(name, identity)


def _marked(name: str, identity: str) -> str:
    return f"{name[:55]}_{fingerprint(identity)[:8]}"


def _refused(made: ToolDefinition, why: str) -> ToolDefinition:
    return ToolDefinition(made.name, made.description, {}, made.title, made.destructive, why)


def _text(value: Any, limit: int) -> str:
    text = escaped(value if isinstance(value, str) else "", "\n\t")
    return text if len(text) <= limit else f"{text[:limit]} [… {len(text) - limit:,} characters left out]"


def _clean(schema: Any) -> Any:
    """A schema with what is told in it bounded, patterns told instead of checked, and no reference to elsewhere."""
    if isinstance(schema, list):
        return [_clean(each) for each in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema[:LONGEST_PART_CHARS] if isinstance(schema, str) else schema
    held = cast("dict[str, Any]", schema)
    clean = {key: _cleaned(key, value) for key, value in held.items() if not _is_left_out(key, value)}
    pattern = held.get("pattern")
    if isinstance(pattern, str) and held.get("type") in ("string", None):
        told = _text(f"Must match the pattern {pattern}", LONGEST_PART_CHARS)
        clean["description"] = f"{clean['description']} {told}" if clean.get("description") else told
    return clean


def _is_left_out(key: str, value: Any) -> bool:
    return key in ("$id", "$schema", "patternProperties") or (key == "pattern" and isinstance(value, str))


def _cleaned(key: str, value: Any) -> Any:
    if key in ("$ref", "$dynamicRef", "$recursiveRef") and isinstance(value, str) and not value.startswith("#"):
        raise ValueError("the schema of its arguments refers to another document")
    if key in _NAMED and isinstance(value, dict):
        return {name: _clean(each) for name, each in cast("dict[str, Any]", value).items()}
    if key in _VERBATIM:
        return value
    if key in ("description", "title", "$comment") and isinstance(value, str):
        return _text(value, LONGEST_PART_CHARS)
    return _clean(value)
