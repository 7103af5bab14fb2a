"""Commands that no pattern with a `*` permits: their options run programs or write files, which few expect.

`find . -name x` reads, `find . -delete` does not; a person who allows `find *` thinks of the first. A command that is
named here still runs when a person allows that very call, or a rule names all of its words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from loom.safety.program_names import LOOSE_WRAPPERS, SHELLS, names, program_name

_WRAPPING = LOOSE_WRAPPERS | names(
    "env nohup timeout nice ionice setsid stdbuf time command builtin exec eval source . sudo doas watch xargs chroot "
    "busybox toybox unbuffer expect at batch crontab tmux screen taskset chrt caffeinate"
)
# Their first argument is a program in a language that can run commands, though they look like filters or viewers.
_LANGUAGES = names("awk gawk mawk nawk ed ex vi vim nvim view emacs nano less more most dc m4 gnuplot")


@dataclass(frozen=True, slots=True)
class _Flags:
    """What makes a command more than it looks: long options (also cut short), letters of short ones, other words."""

    longs: tuple[str, ...] = ()
    letters: str = ""
    words: re.Pattern[str] | None = None


def _flags(longs: str = "", letters: str = "", words: str = "") -> _Flags:
    return _Flags(
        tuple("--" + name for name in longs.split()), letters, re.compile(words, re.DOTALL) if words else None
    )


_MAKE = _flags("file makefile eval directory include-dir", "fCIE", r"[A-Za-z_]\w*[:+?!]*=.*")
_PYTEST = _flags("config-file rootdir override-ini confcutdir basetemp", "cop")
_FLAGS = {
    "find": _flags(words=r"-(exec|execdir|ok|okdir|delete|fprint|fprint0|fprintf|fls|files0-from)"),
    "fd": _flags("exec exec-batch", "xX"),
    "rg": _flags("pre hostname-bin search-zip", "z"),
    "git": _flags(
        "config-env exec-path upload-pack receive-pack exec git-dir work-tree config open-files-in-pager ext-diff "
        "textconv output extcmd template separate-git-dir",
        "",
        r"ext::.*|foreach|!.*",
    ),
    "sort": _flags("output compress-program files0-from temporary-directory", "To"),
    "tar": _flags(
        "to-command checkpoint-action use-compress-program rsh-command rmt-command info-script new-volume-script "
        "files-from overwrite unlink-first remove-files absolute-names",
        "IFPU",
    ),
    "zip": _flags("unzip-command test", "T"),
    "base64": _flags("output", "o"),
    "curl": _flags("output remote-name remote-name-all output-dir config upload-file data data-binary form", "oOKTJdF"),
    "wget": _flags("use-askpass output-document output-file execute directory-prefix post-file config", "OoePia"),
    "ssh": _flags("", "oFEDLRJWIS"),
    "scp": _flags("", "oSFJD"),
    "sftp": _flags("", "oSFJDb"),
    "rsync": _flags("rsh rsync-path remove-source-files delete files-from write-batch", "e"),
    "man": _flags("pager html browser config-file", "PHC"),
    "make": _MAKE,
    "gmake": _MAKE,
    "npm": _flags("script-shell prefix node-options shell userconfig globalconfig init-module git", "C"),
    "pnpm": _flags("script-shell dir config", "C"),
    "yarn": _flags("cwd use-yarnrc", ""),
    "pytest": _PYTEST,
    "py.test": _PYTEST,
    "go": _flags("", "", r"--?(exec|toolexec|vettool|modfile|overlay|C|o|ldflags|gcflags|asmflags)(=.*)?"),
    "cargo": _flags("config manifest-path target-dir", "Z"),
    "diff": _flags("output", ""),
    "tree": _flags("", "oR"),
    "split": _flags("filter"),
    "date": _flags("set", "s"),
    "xxd": _flags("", "r"),
    "bat": _flags("pager"),
    "ag": _flags("pager"),
    "yq": _flags("inplace", "is"),
    "tcpdump": _flags("", "wzWGC"),
    "uniq": _flags(words=r"[^-+].*"),
}
_GIT_NEVER = names(
    "config filter-branch difftool mergetool bisect daemon instaweb send-email credential shell hook worktree"
)
_GIT_HARMLESS = frozenset({"--no-pager", "--no-optional-locks", "--literal-pathspecs", "--version", "--help"})
_GIT_LETTERS = {"clone": "cu", "fetch": "u", "ls-remote": "u", "pull": "u", "rebase": "x", "grep": "O", "archive": "o"}
_SED_LINES = re.compile(r"(\d+|\$)(,(\d+|\$))?p")


def why_not_by_pattern(words: tuple[str, ...]) -> str:
    """Why no pattern with a `*` permits this command, as a sentence for a person; '' if one may."""
    name = program_name(words[0])
    if name in _WRAPPING:
        return f"{name!r} runs another command"
    if name in _LANGUAGES:
        return f"{name!r} can run any command"
    if name in SHELLS and _takes_commands(words[1:]):
        return f"{name!r} runs what its arguments or its input say"
    if name == "sed" and not _only_prints_lines(words[1:]):
        return "'sed' can write files and run commands; only 'sed -n 5,10p' can't"
    flags = _FLAGS.get(name)
    if flags is None:
        return ""
    if name == "tar" and len(words) > 1 and re.search("[IFPU]", words[1].partition("=")[0]):
        return f"'tar {words[1]}' can run commands"
    if name == "git" and (why := _why_not_git(words)):
        return why
    found = next((word for word in words[1:] if _is_flagged(word, flags)), None)
    return f"'{name} {found}' can run commands or write files" if found is not None else ""


def _is_flagged(word: str, flags: _Flags) -> bool:
    if flags.words is not None and flags.words.fullmatch(word):
        return True
    if word.startswith("--"):
        named = word.partition("=")[0]
        return len(named) > 2 and any(long.startswith(named) for long in flags.longs)
    return word.startswith("-") and any(letter in word for letter in flags.letters)


def _takes_commands(arguments: tuple[str, ...]) -> bool:
    """True unless a shell's first argument is a script: `bash build.sh`."""
    return not arguments or arguments[0].startswith(("-", "+"))


def _only_prints_lines(arguments: tuple[str, ...]) -> bool:
    if len(arguments) < 2 or arguments[0] not in ("-n", "--quiet", "--silent"):
        return False
    return bool(_SED_LINES.fullmatch(arguments[1])) and not any(word.startswith("-") for word in arguments[2:])


def _why_not_git(words: tuple[str, ...]) -> str:
    """What git has besides the flags that its commands share: options before the command, and letters of one."""
    at = next((index for index, word in enumerate(words[1:], 1) if not word.startswith("-")), len(words))
    before = next((word for word in words[1:at] if word not in _GIT_HARMLESS), None)
    if before is not None:
        return f"'git {before}' can change which programs git runs"
    command = words[at] if at < len(words) else ""
    letters = _GIT_LETTERS.get(command, "")
    short = any(word[:1] == "-" and word[:2] != "--" and set(word) & set(letters) for word in words[at + 1 :])
    return f"'git {command}' can run other programs so" if command in _GIT_NEVER or short else ""
