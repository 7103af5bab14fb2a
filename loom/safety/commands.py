"""Shell commands as rules see them: explained fully by a small grammar, or not at all.

The grammar takes plain words and quoted strings, joined by `&&`, `||`, `;` and `|`. Whatever else a shell would read
(expansions, substitutions, redirections, groups, background jobs, assignments, comments, line ends) makes a command
unclear: then no rule allows it, and a rule that denies or asks can't be ruled out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from loom.config.matching import fold

LIMIT_CHARS = 10_000
_WORD = re.compile(r"""(?:[A-Za-z0-9_@%+:,./=\-]|'[^'\x00-\x1f\x7f]*'|"[^"$`\\!\x00-\x1f\x7f]*")+""")
_JOINT = re.compile(r"\|\||&&|;|\|")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_SHELL_WORDS = frozenset(
    {"if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac", "in", "function"}
    | {"select", "time", "coproc", "{", "}", "!", "[[", "]]"}
)
_SHELLS = frozenset({"bash", "sh", "zsh", "dash", "ksh", "fish"})
# These run what their words name: what is allowed of them says nothing about that.
_WRAPPERS = _SHELLS | {
    *("env", "nohup", "timeout", "nice", "ionice", "setsid", "stdbuf", "time", "command", "exec", "builtin", "sudo"),
    *("doas", "watch", "xargs", "busybox", "parallel", "script", "su", "chroot", "unshare", "flock", "strace", "gdb"),
}
_RUNNERS = _WRAPPERS | {"eval", "source", ".", "ssh", "find"}


def simple_commands(text: str) -> tuple[tuple[str, ...], ...] | None:
    """The plain commands that `text` runs, in order, each as its words; None if the grammar does not explain it all."""
    if len(text) > LIMIT_CHARS or not text.strip():
        return None
    commands: list[list[str]] = [[]]
    at = 0
    while at < len(text):
        if text[at] in " \t":
            at += 1
            continue
        joint = _JOINT.match(text, at)
        if joint is not None:
            if not commands[-1]:
                return None
            commands.append([])
            at = joint.end()
            continue
        word = _WORD.match(text, at)
        if word is None or (word.end() < len(text) and text[word.end()] not in " \t;|&"):
            return None
        commands[-1].append(_unquoted(word.group()))
        at = word.end()
    if not commands[-1] and text.rstrip().endswith(";"):
        commands.pop()
    if not all(commands):
        return None
    first_words = [command[0] for command in commands]
    if any(word in _SHELL_WORDS or _ASSIGNMENT.match(word) or word[:1] in ("", "%") for word in first_words):
        return None
    return tuple(tuple(command) for command in commands)


def matches_allow(text: str, pattern: str) -> bool:
    """Whether a rule that allows covers all of a command: each plain command fits, and none runs another by its words.

    A pattern that ends in `:*` or ` *` fits what begins with its words; any other is the whole command.
    """
    commands = simple_commands(text)
    if commands is None:
        return False
    wanted, is_prefix = _pattern_words(pattern)
    if wanted is None:
        return False
    for command in commands:
        if command[0] in _RUNNERS and is_prefix:
            return False
        if command[: len(wanted)] != wanted or (not is_prefix and len(command) != len(wanted)):
            return False
    return True


def matches_deny(text: str, pattern: str) -> bool | None:
    """Whether a rule that denies is about a command, in any part and behind wrappers; None if that can't be told."""
    wanted = fold(pattern).removesuffix(":*").removesuffix("*").strip()
    glob = f"{wanted}*"
    commands = simple_commands(text)
    if commands is None:
        # The words may still be there to be seen; where they are not, they may be hidden.
        seen = re.search(rf"(?<![\w-]){re.escape(wanted)}(?![\w-])", fold(text)) if wanted else None
        return True if seen else None
    unclear = False
    for command in commands:
        for inner in _behind_wrappers(command):
            if inner is None:
                unclear = True
                continue
            name = inner[0].replace("\\", "/").rpartition("/")[2]
            for words in (inner, (name, *inner[1:])):
                line = fold(" ".join(words))
                if line == wanted or (fnmatchcase(line, glob) and _ends_word(line, wanted, pattern)):
                    return True
    return None if unclear else False


def _ends_word(line: str, wanted: str, pattern: str) -> bool:
    """`rm` is not about `rmdir`, but `rm*` is."""
    rest = line[len(wanted) :]
    open_ended = pattern.rstrip().endswith("*") and not pattern.rstrip().endswith((":*", " *"))
    return not rest or rest.startswith(" ") or open_ended


def _behind_wrappers(command: tuple[str, ...], depth: int = 0) -> Iterator[tuple[str, ...] | None]:
    """The command, and every one that it may run; None for one that can't be told."""
    yield command
    name = command[0].rpartition("/")[2]
    if depth > 8 or name in ("eval", "source", ".", "ssh"):
        yield None
        return
    if name in _SHELLS:
        script = next((command[i + 1] for i, word in enumerate(command[:-1]) if re.fullmatch(r"-\w*c\w*", word)), None)
        inner = simple_commands(script) if script is not None else None
        if inner is None:
            yield None
            return
        for each in inner:
            yield from _behind_wrappers(each, depth + 1)
    elif name in _WRAPPERS or name == "find":
        # Which of its words begins the command depends on its options: each may.
        for start in range(1, min(len(command), 12)):
            word = command[start]
            if not word.startswith("-") and not _ASSIGNMENT.match(word):
                yield from _behind_wrappers(command[start:], depth + 1)


def _pattern_words(pattern: str) -> tuple[tuple[str, ...] | None, bool]:
    text = pattern.strip()
    is_prefix = text.endswith((":*", " *"))
    stem = text.removesuffix(":*").removesuffix(" *").strip() if is_prefix else text
    read = simple_commands(stem)
    return (read[0] if read is not None and len(read) == 1 else None), is_prefix


def _unquoted(word: str) -> str:
    """A word as the shell hands it on."""
    return re.sub(r"""'([^']*)'|"([^"]*)\"""", lambda found: found[1] if found[1] is not None else found[2], word)
