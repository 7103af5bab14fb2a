"""How values that a person writes are checked: strictly, when they are made, with an error that names the field."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, cast, dataclass_transform, get_args, get_origin, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.fields import Field  # not from pydantic: that import, the first one, breaks where Qt is there already
from pydantic_core import ErrorDetails

from loom.errors import ConfigError

T = TypeVar("T")

CONTAINERS = (list, dict)
UNIONS = (Union, UnionType)
STRICT = ConfigDict(strict=True, extra="forbid", arbitrary_types_allowed=True)

AboveZero = Annotated[float, Field(gt=0)]
AtLeastZero = Annotated[float, Field(ge=0)]
AtLeastOne = Annotated[int, Field(ge=1)]
Count = Annotated[int, Field(ge=0)]


@dataclass_transform(field_specifiers=(dataclasses.field,))
def config_value(cls: type[T]) -> type[T]:
    """Make a class a configuration value: a dataclass with slots whose fields are checked when it is made.

    Nothing is converted: a str is no int, True is no int, a dict is no configuration object. A wrong type or an
    unknown keyword raises ConfigError (a ValueError and a TypeError), which names the field. The class's own
    `__post_init__` finds fields of the right types.
    """
    cls.__pydantic_config__ = STRICT  # pyright: ignore[reportAttributeAccessIssue]
    own: Callable[[Any], None] | None = cls.__dict__.get("__post_init__")

    def check(self: Any) -> None:
        check_fields(self)
        own(self)  # pyright: ignore[reportOptionalCall]  used where there is one

    cls.__post_init__ = check_fields if own is None else check  # pyright: ignore[reportAttributeAccessIssue]
    made: Any = dataclasses.dataclass(slots=True)(cls)
    construct: Callable[..., None] = made.__init__

    @functools.wraps(construct)
    def checked_init(self: Any, *args: Any, **kwargs: Any) -> None:
        try:
            construct(self, *args, **kwargs)
        except TypeError as error:
            if isinstance(error, ConfigError):
                raise
            raise ConfigError(str(error).replace(".__init__()", "()")) from None

    made.__init__ = checked_init
    return made


def owned(value: T) -> T:
    """A copy of a configuration object, checked anew, with objects, lists and tables of its own all the way down.

    So what the caller changes later does not reach whoever has the copy. Raises ConfigError for what was changed since
    it was made to something that can't be.
    """
    own = object.__new__(type(value))
    for name, _, _ in _fields(type(value)):
        setattr(own, name, _owned(getattr(value, name)))
    own.__post_init__()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    return own


def _owned(held: Any) -> Any:
    if _is_config(held):
        return owned(held)
    if type(held) is list:
        return [owned(each) if _is_config(each) else each for each in cast("list[Any]", held)]
    if type(held) is dict:
        members = cast("dict[Any, Any]", held)
        return {key: owned(each) if _is_config(each) else each for key, each in members.items()}
    return held


def _is_config(value: object) -> bool:
    return getattr(type(value), "__pydantic_config__", None) is STRICT


def check_fields(value: object) -> None:
    """Raise ConfigError unless every field of a configuration object holds what its annotation says."""
    cls: type = type(value)
    name = ""
    try:
        for name, default, kind in _fields(cls):
            held = getattr(value, name)
            if held is default or (type(held) is kind and (kind not in CONTAINERS or not held)):
                continue
            _check(cls, name)(held)
    except ValidationError as error:
        raise ConfigError(explain(error, f"{cls.__name__}.{name}")) from None


def copied(value: T, **changes: Any) -> T:
    """A copy of a configuration object with lists and dicts of its own, and with `changes`, which nobody checks."""
    made = object.__new__(type(value))
    for name, _, _ in _fields(type(value)):
        held = changes[name] if name in changes else getattr(value, name)
        setattr(made, name, held.copy() if type(held) in CONTAINERS else held)
    return made


def explain(error: ValidationError, where: str = "") -> str:
    """A sentence per fault: the path of the field, what it must be, what it is."""
    return "; ".join(explain_each(error, where))


def explain_each(error: ValidationError, where: str = "") -> list[str]:
    """The sentences of `explain`, in the order of the error's faults."""
    return [_sentence(detail, where) for detail in error.errors(include_url=False)]


@functools.cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls, include_extras=True)


@functools.cache
def _fields(cls: type) -> list[tuple[str, Any, Any]]:
    """Each field's name, its default, and the kind of value that is right whatever it holds (`_sure_kind`)."""
    return [(each.name, each.default, _sure_kind(_hints(cls)[each.name])) for each in dataclasses.fields(cls)]


def _sure_kind(hint: Any) -> Any:
    """The dataclass that a hint names, since a value of it was checked when it was made; or list or dict, if empty.

    None where the hint says more.
    """
    named = [each for each in get_args(hint) if each is not NoneType] if get_origin(hint) in UNIONS else [hint]
    kind = get_origin(named[0]) or named[0]
    return kind if len(named) == 1 and (kind in CONTAINERS or dataclasses.is_dataclass(kind)) else None


@functools.cache
def _check(cls: type, name: str) -> Callable[[Any], Any]:
    hint = _hints(cls)[name]
    # A dataclass carries its own strictness; everything else is given it here. The check is the adapter's own,
    # without what its method looks for first.
    carries_config = dataclasses.is_dataclass(hint)
    adapter: TypeAdapter[Any] = TypeAdapter(cast("Any", hint)) if carries_config else TypeAdapter(hint, config=STRICT)
    return adapter.validator.validate_python


def _sentence(detail: ErrorDetails, where: str) -> str:
    name = _path(where, detail["loc"])
    kind = detail["type"]
    if kind in ("unexpected_keyword_argument", "extra_forbidden"):
        return f"{name} is not a known field"
    if kind in ("missing", "missing_argument"):
        return f"{name} is required"
    if kind == "value_error":
        return detail["msg"].removeprefix("Value error, ")
    message = detail["msg"].replace("Input should be", "must be")
    message = message.replace("greater than or equal to", "at least").replace("greater than", "more than")
    return f"{name} {message}, got {_got(detail['input'])}"


def _path(where: str, loc: tuple[int | str, ...]) -> str:
    path = where
    for part in loc:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path


def _got(value: Any) -> str:
    shown = repr(value)
    kind = type(value).__name__
    return f"{kind} {shown}" if len(shown) <= 60 else kind
