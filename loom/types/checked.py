"""How values that a person writes are checked: strictly, when they are made, with an error that names the field."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from types import FunctionType, MethodType, NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, cast, dataclass_transform, get_args, get_origin, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.fields import Field  # not from pydantic: that import, the first one, breaks where Qt is there already
from pydantic_core import ErrorDetails

from loom.errors import ConfigError

T = TypeVar("T")

# Sets, since a look into a tuple compares types one by one, which takes several times as long.
CONTAINERS = frozenset((list, dict))
PLAIN = frozenset((str, NoneType, bool, int, float))
FUNCTIONS = frozenset((FunctionType, MethodType))
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

    made.__init__, made.__check_more__ = checked_init, own or _nothing_more
    return made


def _nothing_more(_self: Any) -> None: ...


def owned(value: T) -> T:
    """A copy of a configuration object, checked anew, with objects, lists and tables of its own all the way down.

    So what the caller changes later does not reach whoever has the copy. Raises ConfigError for what was changed since
    it was made to something that can't be.
    """
    cls: Any = type(value)
    own = object.__new__(cls)
    for name, default, kinds, container in _fields(cls):
        held = getattr(value, name)
        if not (held is default or type(held) in kinds or (type(held) is container and not held)):
            _look(cls, name, held)
        setattr(own, name, held if type(held) in PLAIN else _owned(held))
    cls.__check_more__(own)
    return own


def _owned(held: Any) -> Any:
    if type(held) in CONTAINERS and not held:
        return held.copy()
    if type(held) is list:
        return [owned(each) if _is_config(each) else each for each in cast("list[Any]", held)]
    if type(held) is dict:
        members = cast("dict[Any, Any]", held)
        return {key: owned(each) if _is_config(each) else each for key, each in members.items()}
    return owned(held) if _is_config(held) else held


def _is_config(value: object) -> bool:
    return _is_config_class(type(value))


@functools.lru_cache(maxsize=512)
def _is_config_class(cls: type) -> bool:
    return getattr(cls, "__pydantic_config__", None) is STRICT


def check_fields(value: object) -> None:
    """Raise ConfigError unless every field of a configuration object holds what its annotation says."""
    cls: type = type(value)
    for name, default, kinds, container in _fields(cls):
        held = getattr(value, name)
        if not (held is default or type(held) in kinds or (type(held) is container and not held)):
            _look(cls, name, held)


def _look(cls: type, name: str, held: Any) -> None:
    """Look closely at what a field holds, where its type alone does not say that it is right."""
    try:
        _check(cls, name)(held)
    except ValidationError as error:
        raise ConfigError(explain(error, f"{cls.__name__}.{name}")) from None


def copied(value: T, **changes: Any) -> T:
    """A copy of a configuration object with lists and dicts of its own, and with `changes`, which nobody checks."""
    made = object.__new__(type(value))
    for name, _, _, _ in _fields(type(value)):
        held = changes[name] if name in changes else getattr(value, name)
        setattr(made, name, held if type(held) not in CONTAINERS else held.copy())
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
def _fields(cls: type) -> list[tuple[str, Any, frozenset[type], type | None]]:
    """Each field's name, its default, the types that are right whatever they hold, and list or dict if empty is."""
    hints = _hints(cls)
    return [(each.name, each.default, *_sure_kinds(hints[each.name])) for each in dataclasses.fields(cls)]


def _sure_kinds(hint: Any) -> tuple[frozenset[type], type | None]:
    """The types of which every value is right: plain ones, and dataclasses, whose values were checked when made.

    With them list or dict, where a hint names it. There are none where the hint says more.
    """
    if get_origin(hint) is Callable:
        return FUNCTIONS, None
    named: list[Any] = list(get_args(hint)) if get_origin(hint) in UNIONS else [hint]
    kinds = [each for each in named if isinstance(each, type) and (each in PLAIN or dataclasses.is_dataclass(each))]
    return frozenset(kinds), next((kind for each in named if (kind := get_origin(each) or each) in CONTAINERS), None)


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
