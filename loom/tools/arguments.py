"""A call's arguments, read once: validated, with defaults filled in, frozen, and fingerprinted."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import from_json

from loom.config.tools import ToolSpec
from loom.errors import ToolArgumentError
from loom.tools.schema_check import schema_fault
from loom.types.frozen import quickly_made
from loom.types.messages import ToolCall
from loom.types.strict_json import canonical, check_depth


@quickly_made
@dataclass(frozen=True, slots=True)
class FrozenArguments:
    """The final arguments of one call, in their one byte form.

    Everything that looks at the call (rules, person, log, tool) gets them from these bytes; nobody can change them.
    `values` is what these bytes are as the function's parameters, for the tool's body alone; None for a tool that has
    no signature, which gets them as plain data.
    """

    canonical: bytes
    hash: str
    values: dict[str, Any] | None = field(default=None, repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """A fresh copy as plain data."""
        return from_json(self.canonical)


def read_arguments(tool: ToolSpec, call: ToolCall) -> FrozenArguments:
    """The final arguments of `call`.

    Raises ToolArgumentError, with a sentence for the model, when they are no JSON object, lack a parameter, have one
    too many or one of a wrong type: then the tool must not run.
    """
    if call.malformed:
        raise ToolArgumentError(
            f"The arguments of {tool.name!r} are not a JSON object, so it did not run. Got: {call.malformed[:300]}",
            tool=tool.name,
        )
    try:
        check_depth(call.arguments)
        data, values = _complete(tool, call.arguments)
    except (ValueError, TypeError) as error:
        raise ToolArgumentError(
            f"The arguments of {tool.name!r} don't fit, so it did not run: {error}", tool=tool.name
        ) from None
    return FrozenArguments(data, hashlib.sha256(data).hexdigest(), values)


def _complete(tool: ToolSpec, arguments: dict[str, Any]) -> tuple[bytes, dict[str, Any] | None]:
    """The complete arguments in their byte form, and what those bytes are as values of the function's parameters."""
    if tool.signature is not None:
        data = canonical(tool.signature.with_defaults(arguments))
        return data, tool.signature.read_bytes(data)
    schema = tool.to_input_schema()
    properties: dict[str, Any] = schema.get("properties", {})
    defaults = {name: inner["default"] for name, inner in properties.items() if "default" in inner}
    complete = {**defaults, **arguments}
    fault = schema_fault(schema, complete)
    if fault:
        raise ValueError(fault)
    return canonical(complete), None
