"""From a function's signature to the JSON Schema that the model gets, and from a model's arguments to Python values.

It stands here, below the tools, because a `ToolSpec` is made from a function.
"""

from __future__ import annotations

import inspect
import sys
import types
import typing
from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import typing_extensions
from pydantic import PydanticUserError, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from loom.errors import ConfigError
from loom.types.checked import explain
from loom.types.runs import RunContext
from loom.types.strict_json import canonical


@dataclass(frozen=True)
class Signature:
    """What a function takes: as a schema for the model, and as a reader of the model's arguments.

    `context_parameter` is the name of the parameter that gets the run's RunContext; it is not in the schema.
    `defaults` are the JSON forms of the parameters' defaults.
    """

    func: Callable[..., Any]
    description: str
    hints: dict[str, Any]
    descriptions: dict[str, str]
    required: frozenset[str]
    defaults: dict[str, Any]
    context_parameter: str | None

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the arguments."""
        schema = self._adapter.json_schema()
        properties: dict[str, Any] = schema.get("properties", {})
        for name, text in self.descriptions.items():
            if name in properties:
                properties[name].setdefault("description", text)
        for name, default in self.defaults.items():
            properties[name].setdefault("default", default)
        untitled = _without_titles(schema)
        untitled.setdefault("properties", {})
        untitled.setdefault("required", [])
        return untitled

    @cached_property
    def is_async(self) -> bool:
        """True if the function's result must be awaited."""
        call = getattr(self.func, "__call__", self.func)  # noqa: B004  an object whose __call__ is async counts too
        return inspect.iscoroutinefunction(self.func) or inspect.iscoroutinefunction(call)

    def with_defaults(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The arguments with every default filled in that was left out: what rules, hooks and people see."""
        return {**self.defaults, **arguments}

    def read(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Python values for the function's parameters.

        Raises ValueError, with a sentence for the model, for a wrong type, a missing or an unknown key. Nothing is
        converted beyond what JSON cannot say itself (a date is a string, a tuple an array).
        """
        return self.read_bytes(canonical(arguments))

    def read_bytes(self, arguments: bytes) -> dict[str, Any]:
        """As `read`, from the arguments' JSON text."""
        try:
            return self._validate_json(arguments, strict=True)
        except ValidationError as error:
            raise ValueError(explain(error)) from None

    def summary(self) -> Iterable[dict[str, Any]]:
        """Each parameter in the short form of ToolParameterSpec."""
        properties: dict[str, Any] = self.schema["properties"]
        for name, schema in properties.items():
            yield {
                "name": name,
                "type": _short_type(schema),
                "required": name in self.required,
                "description": schema.get("description", ""),
                "default": self.defaults.get(name),
            }

    @cached_property
    def _validate_json(self) -> Callable[..., dict[str, Any]]:
        return self._adapter.validator.validate_json  # without the checks of the adapter's own method, made once here

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        fields = {
            name: hint if name in self.required else typing_extensions.NotRequired[hint]
            for name, hint in self.hints.items()
        }
        shape: Any = typing_extensions.TypedDict("arguments", fields)  # pyright: ignore[reportArgumentType, reportGeneralTypeIssues]
        shape.__pydantic_config__ = {"extra": "forbid", "strict": True, "arbitrary_types_allowed": False}
        return TypeAdapter(shape)


def read_signature(func: Callable[..., Any]) -> Signature:
    """The signature of a function, sync or async, or of a callable object.

    Raises ConfigError, naming the function and the parameter, for `*args`, `**kwargs`, positional-only parameters,
    and annotations that have no JSON Schema.
    """
    if not callable(func):
        raise ConfigError(f"a tool is made from a function, got {type(func).__name__} {func!r:.60}")
    name = getattr(func, "__name__", type(func).__name__)
    parameters = _parameters(func, name)
    hints = _hints(func, name)
    parsed_text, parsed = _docstring(func)
    fields: dict[str, Any] = {}
    defaults: dict[str, Any] = {}
    required: set[str] = set()
    context_parameter: str | None = None
    for parameter in parameters:
        hint = hints.get(parameter.name, Any)
        if _is_context(hint):
            context_parameter = parameter.name
            continue
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise ConfigError(
                f"tool {name!r}: parameter {parameter.name!r} can't be passed by name, so no model can give it"
            )
        hint, default = _default(hint, parameter.default)
        fields[parameter.name] = _plain_typed_dicts(hint)
        if default is inspect.Parameter.empty:
            required.add(parameter.name)
        else:
            fields[parameter.name] = _add_default(defaults, parameter.name, fields[parameter.name], default)
    signature = Signature(func, parsed_text, fields, parsed, frozenset(required), defaults, context_parameter)
    try:
        _ = signature.schema
    except (PydanticUserError, TypeError, NameError) as error:
        first_line = str(error).splitlines()[0]
        raise ConfigError(f"tool {name!r}: a parameter has no JSON Schema: {first_line}") from None
    return signature


def _parameters(func: Callable[..., Any], name: str) -> list[inspect.Parameter]:
    try:
        parameters = list(inspect.signature(func).parameters.values())
    except (ValueError, TypeError):
        raise ConfigError(f"tool {name!r}: Python does not say which parameters it takes") from None
    if parameters and parameters[0].name in ("self", "cls") and not inspect.ismethod(func):
        raise ConfigError(f"tool {name!r} is a method: make the tool of an object's own, tool(the_object.{name})")
    return parameters


def _hints(func: Callable[..., Any], name: str) -> dict[str, Any]:
    target = func if inspect.isroutine(func) else type(func).__call__
    try:
        return typing.get_type_hints(target, localns=_names_in_reach(target), include_extras=True)
    except NameError as error:
        raise ConfigError(f"tool {name!r}: an annotation can't be resolved: {error}") from None


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


def _docstring(func: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    text = inspect.getdoc(func) if inspect.isroutine(func) else inspect.getdoc(type(func))
    if not text:
        return "", {}
    import docstring_parser

    parsed = docstring_parser.parse(text)
    described = {param.arg_name: (param.description or "").strip() for param in parsed.params}
    summary = "\n\n".join(part for part in (parsed.short_description, parsed.long_description) if part)
    return summary or text.strip(), {name: text for name, text in described.items() if text}


def _is_context(hint: Any) -> bool:
    return hint is RunContext or any(_is_context(part) for part in typing.get_args(hint))


def _default(hint: Any, default: Any) -> tuple[Any, Any]:
    """The hint and default, with a default that stands in a pydantic Field taken out of it."""
    if isinstance(default, FieldInfo):
        return _default(typing.Annotated[hint, default], inspect.Parameter.empty)
    if typing.get_origin(hint) is not typing.Annotated:
        return hint, default
    inner, *notes = typing.get_args(hint)
    for index, note in enumerate(notes):
        if isinstance(note, FieldInfo) and not note.is_required():
            value = note.get_default(call_default_factory=True, validated_data={})
            bare = copy(note)
            bare.default, bare.default_factory = PydanticUndefined, None
            notes[index] = bare
            return typing.Annotated[inner, *notes], value if default is inspect.Parameter.empty else default
    return hint, default


def _add_default(defaults: dict[str, Any], name: str, hint: Any, default: Any) -> Any:
    """Keep the JSON form of a default; gives the hint, which admits the default too (`x: int = None` is an idiom)."""
    adapter = TypeAdapter(hint)
    try:
        plain = adapter.dump_python(default, mode="json", warnings="error")
    except Exception:  # noqa: BLE001  a default of another type than its annotation is still a default
        if not (default is None or isinstance(default, (str, int, float, bool))):
            return hint
        plain = default
    try:
        adapter.validate_json(canonical(plain), strict=True)
    except ValidationError:
        hint = _also(hint, cast("type", type(default)))
    except ValueError:  # JSON has no infinity: the function's own default is used, and nothing said of it
        return hint
    defaults[name] = plain
    return hint


def _also(hint: Any, kind: type) -> Any:
    """The hint, or values of another kind; what stands beside the hint stays beside both."""
    if typing.get_origin(hint) is typing.Annotated:
        inner, *notes = typing.get_args(hint)
        return typing.Annotated[typing.Union[inner, kind], *notes]  # noqa: UP007  made from values
    return typing.Union[hint, kind]  # noqa: UP007  made from values


def _plain_typed_dicts(hint: Any) -> Any:
    """The hint with `typing.TypedDict`s turned into the kind that pydantic reads before Python 3.12."""
    if sys.version_info >= (3, 12):
        return hint
    if typing.is_typeddict(hint):
        fields = {
            key: _plain_typed_dicts(inner)
            if key in hint.__required_keys__
            else typing_extensions.NotRequired[_plain_typed_dicts(inner)]
            for key, inner in typing.get_type_hints(hint).items()
        }
        return typing_extensions.TypedDict(hint.__name__, fields)  # pyright: ignore[reportArgumentType]
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (list, dict, tuple, set, frozenset):
        return cast("Any", origin)[tuple(_plain_typed_dicts(arg) for arg in args)]
    if origin in (typing.Union, types.UnionType):
        return typing.Union[tuple(_plain_typed_dicts(arg) for arg in args)]  # noqa: UP007  made from a tuple
    return hint


def _without_titles(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without the titles that pydantic adds: they cost tokens and say nothing."""
    cleaned: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "title" and isinstance(value, str):
            continue
        if key in ("properties", "$defs"):
            cleaned[key] = {name: _without_titles(inner) for name, inner in value.items()}
        elif isinstance(value, dict) and key != "default":
            cleaned[key] = _without_titles(cast("dict[str, Any]", value))
        elif isinstance(value, list) and key in ("anyOf", "oneOf", "allOf", "prefixItems"):
            cleaned[key] = [_without_titles(item) for item in cast("list[dict[str, Any]]", value)]
        else:
            cleaned[key] = value
    return cleaned


def _short_type(schema: dict[str, Any]) -> str:
    if isinstance(schema.get("type"), str):
        return schema["type"]
    choices = [choice.get("type") for choice in schema.get("anyOf", []) if choice.get("type") not in (None, "null")]
    return choices[0] if choices else "object" if "$ref" in schema else "string"
