"""What a tool is: a value with a schema, its nature, and the function behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Any

from loom.config.hints import name_of
from loom.config.signatures import Signature, read_signature
from loom.errors import ConfigError
from loom.types.checked import AboveZero, config_value


@config_value
class ToolParameterSpec:
    """A parameter of a tool, in the short form: `type` is a JSON Schema type name; `default` None means none."""

    name: str
    type: str
    required: bool = True
    description: str = ""
    default: Any = None


@config_value
class ToolHandler:
    """The function behind a tool, sync or async."""

    func: Callable[..., Any]
    mode: str = "callable"
    extensions: dict[str, Any] = field(default_factory=dict[str, Any])

    @classmethod
    def callable(cls, func: Callable[..., Any], *, extensions: dict[str, Any] | None = None) -> ToolHandler:
        """A handler from a function."""
        return cls(func, "callable", extensions or {})

    def invoke(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function directly: no gate, no checks."""
        return self.func(*args, **kwargs)


@config_value
class ToolSpec:
    """A tool: what the model is told of it, what it may do, and what runs.

    A tool that is both read-only and destructive counts as destructive. `concurrency_safe` lets its calls run side by
    side with others. `input_schema` is its JSON Schema; where it is None the schema is made from `parameters`.
    `timeout_s` bounds one call, in seconds. An `idempotent` tool may be called again with the same
    `RunContext.idempotency_key` after an interruption, as if it had been called once. A spec stays callable, for plain
    use in code.
    """

    name: str
    description: str = ""
    parameters: list[ToolParameterSpec] = field(default_factory=list[ToolParameterSpec])
    read_only: bool = False
    destructive: bool = False
    concurrency_safe: bool = False
    requires_permission: bool = True
    handler: ToolHandler | None = None
    extensions: dict[str, Any] = field(default_factory=dict[str, Any])
    input_schema: dict[str, Any] | None = None
    signature: Signature | None = None
    timeout_s: AboveZero | None = None
    idempotent: bool = False

    def __post_init__(self) -> None:
        """Refuse a tool without a name."""
        if self.name == "":
            raise ConfigError("ToolSpec.name must not be empty")

    @classmethod
    def from_function(
        cls,
        func: Callable[..., Any],
        *,
        name: str | None = None,
        description: str | None = None,
        read_only: bool = False,
        destructive: bool = False,
        concurrency_safe: bool = False,
        requires_permission: bool | None = None,
        extensions: dict[str, Any] | None = None,
        timeout_s: float | None = None,
        idempotent: bool = False,
    ) -> ToolSpec:
        """A tool from a function: schema from its annotations, descriptions from its docstring.

        Raises ConfigError when a parameter has no JSON Schema, for a lambda without a `name`, and for a tool.
        """
        if isinstance(func, cls):
            raise ConfigError(f"tool {func.name!r} is one already")
        signature = read_signature(func)
        called: str = name or name_of(func)
        if called == "<lambda>":
            raise ConfigError("a lambda has no name that a model could call it by; give it one: name=…")
        return cls(
            name=called,
            description=signature.description if description is None else description,
            parameters=[ToolParameterSpec(**parameter) for parameter in signature.summary()],
            read_only=read_only,
            destructive=destructive,
            concurrency_safe=concurrency_safe,
            requires_permission=not read_only if requires_permission is None else requires_permission,
            handler=ToolHandler.callable(func),
            extensions=extensions or {},
            input_schema=signature.schema,
            signature=signature,
            timeout_s=timeout_s,
            idempotent=idempotent,
        )

    def to_input_schema(self) -> dict[str, Any]:
        """The JSON Schema of the arguments: an object that admits no other keys."""
        if self.input_schema is not None:
            return self.input_schema
        properties: dict[str, Any] = {}
        for parameter in self.parameters:
            properties[parameter.name] = {"type": parameter.type}
            if parameter.description:
                properties[parameter.name]["description"] = parameter.description
            if parameter.default is not None:
                properties[parameter.name]["default"] = parameter.default
        required = [parameter.name for parameter in self.parameters if parameter.required]
        return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function behind the tool, as if it had not been made one."""
        if self.handler is None:
            raise ConfigError(f"tool {self.name!r} has no handler to call")
        return self.handler.invoke(*args, **kwargs)
