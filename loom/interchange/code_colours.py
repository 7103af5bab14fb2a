"""Code as HTML, coloured by Pygments: only languages that are known here, and only so much of it."""

from __future__ import annotations

import html
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any, cast

LIMIT_CHARS = 20_000
"""A longer piece of code stays plain."""

TOTAL_CHARS = 500_000
"""What one document has coloured in all, which takes some seconds; the rest stays plain."""

# fmt: off
LANGUAGES = frozenset((
    "bash", "c", "c++", "clojure", "cpp", "cs", "csharp", "css", "dart", "diff", "docker", "dockerfile", "elixir",
    "erlang", "fortran", "go", "graphql", "groovy", "haskell", "hs", "html", "ini", "java", "javascript", "js",
    "json", "jsx", "julia", "kotlin", "lua", "make", "makefile", "markdown", "matlab", "md", "nim", "nix",
    "ocaml", "perl", "php", "powershell", "proto", "protobuf", "ps1", "py", "pycon", "python", "python3", "r",
    "rb", "rs", "ruby", "rust", "sass", "scala", "scss", "sh", "shell", "sql", "swift", "terraform", "toml", "ts",
    "tsx", "typescript", "vb.net", "xml", "yaml", "yml", "zig", "zsh",
))
# fmt: on
"""What the first word of a fence may be. Anything else never reaches Pygments, which would ask plugins for it."""

_CLASSES = {
    "Keyword": "k", "Name.Builtin": "k", "Name.Tag": "k", "Name.Function": "n", "Name.Class": "n",
    "Name.Decorator": "n", "Name.Attribute": "n", "Literal.String": "s", "Literal.Number": "m", "Comment": "c",
    "Operator": "c", "Generic.Inserted": "s", "Generic.Deleted": "m", "Generic.Heading": "n", "Generic.Subheading": "n",
}  # fmt: skip


class CodeColours:
    """Colours the code of one document, up to `total_chars` in all."""

    def __init__(self, total_chars: int = TOTAL_CHARS) -> None:
        self._left = total_chars

    def of(self, code: str, language: str) -> str:
        """`code` as HTML, with spans of the classes k, n, s, m and c if the language is known."""
        lexer = _lexer(language.lower()) if language.lower() in LANGUAGES else None
        if lexer is None or len(code) > min(LIMIT_CHARS, self._left):
            return html.escape(code)
        self._left -= len(code)
        return "".join(
            f'<span class="{name}">{html.escape(text)}</span>' if name else html.escape(text)
            for name, text in _pieces(lexer, code)
        )


def _pieces(lexer: Any, code: str) -> Iterator[tuple[str, str]]:
    """The code in pieces, each with its class; neighbours of one class are one piece."""
    last, texts = "", list[str]()
    for _, token, text in lexer.get_tokens_unprocessed(code):
        name = _class_of(str(token).removeprefix("Token."))
        if name != last and texts:
            yield last, "".join(texts)
            texts = []
        last = name
        texts.append(text)
    yield last, "".join(texts)


@cache
def _lexer(language: str) -> Any:
    from pygments import lexers, util

    try:
        return cast("Any", lexers).get_lexer_by_name(language)
    except util.ClassNotFound:
        return None


@lru_cache(maxsize=512)
def _class_of(token: str) -> str:
    while token:
        if token in _CLASSES:
            return _CLASSES[token]
        token = token.rpartition(".")[0]
    return ""
