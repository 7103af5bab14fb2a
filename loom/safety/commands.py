"""What a command line does, read by a positive grammar: words, quoted text, and `&&`, `||`, `;`, `|` and new lines.

Whatever is not in the grammar makes the whole line unclear, with a reason for the person. A clear reading is what the
shell runs: each leaf of the parser's tree is checked again here, and so is the space between any two, so a parser that
sees something else than the shell gives an unclear reading, not a wrong one.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from loom.safety.program_names import names
from loom.safety.shell_syntax import found_commands, parse_shell

if TYPE_CHECKING:
    from tree_sitter import Node

LONGEST_CHARS = 10_000
MOST_COMMANDS = 300
MOST_PIECES = 100

_WORDS = frozenset({"word", "number", "raw_string", "string", "concatenation"})
_OPERATORS = frozenset({"&&", "||", ";", "|"})
_INNER = frozenset({"program", "list", "pipeline", "command", "command_name"})
_KINDS = {
    "command_substitution": "runs one command to make the text of another, $(…) or `…`",
    "process_substitution": "runs one command to make a file for another, <(…) or >(…)",
    "simple_expansion": "uses a variable",
    "expansion": "uses a variable",
    "arithmetic_expansion": "computes a value, $((…))",
    "redirected_statement": "redirects input or output",
    "file_redirect": "redirects input or output",
    "heredoc_redirect": "brings a text of its own along (<<)",
    "herestring_redirect": "brings a text of its own along (<<<)",
    "subshell": "starts a shell inside the shell, (…)",
    "compound_statement": "groups commands, {…}",
    "variable_assignment": "sets a variable",
    "variable_assignments": "sets a variable",
    "declaration_command": "sets a variable",
    "unset_command": "unsets a variable",
    "function_definition": "defines a function",
    "comment": "has a comment",
    "negated_command": "turns a command's outcome around (!)",
    "test_command": "tests a condition, [ ] or [[ ]]",
    "if_statement": "has a condition",
    "for_statement": "has a loop",
    "c_style_for_statement": "has a loop",
    "while_statement": "has a loop",
    "case_statement": "has a choice",
    "ansi_c_string": "spells text by codes, $'…'",
    "translated_string": 'has text to be translated, $"…"',
    "brace_expression": "makes several words of one, {…}",
    "&": "leaves a command in the background (&)",
    "|&": "redirects errors into a pipe (|&)",
}
_RESERVED = names("! { } [[ ]] case coproc do done elif else esac fi for function if in select then time until while")
# Of the shell's own commands, those after which the rest of the line means what it says.
_HARMLESS = frozenset({"cd", "echo", "printf", "pwd", "true", "false", ":", "test", "exit", "kill"})
_BUILTINS = names(
    ". : [ alias bg bind break builtin caller cd chdir command compgen complete compopt continue declare dirs disown "
    "echo enable eval exec exit export false fc fg getopts hash help history jobs kill let local logout mapfile popd "
    "printf pushd pwd read readarray readonly return set shift shopt source suspend test times trap true type typeset "
    "ulimit umask unalias unset wait"
)
_PIECE = re.compile(
    r"""(?P<plain>(?:[\w@%+=:,./^~\#!-]|\{[0-9]*\})+)|'(?P<single>[^']*)'|"(?P<double>(?:[^"\\$`]|\\.)*)" """,
    re.VERBOSE | re.DOTALL,
)
_BLANKS, _SPACE, _LINES = re.compile(rb"[ \t]+"), re.compile(rb"[ \t\n]*"), re.compile(rb"[ \t]*\n[ \t\n]*")
_NO_LINE = re.compile(rb"[ \t]*")


@dataclass(frozen=True, slots=True)
class CommandReading:
    """A command line explained: its plain commands in order, each as its words; or in `unclear` why it can't be.

    Of the commands after `&&` and `||` not all may run, but no other ever does.
    """

    simple: tuple[tuple[str, ...], ...] = ()
    unclear: str = ""

    @property
    def is_clear(self) -> bool:
        """True if `simple` explains the whole text."""
        return not self.unclear


Command = str | tuple[str, ...]
"""A line for the shell, or the words of one program, which runs without a shell."""


class _UnclearError(Exception):
    """Why a text can't be explained, as the end of a sentence that begins with 'it'."""


@lru_cache(maxsize=512)
def read_command(text: str) -> CommandReading:
    """Explain a line for `sh` (and bash). Takes at most about 30 ms of processor time, whatever the text; never raises.

    On Windows, whose shell reads lines differently, every reading is unclear.
    """
    try:
        _check_characters(text)
        commands = _commands_of(text.encode())
    except _UnclearError as why:
        return CommandReading(unclear=f"The command can't be explained in full: it {why}")
    return CommandReading(simple=commands)


def read_words(words: tuple[str, ...]) -> CommandReading:
    """Explain a program that runs without a shell: its words are what they are, if they can be read. Never raises."""
    try:
        _check_words(words)
    except _UnclearError as why:
        return CommandReading(unclear=f"The command can't be explained in full: it {why}")
    return CommandReading(simple=(words,))


def _check_words(words: tuple[str, ...]) -> None:
    if not words or not words[0]:
        raise _UnclearError("has no program")
    if sys.platform == "win32":
        raise _UnclearError("is for Windows, where programs split their words themselves")
    if sum(map(len, words)) + len(words) > LONGEST_CHARS:
        raise _UnclearError(f"has more than {LONGEST_CHARS:,} characters")
    for char in "".join(words):
        _check_character(char)
    if not words[0].isascii():
        raise _UnclearError(f"names its program with letters that may look like others ({words[0]!r})")
    if words[0].startswith(("-", "+")):
        raise _UnclearError(f"begins with {words[0][0]!r}, like an option")


def read_either(command: Command) -> CommandReading:
    """Explain a line, or the words of one program."""
    return read_command(command) if isinstance(command, str) else read_words(command)


def every_command(command: Command) -> list[tuple[str, ...]]:
    """The commands of a line or of words: all if it is clear, else those that can be seen."""
    reading = read_either(command)
    if reading.is_clear:
        return list(reading.simple)
    return list(found_commands(command)) if isinstance(command, str) else [command] if command else []


def command_of(arguments: Mapping[str, Any]) -> Command | None:
    """The command in a call's arguments: text as `command`, or words as `argv`; None for neither, and for both."""
    text, words = arguments.get("command"), arguments.get("argv")
    if isinstance(text, str) and words is None:
        return text
    if text is None and isinstance(words, list) and all(isinstance(word, str) for word in cast("list[Any]", words)):
        return tuple(cast("list[str]", words))
    return None


def _commands_of(data: bytes) -> tuple[tuple[str, ...], ...]:
    tree = parse_shell(data)
    if tree is None:
        raise _UnclearError("takes too long to parse")
    if tree.root_node.has_error:
        raise _UnclearError("can't be parsed: a quote or bracket may be open, or an operator out of place")
    commands = _plain_commands(tree.root_node, data)
    for command in commands:
        _check_own_command(command)
    return commands


def _check_characters(text: str) -> None:
    if sys.platform == "win32":
        raise _UnclearError("is for the shell of Windows, which reads lines differently")
    if len(text) > LONGEST_CHARS:
        raise _UnclearError(f"has {len(text):,} characters, more than {LONGEST_CHARS:,}")
    if not text.strip():
        raise _UnclearError("is empty")
    for char in text:
        _check_character(char)
    if "\\\n" in text:
        raise _UnclearError("has a line that goes on after a backslash")


def _check_character(char: str) -> None:
    if not (char.isprintable() or char in "\n\t"):
        name = unicodedata.name(char, f"U+{ord(char):04X}")
        raise _UnclearError(f"holds a character that is not shown as it is ({name})")


def _leaves(root: Node) -> Iterator[tuple[Node, int]]:
    """The words and operators in order, each with its command's first byte (of an operator: -1)."""
    stack = [(root, -1)]
    while stack:
        node, owner = stack.pop()
        if node.type in _WORDS or node.type in _OPERATORS:
            yield node, owner if node.type in _WORDS else -1
        elif node.type in _INNER:
            owner = node.start_byte if node.type == "command" else owner
            stack.extend((child, owner) for child in reversed(node.children))
        else:
            raise _UnclearError(_KINDS.get(node.type, f"has a part that is more than words ({node.type})"))


def _plain_commands(root: Node, data: bytes) -> tuple[tuple[str, ...], ...]:
    commands: list[list[str]] = []
    end, last_owner, last = 0, -1, ""
    for node, owner in _leaves(root):
        gap = data[end : node.start_byte]
        raw = data[node.start_byte : node.end_byte].decode()
        if node.type in _OPERATORS:
            allowed, is_new = _NO_LINE if last == "word" else None, False
        elif last == "word" and owner == last_owner:
            allowed, is_new = _BLANKS, False
        else:
            allowed, is_new = _LINES if last == "word" else _SPACE, True
        if allowed is None or not allowed.fullmatch(gap):
            raise _UnclearError("has something between its words that is not a space")
        if is_new:
            _check_name(raw)
            if len(commands) == MOST_COMMANDS:
                raise _UnclearError(f"runs more than {MOST_COMMANDS} commands")
            commands.append([])
        if node.type in _WORDS:
            commands[-1].append(_word(raw))
        end, last_owner, last = node.end_byte, owner, "word" if node.type in _WORDS else node.type
    if not commands or last not in ("word", ";") or not _SPACE.fullmatch(data[end:]):
        raise _UnclearError("ends in the middle, or with something that is not a word")
    return tuple(tuple(words) for words in commands)


def _check_name(raw: str) -> None:
    """Raise for a command's first word, as it is written, that is more than a program's name."""
    if raw in _RESERVED:
        raise _UnclearError(f"uses {raw!r}, a word of the shell's own language")
    if "=" in raw:
        raise _UnclearError("sets a variable")
    if not raw.isascii():
        raise _UnclearError(f"names its program with letters that may look like others ({raw!r})")
    if raw.startswith(("-", "+")):  # `sh -c` takes a text that begins so for options of its own
        raise _UnclearError(f"begins a command with {raw[0]!r}, like an option")
    if raw.startswith("%"):
        raise _UnclearError(f"names a background job ({raw})")


def _word(raw: str) -> str:
    """The text that a word stands for. Raises for one that a shell would expand, or read in two ways."""
    word, at, pieces = "", 0, 0
    while at < len(raw):
        pieces += 1
        if pieces > MOST_PIECES:
            raise _UnclearError(f"makes a word of more than {MOST_PIECES} pieces")
        piece = _PIECE.match(raw, at)
        if piece is None:
            raise _UnclearError(_why_not_plain(raw[at]))
        if piece["single"] is not None:
            word += piece["single"]
        elif piece["double"] is not None:
            word += re.sub(r'\\([$`"\\])', r"\1", piece["double"])
        else:
            if piece["plain"].startswith("~") or re.search("[=:]~", piece["plain"]):
                raise _UnclearError("uses a home folder (~)")
            if at == 0 and piece["plain"].startswith("#"):
                raise _UnclearError("has a comment")
            word += piece["plain"]
        at = piece.end()
    return word


def _why_not_plain(char: str) -> str:
    if char in "*?[]":
        return "has a pattern that the shell replaces by file names"
    if char == "\\":
        return "hides characters behind a backslash"
    if char in "{}":
        return "makes several words of one, {…}"
    if char in "$`\"'":
        return "has something inside its quotes, or beside them, that the shell replaces"
    return f"has {char!r} outside quotes"


def _check_own_command(words: tuple[str, ...]) -> None:
    """Raise for a command of the shell itself that changes what the rest of the line means."""
    name = words[0]
    if not name:
        raise _UnclearError("has a command without a name")
    if name in _BUILTINS and name not in _HARMLESS:
        raise _UnclearError(f"uses {name!r}, which changes what the shell does next")
    if name in ("printf", "test") and any(word.startswith(("-v", "-R")) for word in words[1:]):
        raise _UnclearError(f"uses {name!r} with a variable")
