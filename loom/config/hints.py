"""A function's annotations: resolved, and in the kinds of type that a model's arguments can be checked against."""

from __future__ import annotations

import functools
import inspect
import sys
import types
import typing
from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

import typing_extensions

from loom.errors import ConfigError

_QUALIFIERS = {typing.Required: True, typing.NotRequired: False}


def bare_function(func: Callable[..., Any]) -> Callable[..., Any]:
    """The function that a `functools.partial` is of; any other as it is."""
    while isinstance(func, functools.partial):
        func = cast("Callable[..., Any]", func.func)
    return func


def name_of(func: Callable[..., Any]) -> str:
    """What a function is called; an object that can be called, by its class."""
    func = bare_function(func)
    return getattr(func, "__name__", type(func).__name__)


def hints_of(func: Callable[..., Any], parameters: Iterable[inspect.Parameter], name: str) -> dict[str, Any]:
    """What each parameter takes; Any for one that does not say. Raises ConfigError for one that can't be resolved."""
    target = bare_function(func)
    if isinstance(target, type):
        target = target.__init__
    elif not inspect.isroutine(target):
        target = type(target).__call__
    names = _names_in_reach(target)
    try:
        known = typing.get_type_hints(target, localns=names, include_extras=True)
        made: dict[Any, Any] = {}
        return {each.name: _readable(known.get(each.name, _own(each)), names, made) for each in parameters}
    except (NameError, SyntaxError, AttributeError, TypeError) as error:
        raise ConfigError(f"tool {name!r}: an annotation can't be resolved: {error}") from None


def _own(parameter: inspect.Parameter) -> Any:
    """What a signature that was made by code says of a parameter."""
    said = parameter.annotation
    return Any if said is inspect.Parameter.empty or isinstance(said, str) else said


def _names_in_reach(func: Callable[..., Any]) -> dict[str, Any]:
    """Names for annotations written as text: those of the functions that are defining the tool, then its closure."""
    names: dict[str, Any] = {}
    frames: list[types.FrameType] = []
    frame = sys._getframe(1)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  pydantic looks there too
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back
    for outer in reversed(frames):
        if outer.f_globals is getattr(func, "__globals__", None):
            names.update(outer.f_locals)
    code = getattr(func, "__code__", None)
    cells = getattr(func, "__closure__", None) or ()
    for free, cell in zip(getattr(code, "co_freevars", ()), cells, strict=False):
        try:
            names[free] = cell.cell_contents
        except ValueError:
            continue  # not assigned yet
    return names


def _readable(hint: Any, names: dict[str, Any], made: dict[Any, Any]) -> Any:
    """The hint, checked as a whole before the function runs: what is to be iterated over is a sequence.

    `typing.TypedDict`s become the kind that pydantic reads before Python 3.12; `made` has those that are.
    """
    origin, args = typing.get_origin(hint) or hint, typing.get_args(hint)
    if origin is Iterable:
        return Sequence[_readable(args[0], names, made) if args else Any]
    if sys.version_info < (3, 12) and typing.is_typeddict(hint):
        return _typed_dict(hint, names, made)
    if not args or origin is typing.Literal:
        return hint
    if origin is typing.Annotated:
        return typing.Annotated[_readable(args[0], names, made), *args[1:]]
    inner = tuple(_readable(each, names, made) for each in args)
    if all(new is old for new, old in zip(inner, args, strict=True)):
        return hint
    if origin in (typing.Union, types.UnionType):
        return typing.Union[inner]  # noqa: UP007  made from a tuple
    return origin[inner]


def _typed_dict(kind: Any, names: dict[str, Any], made: dict[Any, Any]) -> Any:
    """The same dictionary as `typing_extensions` has it; it may hold itself."""
    if kind in made:
        return made[kind]
    shell: Any = typing_extensions.TypedDict(kind.__name__, {})  # pyright: ignore[reportArgumentType]
    made[kind] = shell
    shell.__doc__, shell.__module__ = kind.__doc__, kind.__module__
    fields: dict[str, Any] = {}
    for key, hint in typing.get_type_hints(kind, localns=names, include_extras=True).items():
        is_needed, inner = _qualified(hint)
        is_needed = key in kind.__required_keys__ if is_needed is None else is_needed
        inner = _readable(inner, names, made)
        fields[key] = typing.Required[inner] if is_needed else typing.NotRequired[inner]
    shell.__annotations__ = fields
    return shell


def _qualified(hint: Any) -> tuple[bool | None, Any]:
    """Whether a key says itself that it is required, and its hint without that."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in _QUALIFIERS:
        return _QUALIFIERS[origin], args[0]
    if origin is typing.Annotated:
        is_needed, inner = _qualified(args[0])
        return is_needed, typing.Annotated[inner, *args[1:]]
    return None, hint
