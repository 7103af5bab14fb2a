"""A call's arguments, read once: validated, with defaults filled in, frozen, and fingerprinted."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pydantic_core import from_json

from loom.config.tools import ToolSpec
from loom.errors import ToolArgumentError
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


def python_values(frozen: FrozenArguments) -> dict[str, Any]:
    """What the tool's function is called with."""
    return frozen.to_dict() if frozen.values is None else frozen.values.copy()


def _complete(tool: ToolSpec, arguments: dict[str, Any]) -> tuple[bytes, dict[str, Any] | None]:
    """The complete arguments in their byte form, and what those bytes are as values of the function's parameters."""
    if tool.signature is not None:
        data = canonical(tool.signature.with_defaults(arguments))
        return data, tool.signature.read_bytes(data)
    schema = tool.to_input_schema()
    properties: dict[str, Any] = schema.get("properties", {})
    defaults = {name: inner["default"] for name, inner in properties.items() if "default" in inner}
    complete = {**defaults, **arguments}
    fault = next(iter(_validator(canonical(schema)).iter_errors(complete)), None)
    if fault is not None:
        where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in fault.absolute_path).lstrip(
            "."
        )
        raise ValueError(f"{where}: {fault.message}" if where else fault.message)
    return canonical(complete), None


@lru_cache(maxsize=512)
def _validator(schema: bytes) -> Any:
    import jsonschema  # only tools that bring a schema of their own need it

    return jsonschema.Draft202012Validator(json.loads(schema))
