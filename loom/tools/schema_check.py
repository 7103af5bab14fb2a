"""A value checked against a JSON Schema that somebody else wrote, in a bounded time.

A schema of a few lines whose references double at each step takes a validator for ever, and one that refers to itself
has no end: so the references that are followed are counted.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from contextvars import ContextVar
from functools import cache, lru_cache
from typing import Any, cast

from loom.types.strict_json import canonical

MOST_REFERENCES = 5_000
"""So many are followed for one value, which takes less than a tenth of a second."""
_left: ContextVar[list[int]] = ContextVar("_left")


def schema_fault(schema: dict[str, Any], value: Any) -> str:
    """Where and why the value does not fit, in a sentence; empty if it fits.

    A schema that can't be used fits nothing: the sentence says so.
    """
    import jsonschema  # only tools that bring a schema of their own need it
    from referencing.exceptions import Unresolvable

    token = _left.set([MOST_REFERENCES])
    try:
        fault = next(iter(_validator(canonical(schema)).iter_errors(value)), None)
    except (RecursionError, _TooMany):
        return "its schema can't be used: it refers to itself, or to too much"
    except (Unresolvable, jsonschema.SchemaError):
        return "its schema can't be used: it refers to something that is not in it"
    finally:
        _left.reset(token)
    if fault is None:
        return ""
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in fault.absolute_path).lstrip(".")
    return f"{where}: {fault.message}" if where else fault.message


class _TooMany(Exception):  # noqa: N818  it ends a check, and never leaves this module
    """More references than are followed for one value."""


@lru_cache(maxsize=512)
def _validator(schema: bytes) -> Any:
    return _counting()(json.loads(schema))


@cache
def _counting() -> Any:
    """The validator, which counts the references that it follows."""
    from jsonschema import Draft202012Validator, validators

    plain, extend = cast("Any", Draft202012Validator), cast("Any", validators).extend
    counted = {word: _counted(plain.VALIDATORS[word]) for word in ("$ref", "$dynamicRef")}
    return extend(plain, {**counted, "uniqueItems": _unique})


def _counted(follow: Any) -> Any:
    def counted(validator: Any, reference: Any, instance: Any, schema: Any) -> Generator[Any]:
        left = _left.get()
        left[0] -= 1
        if left[0] < 0:
            raise _TooMany
        yield from follow(validator, reference, instance, schema) or ()

    return counted


def _unique(_validator: Any, wanted: Any, instance: Any, _schema: Any) -> Generator[Any]:
    """As the plain check, which compares each two of the items."""
    from jsonschema import ValidationError

    if wanted and isinstance(instance, list):
        items = cast("list[Any]", instance)
        if len({canonical(each) for each in items}) < len(items):
            yield ValidationError("has items that are equal")
