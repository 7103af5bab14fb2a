"""Commands that run other commands, and what they run: `sudo -u x env A=1 sh -c 'rm y'` is also `rm y`.

Made for what forbids: where an option is not known, every possible beginning of the inner command is looked at, and
what can be known only when it runs is said to be unresolved.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from loom.safety.commands import read_command
from loom.safety.program_names import INTERPRETERS, LOOSE_WRAPPERS, SHELLS, names, program_name
from loom.safety.shell_syntax import UNKNOWN, found_commands
from loom.safety.wrapper_options import WATCH, WRAPPERS, Wrapper, after_options

MOST_COMMANDS = 300
DEEPEST = 8
MOST_PARSES = 12


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """The commands that running one amounts to, itself first; in `unresolved` why there may be others."""

    commands: tuple[tuple[str, ...], ...]
    unresolved: str = ""


_FIND_RUNS = frozenset({"-exec", "-execdir", "-ok", "-okdir"})
_GIT_VALUED = frozenset({"-c", "-C", "--git-dir", "--work-tree", "--namespace", "--config-env", "--super-prefix"})
_CODE_OPTION = re.compile(r"-[A-Za-z]*[ceErpnx]|--(eval|exec|print|run|command)(=.*)?|-[ceEr].+", re.DOTALL)
_TAR_RUNS = re.compile(
    r"--(?:to-command|use-comp[a-z-]*|rsh-command|rmt-command|info-script)=(.*)|--checkpoint-action=exec=(.*)",
    re.DOTALL,
)
_EDITOR_RUNS = re.compile(r"-c|--cmd.*|-S.*|-s|\+.+|-c.+", re.DOTALL)
_TAKES_SHELL_TEXT = names("watch su script flock parallel runuser sem")


@dataclass(slots=True)
class _Search:
    """What is still to be looked at, and what was found."""

    found: dict[tuple[str, ...], None] = field(default_factory=dict[tuple[str, ...], None])
    waiting: deque[tuple[tuple[str, ...], int]] = field(default_factory=deque[tuple[tuple[str, ...], int]])
    unresolved: str = ""
    parses: int = 0

    def add(self, words: tuple[str, ...], depth: int) -> None:
        if words and words not in self.found:
            self.found[words] = None
            self.waiting.append((words, depth))

    def add_text(self, text: str, depth: int) -> None:
        """Look at what a shell would do with `text`."""
        self.parses += 1
        if self.parses > MOST_PARSES:
            self.doubt("it holds too many commands inside commands")
            return
        reading = read_command(text)
        if reading.unclear:
            self.doubt(f"in {text[:60]!r}: {reading.unclear}")
        for words in reading.simple if reading.is_clear else found_commands(text):
            self.add(words, depth)

    def doubt(self, why: str) -> None:
        self.unresolved = self.unresolved or why


def unwrapped(words: tuple[str, ...]) -> Unwrapped:
    """Every command that a deny rule must look at when `words` runs; a command of a path also under its name."""
    return unwrapped_all([words])


def runs_code(words: tuple[str, ...]) -> bool:
    """Whether a command is a program in another language, written in its words: what it runs can't be told."""
    name = program_name(words[0]).rstrip("0123456789.")
    return name in INTERPRETERS and any(_CODE_OPTION.fullmatch(word) for word in words[1:])


def unwrapped_all(commands: list[tuple[str, ...]]) -> Unwrapped:
    """`unwrapped` for several commands together."""
    search = _Search()
    for words in commands:
        search.add(words, 0)
    while search.waiting:
        words, depth = search.waiting.popleft()
        if depth > DEEPEST or len(search.found) > MOST_COMMANDS:
            search.doubt("it holds too many commands inside commands")
            break
        _look_into(words, depth + 1, search)
    return Unwrapped(tuple(search.found), search.unresolved)


def _look_into(words: tuple[str, ...], depth: int, search: _Search) -> None:
    if UNKNOWN in words[0]:
        search.doubt("which program runs is known only when it runs")
    name = program_name(words[0])
    if name != words[0] and name:
        search.add((name, *words[1:]), depth)
        return
    if name in SHELLS:
        _look_into_shell(words, depth, search)
    elif name in _SPECIAL:
        _SPECIAL[name](words, depth, search)
    elif name in WRAPPERS:
        _look_into_wrapper(WRAPPERS[name], words, depth, search)
    elif name in LOOSE_WRAPPERS or name.startswith(("ld-linux", "ld-musl", "ld.so")):
        _all_tails(words, depth, search)
    if name in _TAKES_SHELL_TEXT:
        _look_into_texts(words, depth, search)


def _look_into_wrapper(wrapper: Wrapper, words: tuple[str, ...], depth: int, search: _Search) -> None:
    if words[0] == "env" and any(_splits(word) for word in words[1:]):
        for word in words[1:]:
            search.add_text(re.sub(r"^(--split-string=?|-[A-Za-z0-9]*S)", "", word) or "env", depth)
        search.doubt("'env -S' splits text into words in a way of its own")
        return
    inner = after_options(wrapper, words[1:])
    if inner is None:
        _all_tails(words, depth, search)
        return
    search.add(inner, depth)
    if words[0] == "xargs":
        search.doubt("'xargs' adds what it reads to the command")
    if words[0] in ("sudo", "doas") and not inner:
        search.doubt(f"{words[0]!r} may open a shell")


def _splits(word: str) -> bool:
    return word.startswith("--s") or re.fullmatch(r"-[A-Za-z0-9]*S.*", word, re.DOTALL) is not None


