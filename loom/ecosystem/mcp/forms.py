"""The fields of a form that a server asks a person to fill in, and what is typed as what the server gets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal, cast

from loom.ecosystem.mcp.asks import visible
from loom.errors import ConfigError

FieldKind = Literal["text", "number", "integer", "yes_no", "one_of", "some_of"]
MOST_FIELDS, MOST_CHOICES = 50, 500
_FORMATS = {
    "email": (re.compile(r"[^@\s]+@[^@\s]+$"), "an e-mail address"),
    "uri": (re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+$"), "an address, such as https://example.com"),
    "date": (re.compile(r"\d{4}-\d{2}-\d{2}$"), "a date, such as 2026-11-28"),
    "date-time": (re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}.*$"), "a date and time, such as 2026-11-28T12:00:00Z"),
}


@dataclass(frozen=True, slots=True)
class FormField:
    """One field. `choices` are pairs of the value and what a person reads."""

    name: str
    kind: FieldKind
    title: str
    description: str = ""
    required: bool = False
    default: Any = None
    choices: tuple[tuple[str, str], ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    format: str = ""


def fields_of(schema: dict[str, Any]) -> list[FormField]:
    """The fields of a server's schema, in its order; what is no field that a form may have is left out."""
    properties: Any = schema.get("properties")
    required: Any = schema.get("required")
    wanted = set(cast("list[str]", required)) if isinstance(required, list) else set[str]()
    if not isinstance(properties, dict):
        return []
    held = cast("dict[str, Any]", properties)
    return [
        _field(name, cast("dict[str, Any]", raw), required=name in wanted)
        for name, raw in list(held.items())[:MOST_FIELDS]
        if isinstance(raw, dict)
    ]


def value_of(field: FormField, given: Any) -> Any:
    """What the server gets for what was given; None for a field that stays empty. Raises ConfigError with a reason."""
    if given is None or given == "" or given == []:
        if field.required:
            raise ConfigError(f"{field.title} is required")
        return None
    match field.kind:
        case "yes_no":
            return given if isinstance(given, bool) else str(given).strip().lower() in ("y", "yes", "true", "1")
        case "integer" | "number":
            return _number(field, given)
        case "one_of":
            return _chosen(field, str(given))
        case "some_of":
            many = cast("list[Any]", given) if isinstance(given, list) else str(given).split(",")
            return [_chosen(field, str(each).strip()) for each in many]
        case "text":
            return _text(field, str(given))


def _field(name: str, raw: dict[str, Any], *, required: bool) -> FormField:
    items: Any = raw.get("items")
    inner = cast("dict[str, Any]", items) if isinstance(items, dict) else {}
    is_list = raw.get("type") == "array"
    choices = _choices(inner if is_list else raw)
    kinds: dict[Any, FieldKind] = {"boolean": "yes_no", "integer": "integer", "number": "number", "array": "some_of"}
    kind: FieldKind = "one_of" if choices and not is_list else kinds.get(raw.get("type"), "text")
    low: Any = raw.get("minimum", raw.get("minLength"))
    high: Any = raw.get("maximum", raw.get("maxLength"))
    return FormField(
        name,
        kind,
        visible(str(raw.get("title") or name))[:200],
        visible(str(raw.get("description") or ""))[:1_000],
        required,
        raw.get("default"),
        choices,
        low if isinstance(low, (int, float)) else None,
        high if isinstance(high, (int, float)) else None,
        str(raw.get("format", "")),
    )


def _choices(raw: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    titled: Any = raw.get("oneOf") or raw.get("anyOf")
    if isinstance(titled, list):
        pairs = [cast("dict[str, Any]", each) for each in cast("list[Any]", titled) if isinstance(each, dict)]
        found = [(str(each.get("const")), visible(str(each.get("title") or each.get("const")))) for each in pairs]
        return tuple(found[:MOST_CHOICES])
    values: Any = raw.get("enum")
    if not isinstance(values, list):
        return ()
    names: Any = raw.get("enumNames")
    texts = [str(each) for each in cast("list[Any]", values)][:MOST_CHOICES]
    shown = [str(each) for each in cast("list[Any]", names)] if isinstance(names, list) else texts
    return tuple(zip(texts, map(visible, shown), strict=False))


def _number(field: FormField, given: Any) -> int | float:
    try:
        value = int(str(given)) if field.kind == "integer" else float(str(given))
    except ValueError:
        kind = "a whole number" if field.kind == "integer" else "a number"
        raise ConfigError(f"{field.title} must be {kind}") from None
    if field.minimum is not None and value < field.minimum:
        raise ConfigError(f"{field.title} must be at least {field.minimum:g}")
    if field.maximum is not None and value > field.maximum:
        raise ConfigError(f"{field.title} must be at most {field.maximum:g}")
    return value


def _text(field: FormField, text: str) -> str:
    pattern = _FORMATS.get(field.format)
    if pattern is not None and not pattern[0].match(text):
        raise ConfigError(f"{field.title} must be {pattern[1]}")
    if field.minimum is not None and len(text) < field.minimum:
        raise ConfigError(f"{field.title} must have at least {field.minimum:g} characters")
    if field.maximum is not None and len(text) > field.maximum:
        raise ConfigError(f"{field.title} must have at most {field.maximum:g} characters")
    return text


def _chosen(field: FormField, given: str) -> str:
    values = [value for value, _ in field.choices]
    if given in values or not values:
        return given
    raise ConfigError(f"{field.title} must be one of {', '.join(values[:10])}")
