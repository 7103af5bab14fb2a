"""Frozen values that are made often.

The `__init__` of a frozen dataclass goes around its own lock for every field, which takes four times as long as plain
assignments do. The loop makes some twenty values a round, so that was a tenth of what a round costs.
"""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any, TypeVar, get_origin

T = TypeVar("T")

_become = object.__dict__["__class__"].__set__


def quickly_made(made: type[T]) -> type[T]:
    """The same frozen dataclass, with an `__init__` that opens the new value once, sets its fields, and closes it.

    While it is open, its class is one of the same layout without the lock. Raises TypeError for a class with fields
    by keyword only, or with more to do when one is made.
    """
    known: dict[str, Any] = {"become": _become, "open": _opened(made), "closed": made, "MISSING": MISSING}
    given, defaults, steps = ["self"], list[Any](), ["become(self, open)"]
    for each in fields(made):  # pyright: ignore[reportArgumentType]
        name, value = each.name, each.name
        if each.kw_only or hasattr(made, "__post_init__"):
            raise TypeError(f"{made.__name__} can't be quickly made")
        if each.default_factory is not MISSING:
            # `dict[str, int]()` makes the same as `dict()`, in ten times the time.
            known[f"new_{name}"] = get_origin(each.default_factory) or each.default_factory
            value = f"new_{name}() if {name} is MISSING else {name}" if each.init else f"new_{name}()"
        if each.init:
            given.append(name)
            if each.default is not MISSING or each.default_factory is not MISSING:
                defaults.append(each.default)
        steps.append(f"self.{name} = {value}")
    steps.append("self.__class__ = closed")
    # As `dataclasses` itself does it: only names of fields are put into the text.
    exec(f"def __init__({', '.join(given)}):\n " + "\n ".join(steps), known)  # noqa: S102
    init = known["__init__"]
    init.__defaults__, init.__qualname__ = tuple(defaults), f"{made.__qualname__}.__init__"
    init.__annotations__ = made.__init__.__annotations__
    made.__init__ = init
    return made


def _opened(made: type[Any]) -> type[Any]:
    """A class of the same layout, of which the fields may be set."""
    plain = {"__slots__": (), "__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
    return type(made.__name__, (made,), plain)
