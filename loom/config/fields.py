"""What a configuration class is made of, told to whoever draws a form of it: kinds, defaults, words of help."""

from __future__ import annotations

import dataclasses
import inspect
import re
import types
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from loom.config.tools import ToolSpec

FieldKind = Literal[
    "text", "integer", "number", "flag", "choice", "choices", "texts", "map", "value", "group", "groups"
]
"""`map` is names with texts; `value` anything that TOML can say; `group` another class, `groups` a list of them."""

UNITS = {"_s": "seconds", "_usd": "US$", "_pct": "%", "_tokens": "tokens", "_chars": "characters", "_hours": "hours"}
ACRONYMS = frozenset({"api", "cpu", "id", "mcp", "url"})
_SENTENCE = re.compile(r"(?<=[.;])\s+(?![^()]*\))")  # not within brackets


@dataclass(frozen=True, slots=True)
class ConfigField:
    """One field of a configuration class, as a file has it.

    `default` is as a file would write it, None where there is none; `is_optional` says that the field may be absent
    and that this means something of its own. `group` is the class of a group or of the members of a list of them.
    """

    name: str
    kind: FieldKind
    default: Any = None
    is_required: bool = False
    is_optional: bool = False
    choices: tuple[str, ...] = ()
    about: str = ""
    group: type | None = None

    @property
    def label(self) -> str:
        """The name in words, with its unit."""
        ending = next((each for each in UNITS if self.name.endswith(each)), "")
        names = (self.name.removesuffix(ending) or self.name).strip("_").split("_")
        words = " ".join(name.upper() if name in ACRONYMS else name for name in names)
        return f"{words[:1].upper()}{words[1:]}" + (f" ({UNITS[ending]})" if ending else "")


@cache
def fields_of(cls: type) -> tuple[ConfigField, ...]:
    """The fields that a file can hold, in their order; what can only be made in code is not among them."""
    hints = get_type_hints(cls)
    found: list[ConfigField] = []
    for each in dataclasses.fields(cls):
        shape = _shape(hints[each.name])
        if shape is not None:
            found.append(_field(cls, each, hints[each.name], shape))
    return tuple(found)


@cache
def made_in_code(cls: type) -> tuple[str, ...]:
    """The names of the fields that no file can hold."""
    known = {each.name for each in fields_of(cls)}
    return tuple(each.name for each in dataclasses.fields(cls) if each.name not in known)


def about(cls: type) -> str:
    """What a configuration class is, in its own words, without what they say of single fields."""
    names = [each.name for each in dataclasses.fields(cls)]
    told = [each for each in _sentences(cls) if not any(f"`{name}`" in each for name in names)]
    return " ".join(told or _sentences(cls)[:1]).replace("`", "").rstrip(";.") + "."


def class_at(cls: type, path: tuple[str | int, ...]) -> type | None:
    """The configuration class of what stands at `path` in a value of `cls`; None where it is no such class."""
    here: type | None = cls
    for part in path:
        if isinstance(part, int) or here is None:
            continue
        field = next((each for each in fields_of(here) if each.name == part), None)
        here = field.group if field is not None else None
    return here


def field_at(cls: type, path: tuple[str | int, ...]) -> ConfigField | None:
    """The field at the end of `path`; None for none that a file can hold."""
    names = [part for part in path if isinstance(part, str)]
    here = class_at(cls, tuple(names[:-1]))
    if here is None or not names:
        return None
    return next((each for each in fields_of(here) if each.name == names[-1]), None)


_Shape = tuple[FieldKind, tuple[str, ...], "type | None"]
_PLAIN: dict[Any, FieldKind] = {bool: "flag", int: "integer", float: "number", str: "text"}


def _field(cls: type, each: dataclasses.Field[Any], hint: Any, shape: _Shape) -> ConfigField:
    kind, choices, group = shape
    default = _default(each)
    is_required = each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING
    is_optional = type(None) in get_args(hint)
    said = (about(group) if group is not None else "") or _about(cls, each.name)
    return ConfigField(each.name, kind, default, is_required, is_optional, choices, said, group)


def _shape(hint: Any) -> _Shape | None:
    """The kind of a type, its choices and its class; None for what is made in code."""
    inner: Any = _without_none(hint)
    origin, arguments = get_origin(inner), get_args(inner)
    if inner in _PLAIN:
        return _PLAIN[inner], (), None
    if origin is Literal:
        return "choice", tuple(str(each) for each in arguments), None
    if isinstance(inner, type) and issubclass(inner, Enum):
        return "choice", tuple(str(each.value) for each in inner), None
    if _is_config(inner):
        return None if _is_code(cast("type", inner)) else ("group", (), cast("type", inner))
    if origin in (list, tuple, set, frozenset) and arguments:
        return _list_shape(arguments[0])
    if origin is dict:
        return ("map" if arguments == (str, str) else "value"), (), None
    # Anything at all, outside of a list or table, is a live object: a bus, a store.
    return None if inner is Any or _is_callable(inner) else ("value", (), None)


def _list_shape(member: Any) -> _Shape | None:
    inner: Any = _without_none(member)
    if inner is str:
        return "texts", (), None
    if get_origin(inner) is Literal:
        return "choices", tuple(str(each) for each in get_args(inner)), None
    if isinstance(inner, type) and issubclass(inner, Enum):
        return "choices", tuple(str(each.value) for each in inner), None
    if _is_config(inner):
        return None if _is_code(cast("type", inner)) else ("groups", (), cast("type", inner))
    return None if _is_callable(inner) else ("value", (), None)


def _without_none(hint: Any) -> Any:
    if get_origin(hint) in (Union, types.UnionType):
        others = [each for each in get_args(hint) if each is not type(None)]
        return others[0] if len(others) == 1 else Any
    return hint


def _is_code(cls: type) -> bool:
    """Whether a class can only be made in code: a tool, and what cannot be without a function."""
    if cls is ToolSpec:
        return True
    hints = get_type_hints(cls)
    needed = [each for each in dataclasses.fields(cls) if _default(each) is None and not _is_defaulted(each)]
    return any(_is_callable(_without_none(hints[each.name])) for each in needed)


def _is_config(hint: Any) -> bool:
    return isinstance(hint, type) and dataclasses.is_dataclass(cast("Any", hint))


def _is_callable(hint: Any) -> bool:
    origin = get_origin(hint)
    return origin is Callable or hint is Callable or getattr(origin, "__name__", "") == "Callable"


def _is_defaulted(each: dataclasses.Field[Any]) -> bool:
    return each.default is not dataclasses.MISSING or each.default_factory is not dataclasses.MISSING


def _default(each: dataclasses.Field[Any]) -> Any:
    """The default as a file would write it; None for none, and for a group, which has defaults of its own."""
    value: Any = None
    if each.default is not dataclasses.MISSING:
        value = each.default
    elif each.default_factory is not dataclasses.MISSING:
        value = each.default_factory()
    if isinstance(value, Enum):
        return value.value
    return value if isinstance(value, (str, int, float, bool)) else None


def _about(cls: type, name: str) -> str:
    """The sentences of a class's docstring that speak of a field."""
    text = " ".join(each for each in _sentences(cls) if f"`{name}`" in each).replace("`", "").rstrip(";.")
    return f"{text}." if text else ""


def _sentences(cls: type) -> list[str]:
    text = " ".join((inspect.getdoc(cls) or "").split())
    return [f"{each[:1].upper()}{each[1:]}" for each in _SENTENCE.split(text) if each]
