"""`override` for what a window is shown with: the check alone, without the library that has it for every Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

__all__ = ["override"]

T = TypeVar("T")

if TYPE_CHECKING:
    from typing_extensions import override
else:

    def override(method: T) -> T:
        """Say that a method replaces one of a base class; the type checker holds it to that."""
        return method