def _all_tails(words: tuple[str, ...], depth: int, search: _Search) -> None:
    for start in range(1, min(len(words), 40)):
        if not words[start].startswith("-"):
            search.add(words[start:], depth)


def _look_into_shell(words: tuple[str, ...], depth: int, search: _Search) -> None:
    rest = words[1:]
    has_text = [re.match(r"[-+][A-Za-z]*c", word) is not None for word in rest]
    if True in has_text:
        for word in rest[has_text.index(True) + 1 :]:
            if not word.startswith("-"):
                search.add_text(word, depth)
        return
    if any(word.startswith(("--comm", "--init", "--rc")) for word in rest):
        search.doubt(f"{words[0]!r} is given commands by an option")
    search.doubt(f"{words[0]!r} runs what a file or its input holds")


def _look_into_texts(words: tuple[str, ...], depth: int, search: _Search) -> None:
    """For commands that give their words to a shell: joined, and each that holds several by itself."""
    inner = after_options(WATCH, words[1:]) if words[0] == "watch" else None
    if inner:
        search.add_text(" ".join(inner), depth)
        search.add(inner, depth)
        return
    for word in words[1:]:
        if re.search(r"[\s;|&$`]", word):
            search.add_text(word.removeprefix("--command="), depth)
    _all_tails(words, depth, search)


def _look_into_eval(words: tuple[str, ...], depth: int, search: _Search) -> None:
    search.add_text(" ".join(words[1:]), depth)


def _look_into_source(words: tuple[str, ...], _depth: int, search: _Search) -> None:
    search.doubt(f"{words[0]!r} runs what a file holds")


def _look_into_ssh(words: tuple[str, ...], depth: int, search: _Search) -> None:
    search.doubt(f"{words[0]!r} runs commands on another machine")
    _all_tails(words, depth, search)


def _look_into_find(words: tuple[str, ...], depth: int, search: _Search) -> None:
    for index, word in enumerate(words):
        if word in _FIND_RUNS:
            inner: list[str] = []
            for following in words[index + 1 :]:
                if following in (";", "+"):
                    break
                inner.append(following)
            search.add(tuple(inner), depth)


def _look_into_fd(words: tuple[str, ...], depth: int, search: _Search) -> None:
    for index, word in enumerate(words):
        if word in ("-x", "-X", "--exec", "--exec-batch"):
            search.add(words[index + 1 :], depth)


def _look_into_git(words: tuple[str, ...], depth: int, search: _Search) -> None:
    at = 1
    while at < len(words) and words[at].startswith("-"):
        word = words[at]
        at += 2 if word in _GIT_VALUED else 1
    if at > 1:
        search.add(("git", *words[at:]), depth)
    for text in _git_runs(words):
        search.add_text(text, depth)
    for index, word in enumerate(words):
        if word == "run" and "bisect" in words[:index]:
            search.add(words[index + 1 :], depth)
        if word in ("--config-env", "--exec-path") or word.startswith(("--config-env=", "--exec-path=")):
            search.doubt(f"'git {word}' changes what git runs")


def _git_runs(words: tuple[str, ...]) -> Iterator[str]:
    """Shell text among the words of a git command: aliases, and options and settings that name a program."""
    for index, word in enumerate(words[1:], 1):
        before = words[index - 1]
        setting, _, value = word.removeprefix("-c").removeprefix("--config=").partition("=")
        if "." in setting and value and (before in ("-c", "--config") or word != f"{setting}={value}"):
            if value.startswith("!") or not setting.casefold().startswith("alias."):
                yield value.removeprefix("!")
            else:
                yield f"git {value}"
        elif before in ("-x", "--exec", "--upload-pack", "--receive-pack", "foreach", "--extcmd", "-u"):
            yield word
        elif word.startswith(("--exec=", "--upload-pack=", "--receive-pack=", "--extcmd=")):
            yield word.partition("=")[2]
        elif word.startswith("!"):
            yield word[1:]


def _look_into_tar(words: tuple[str, ...], depth: int, search: _Search) -> None:
    for index, word in enumerate(words[1:], 1):
        found = _TAR_RUNS.fullmatch(word)
        if found is not None:
            search.add_text(found[1] or found[2] or "", depth)
        elif word in ("-I", "--to-command", "--use-compress-program", "--checkpoint-action", "-F", "--info-script"):
            search.add_text(" ".join(words[index + 1 : index + 2]).removeprefix("exec="), depth)


def _look_into_awk(words: tuple[str, ...], _depth: int, search: _Search) -> None:
    if any(word.startswith("-f") or "|" in word or "system" in word for word in words[1:]):
        search.doubt(f"{words[0]!r} can run commands of its own")


def _look_into_editor(words: tuple[str, ...], _depth: int, search: _Search) -> None:
    if any(_EDITOR_RUNS.fullmatch(word) for word in words[1:]):
        search.doubt(f"{words[0]!r} is given commands of its own")


_SPECIAL: dict[str, Callable[[tuple[str, ...], int, _Search], None]] = {
    "find": _look_into_find,
    "gfind": _look_into_find,
    "fd": _look_into_fd,
    "fdfind": _look_into_fd,
    "git": _look_into_git,
    "eval": _look_into_eval,
    "source": _look_into_source,
    ".": _look_into_source,
    "ssh": _look_into_ssh,
    "mosh": _look_into_ssh,
    "tar": _look_into_tar,
    "gtar": _look_into_tar,
    **dict.fromkeys(names("awk gawk mawk nawk"), _look_into_awk),
    **dict.fromkeys(names("vi vim nvim view ex"), _look_into_editor),
}
