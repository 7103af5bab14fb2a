"""From a function's signature to the JSON Schema that the model gets, and from a model's arguments to Python values.

It stands here, below the tools, because a `ToolSpec` is made from a function.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, cast

import typing_extensions
from pydantic import PydanticUserError, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from loom.config.hints import bare_function, hints_of, name_of
from loom.errors import ConfigError
from loom.types.checked import explain
from loom.types.runs import RunContext
from loom.types.strict_json import canonical

UNREADABLE = (PydanticUserError, TypeError, NameError)
"""What pydantic raises of an annotation that it can't make a schema of."""


@dataclass(frozen=True)
class Signature:
    """What a function takes: as a schema for the model, and as a reader of the model's arguments.

    `context_parameter` is the name of the parameter that gets the run's RunContext; it is not in the schema.
    `defaults` are the JSON forms of the parameters' defaults, `factories` make those that are made for each call, and
    `unsaid` are those of a pydantic Field that JSON can't say. A parameter goes by its Field's alias, if it has one, in
    all of these; `renamed` has its name in the function.
    """

    func: Callable[..., Any]
    description: str
    hints: dict[str, Any]
    descriptions: dict[str, str]
    required: frozenset[str]
    defaults: dict[str, Any]
    context_parameter: str | None
    factories: Mapping[str, Callable[[], Any]] = field(default_factory=dict[str, Callable[[], Any]])
    unsaid: Mapping[str, Any] = field(default_factory=dict[str, Any])
    renamed: Mapping[str, str] = field(default_factory=dict[str, str])

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the arguments."""
        schema = self._adapter.json_schema()
        properties: dict[str, Any] = schema.get("properties", {})
        for name, text in self.descriptions.items():
            if name in properties:
                properties[name].setdefault("description", text)
        for name, inner in properties.items():
            inner.pop("default", None)  # one of a Field's that the function's own takes the place of
            if name in self.defaults:
                inner["default"] = self.defaults[name]
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
        complete = self.defaults | arguments
        for name, make in self.factories.items():
            if name not in complete:
                complete[name] = make()
        return complete

    def read(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Python values for the function's parameters.

        Raises ValueError, with a sentence for the model, for a wrong type, a missing or an unknown key. Nothing is
        converted beyond what JSON cannot say itself (a date is a string, a tuple an array).
        """
        return self.read_bytes(canonical(arguments))

    def read_bytes(self, arguments: bytes) -> dict[str, Any]:
        """As `read`, from the arguments' JSON text."""
        try:
            values = self._validate_json(arguments, strict=True)
        except ValidationError as error:
            raise ValueError(explain(error)) from None
        if self.unsaid:
            values = {**self.unsaid, **values}
        return {self.renamed.get(name, name): value for name, value in values.items()} if self.renamed else values

    def summary(self) -> Iterable[dict[str, Any]]:
        """Each parameter in the short form of ToolParameterSpec."""
        properties: dict[str, Any] = self.schema["properties"]
        required: list[str] = self.schema["required"]
        for name, schema in properties.items():
            yield {
                "name": name,
                "type": _short_type(schema),
                "required": name in required,
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
    """The signature of a function, sync or async, of a `functools.partial` of one, a class, or a callable object.

    Raises ConfigError, naming the function and the parameter, for `*args`, `**kwargs`, positional-only parameters,
    and annotations that have no JSON Schema.
    """
    if not callable(func):
        raise ConfigError(f"a tool is made from a function, got {type(func).__name__} {func!r:.60}")
    name = name_of(func)
    parameters = _parameters(func, name)
    hints = hints_of(func, parameters, name)
    text, described = _docstring(func)
    contexts = [each.name for each in parameters if _is_context(hints[each.name])]
    if len(contexts) > 1:
        raise ConfigError(f"tool {name!r}: {' and '.join(map(repr, contexts))} both take the RunContext; one is enough")
    read = _Read()
    try:
        for parameter in parameters:
            if parameter.name not in contexts:
                read.take(parameter, hints[parameter.name])
        names = {known: key for key, known in read.renamed.items()}
        described = {names.get(known, known): said for known, said in described.items()}
        signature = Signature(
            func,
            text,
            read.hints,
            described,
            frozenset(read.required),
            read.defaults,
            contexts[0] if contexts else None,
            read.factories,
            read.unsaid,
            read.renamed,
        )
        _ = signature.schema
    except UNREADABLE as error:
        first_line = str(error).splitlines()[0]
        raise ConfigError(f"tool {name!r}: parameter {read.culprit()!r} has no JSON Schema: {first_line}") from None
    return signature


@dataclass
class _Read:
    """What was read of a function's parameters so far, as `Signature` has it."""

    hints: dict[str, Any] = field(default_factory=dict[str, Any])
    required: set[str] = field(default_factory=set[str])
    defaults: dict[str, Any] = field(default_factory=dict[str, Any])
    factories: dict[str, Callable[[], Any]] = field(default_factory=dict[str, Callable[[], Any]])
    unsaid: dict[str, Any] = field(default_factory=dict[str, Any])
    renamed: dict[str, str] = field(default_factory=dict[str, str])

    def take(self, parameter: inspect.Parameter, hint: Any) -> None:
        """Read one more parameter; what pydantic raises of it is let out."""
        hint, default, alias, in_field = _without_field(hint, parameter.default)
        key = alias or parameter.name
        if alias:
            self.renamed[alias] = parameter.name
        self.hints[key] = hint
        if default is inspect.Parameter.empty:
            self.required.add(key)
        elif isinstance(default, _Factory):
            self.factories[key] = partial(_made, TypeAdapter(hint), default.make)
        else:
            self.hints[key] = _add_default(self.defaults, key, hint, default)
            if in_field and key not in self.defaults:
                self.unsaid[key] = default

    def culprit(self) -> str:
        """Which parameter can't be read."""
        for key, hint in self.hints.items():
            try:
                TypeAdapter(hint).json_schema()
            except UNREADABLE:
                return self.renamed.get(key, key)
        return ", ".join(self.hints)  # each can be, but not all of them together


def _parameters(func: Callable[..., Any], name: str) -> list[inspect.Parameter]:
    try:
        parameters = list(inspect.signature(func).parameters.values())
    except (ValueError, TypeError):
        raise ConfigError(f"tool {name!r}: Python does not say which parameters it takes") from None
    if parameters and parameters[0].name in ("self", "cls") and not inspect.ismethod(func):
        raise ConfigError(f"tool {name!r} is a method: make the tool of an object's own, tool(the_object.{name})")
    for parameter in parameters:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise ConfigError(
                f"tool {name!r}: parameter {parameter.name!r} can't be passed by name, so no model can give it"
            )
    return parameters


def _docstring(func: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    """What a tool is for, and each parameter's description; an object's class and its `__call__` both may say."""
    func = bare_function(func)
    sources = [func] if inspect.isroutine(func) or isinstance(func, type) else [type(func), type(func).__call__]
    summary, described = "", dict[str, str]()
    for source in sources:
        text, params = _parsed(inspect.getdoc(source) or "")
        summary = summary or text
        described.update(params)
    return summary, described


def _parsed(text: str) -> tuple[str, dict[str, str]]:
    if not text:
        return "", {}
    import docstring_parser

    text = text.replace("\r\n", "\n")
    parsed = docstring_parser.parse(text)
    described = {
        name.strip(): (param.description or "").strip()
        for param in parsed.params
        for name in param.arg_name.split(",")  # NumPy's style has several of one kind in a line
    }
    gap = "\n\n" if parsed.blank_after_short_description else "\n"
    summary = gap.join(part for part in (parsed.short_description, parsed.long_description) if part)
    return summary or text.strip(), {name: said for name, said in described.items() if said}


def _is_context(hint: Any) -> bool:
    """Whether a hint is RunContext, with None or notes beside it or without."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType, typing.Annotated):
        return any(_is_context(part) for part in typing.get_args(hint))
    return hint is RunContext


@dataclass(frozen=True)
class _Factory:
    """A default that is made for each call."""

    make: Callable[[], Any]


def _made(adapter: TypeAdapter[Any], make: Callable[[], Any]) -> Any:
    """The JSON form of a default that is made now."""
    return adapter.dump_python(make(), mode="json")


def _without_field(hint: Any, default: Any) -> tuple[Any, Any, str, bool]:
    """The hint and default of a parameter, with what a pydantic Field says of default and alias taken out of it.

    Then the alias (empty for none), and whether the default is the Field's.
    """
    if isinstance(default, FieldInfo):
        return _without_field(typing.Annotated[hint, default], inspect.Parameter.empty)
    if typing.get_origin(hint) is not typing.Annotated:
        return hint, default, "", False
    inner, *notes = typing.get_args(hint)
    alias, in_field = "", False
    for index, note in enumerate(notes):
        if not isinstance(note, FieldInfo):
            continue
        notes[index] = bare = copy(note)
        if isinstance(note.validation_alias, str):
            alias = note.validation_alias
        bare.alias = bare.validation_alias = bare.serialization_alias = None
        if not note.is_required():
            bare.default, bare.default_factory = PydanticUndefined, None
            if default is inspect.Parameter.empty:
                make: Any = note.default_factory
                default, in_field = note.default if make is None else _Factory(make), True
    return typing.Annotated[inner, *notes], default, alias, in_field


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
