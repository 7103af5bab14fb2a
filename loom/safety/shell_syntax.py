"""Shell text as a tree, parsed in bounded time, and every command that such a tree holds, however deep.

The tree is tree-sitter's. Nothing here permits anything: `loom.safety.commands` believes a tree only where each of its
leaves is plain, and everything else looks through it for what a rule forbids.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Tree

PARSE_BUDGET_S = 0.015
CHUNK_BYTES = 4096
UNKNOWN = "\x00"
"""Stands in a found word for a part that is known only when the command runs; no real word can hold it."""

_FOUND = frozenset({"command", "declaration_command", "unset_command", "test_command"})
_PREFIXES = frozenset({"variable_assignment", "file_redirect", "herestring_redirect", "heredoc_redirect", "comment"})
_ODD = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_SEPARATORS = re.compile(rf"&&|\|\||[;&|()`{{}}\n]|{_ODD.pattern}|\$\(|<\(|>\(")
_REDIRECT = re.compile(r"[0-9]*[<>]+&?\S*")
_PIECE = re.compile(
    r"""\$?'(?P<single>[^']*)'|\$?"(?P<double>(?:[^"\\]|\\.)*)"|\\(?P<escaped>.)|(?P<plain>[^'"\\$`]+)|(?P<odd>.)""",
    re.DOTALL,
)
_ANSI = re.compile(r"\\(x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{1,4}|U[0-9a-fA-F]{1,8}|[0-7]{1,3}|.)", re.DOTALL)
_CONTROL = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "v": "\v"}


def parse_shell(data: bytes) -> Tree | None:
    """The tree of shell text in UTF-8; None if it took more than 15 ms of processor time."""
    from tree_sitter import Parser

    until = time.thread_time() + PARSE_BUDGET_S

    def read(offset: int, _point: object) -> bytes:
        return data[offset : offset + CHUNK_BYTES]

    def is_late(_offset: int, _has_error: bool) -> bool:
        return time.thread_time() > until

    try:
        return Parser(_language()).parse(read, progress_callback=is_late)
    except ValueError:
        return None


def found_commands(text: str) -> tuple[tuple[str, ...], ...]:
    """Every command that can be seen in `text`, also inside substitutions, subshells and loops, for what forbids.

    Quotes and escapes are taken off the words; what only a running shell knows is UNKNOWN. Text that can't be parsed
    is cut at whatever could begin a command.
    """
    joined = text.replace("\\\n", "")
    data = joined.encode("utf-8", "replace")
    tree = None if _ODD.search(joined) else parse_shell(data)
    if tree is None or tree.root_node.has_error:
        return tuple(_cut(joined))
    return tuple(words for node in _nodes(tree.root_node) if node.type in _FOUND and (words := _words_of(node, data)))


@cache
def _language() -> Language:
    import tree_sitter_bash
    from tree_sitter import Language

    return Language(tree_sitter_bash.language())


def _nodes(root: Node) -> Iterator[Node]:
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(node.children))


def _words_of(node: Node, data: bytes) -> tuple[str, ...]:
    children = [child for child in node.children if child.type not in _PREFIXES]
    if node.type == "declaration_command":  # export X=1: its assignments are its words
        children = node.children
    return tuple(_loosely(data[child.start_byte : child.end_byte].decode("utf-8", "replace")) for child in children)


def _cut(text: str) -> Iterator[tuple[str, ...]]:
    for part in _SEPARATORS.split(text):
        words = tuple(_loosely(word) for word in _REDIRECT.sub(" ", part).split())
        while words and re.fullmatch(r"\w+\+?=.*|!|if|then|elif|else|do|while|until|time", words[0], re.DOTALL):
            words = words[1:]
        if words:
            yield words


def _loosely(raw: str) -> str:
    """A word without its quotes and escapes; UNKNOWN for each expansion in it."""
    word = ""
    for piece in _PIECE.finditer(raw):
        kind, part = piece.lastgroup, piece.group(piece.lastgroup or 0)
        if kind == "single":
            word += _ANSI.sub(_ansi, part) if piece[0].startswith("$") else part
        elif kind == "double":
            unescaped = re.sub(r'\\([$`"\\])', r"\1", part)
            word += UNKNOWN if re.search(r"(?<!\\)[$`]", part) else unescaped
        elif kind == "odd":
            word += UNKNOWN
        else:
            word += part
    return word


def _ansi(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] in "xuU" and len(code) > 1:
        number = int(code[1:], 16)
        return chr(number) if number < 0x110000 else UNKNOWN
    if code[0] in "01234567":
        return chr(int(code, 8))
    return _CONTROL.get(code, code)
