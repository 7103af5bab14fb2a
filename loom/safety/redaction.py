"""Secrets in texts that people and logs see: the secret goes, the words around it stay."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

HIDDEN = "«hidden»"
SHORTEST_CHARS = 13
"""No text with a secret is shorter: at the least it has `://a:` and eight characters more."""

MAY_HIDE = (str, dict, list)

_SHAPES = re.compile(
    r"\b(?:sk-[A-Za-z0-9_-]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abprs]-[\w-]{10,}"
    r"|AKIA[0-9A-Z]{16}|AIza[\w-]{30,}|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,})"
)
_BLOCK = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)", re.DOTALL)
_NAMED = re.compile(
    r"(?P<name>\b\w{0,40}(?:api[_-]?key|secret|token|passw(?:or)?d|credential)\w{0,40})"
    r"(?P<joint>[\"']?[ \t]*[=:][ \t]*|[ \t]+)(?P<quote>[\"']?)(?P<value>[^\s\"'&;|]{8,})",
    re.IGNORECASE,
)
# What programs are made of is no secret: calls, members, types, names with an underline, counts.
_CODE = re.compile(
    r"[A-Za-z_][\w.]*[(\[].*|[A-Za-z_]+(?:\.[A-Za-z_]+)+[,;:)]*|[A-Za-z]+(?:_[A-Za-z]+)+[,;:)]*", re.DOTALL
)
_COUNT = re.compile(r"[\d_.,]+[,;)}]*")
_SECRET_NAME = re.compile(r"api[_-]?key|secret|token|passw|credential", re.IGNORECASE)
_BEARER = re.compile(
    r"(?P<name>\bbearer\s+|\bauthorization[\"']?\s*[:=]\s*[\"']?basic\s+|://[^\s/:@]+:)"
    r"(?P<value>[^\s\"'@]{8,})(?=@|\s|\"|'|$)",
    re.IGNORECASE,
)


PIECE_CHARS = 4_096
"""A long text is looked through in pieces of so much, since an expression at work keeps every other thread waiting."""
_BREAK = re.compile(r"(?<!bearer)(?<!basic)\n", re.IGNORECASE)


def redact(text: str) -> str:
    """`text` with what looks like a secret replaced by «hidden»: keys by their shape, and values by their names."""
    if len(text) < SHORTEST_CHARS:
        return text
    if "-----BEGIN" in text:
        text = _BLOCK.sub(HIDDEN, text)
    return "".join(map(_redacted_lines, _pieces(text)))


def _pieces(text: str) -> Iterator[str]:
    """The text in pieces, each of whole lines."""
    begin = 0
    while len(text) - begin > 2 * PIECE_CHARS and (found := _BREAK.search(text, begin + PIECE_CHARS)):
        yield text[begin : found.end()]
        begin = found.end()
    yield text[begin:] if begin else text


def _redacted_lines(text: str) -> str:
    text = _SHAPES.sub(HIDDEN, text)
    text = _BEARER.sub(lambda found: found["name"] + HIDDEN, text)
    return _NAMED.sub(_hide_value, text) if _SECRET_NAME.search(text) else text


def redacted(value: Any) -> Any:
    """A JSON value with the secrets in its texts hidden; the same object where there are none."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        fields: dict[str, Any] = value.copy()  # pyright: ignore[reportUnknownVariableType]
        for name, inner in fields.items():
            if isinstance(inner, MAY_HIDE):
                fields[name] = _field(name, inner)
        return fields
    return _redacted_items(cast("list[Any]", value)) if isinstance(value, list) else value


def _redacted_items(items: list[Any]) -> list[Any]:
    return [_after(items[number - 1] if number else "", item) for number, item in enumerate(items)]


def _after(before: Any, item: Any) -> Any:
    """An item of a list: after one such as `--password`, its value."""
    if isinstance(before, str) and isinstance(item, str) and before.startswith("-") and _SECRET_NAME.search(before):
        both = redact(f"{before} {item}")
        if both == f"{before} {HIDDEN}":
            return HIDDEN
    return redacted(item)


def _field(name: str, value: Any) -> Any:
    if isinstance(value, str) and len(value) >= 8 and _SECRET_NAME.search(name):
        return HIDDEN
    return redacted(value)


def _hide_value(found: re.Match[str]) -> str:
    # Prose about a token is no token: a value by name alone has digits, or stands after = or :.
    if found["joint"].isspace() and not any(char.isdigit() for char in found["value"]):
        return found.group()
    if found["value"].startswith(("$", HIDDEN)):
        return found.group()
    if not found["quote"] and (_CODE.fullmatch(found["value"]) or _is_count(found["name"], found["value"])):
        return found.group()
    return f"{found['name']}{found['joint']}{found['quote']}{HIDDEN}"


def _is_count(name: str, value: str) -> bool:
    return name.lower().endswith("tokens") and _COUNT.fullmatch(value) is not None
