"""A tool's schema in the part of JSON Schema that every provider takes. What is left out the gate still checks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

_CHOICES = ("anyOf", "oneOf", "allOf")
_REFUSED_ON_TOP = frozenset({*_CHOICES, "enum", "not", "if", "then", "else"})


def plain_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a tool's arguments as it is sent.

    On top it is an object with properties and no choice: those of the choices are offered together, and needed is what
    all of them need. Below, each array says what its items are, if only that they may be anything.
    """
    chosen: Any = next((schema[word] for word in _CHOICES if isinstance(schema.get(word), list)), ())
    branches = [cast("dict[str, Any]", each) for each in chosen if isinstance(each, dict)]
    kept = {name: value for name, value in schema.items() if name not in _REFUSED_ON_TOP}
    told = {**kept, "type": "object", "properties": _properties([*branches, schema])}
    if branches and "required" not in kept:
        told["required"] = _needed(branches, of_all="allOf" in schema)
    return _with_items(told)


def _properties(schemas: Sequence[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in schemas:
        found.update(each.get("properties") or {})
    return found


def _needed(branches: Sequence[dict[str, Any]], *, of_all: bool) -> list[str]:
    named = [dict.fromkeys(cast("list[str]", each.get("required") or [])) for each in branches]
    together = {name: None for names in named for name in names}
    return [name for name in together if of_all or all(name in names for names in named)]


def _with_items(value: Any) -> Any:
    """The same value where nothing was missing, so that most schemas are not copied."""
    if isinstance(value, list):
        old = cast("list[Any]", value)
        items = [_with_items(each) for each in old]
        return items if any(item is not was for item, was in zip(items, old, strict=True)) else old
    if not isinstance(value, dict):
        return value
    fields = cast("dict[str, Any]", value)
    new = {name: _with_items(each) for name, each in fields.items()}
    kind = fields.get("type")
    if "items" not in fields and (kind == "array" or (isinstance(kind, list) and "array" in kind)):
        return {**new, "items": {}}
    return new if any(new[name] is not fields[name] for name in fields) else fields
