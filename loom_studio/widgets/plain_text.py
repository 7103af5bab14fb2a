"""Text shown as it is: nothing in it is markup, and nothing in it is invisible."""

from __future__ import annotations

import unicodedata


def escape_invisible(text: str) -> str:
    """`text` with control, invisible and direction-changing characters as visible escapes; new lines and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        char if char in "\n\t" or unicodedata.category(char)[0] != "C" else char.encode("unicode_escape").decode()
        for char in text
    )
