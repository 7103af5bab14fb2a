"""What a command line puts at risk, in the words of the card on which a person decides. It permits nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

from loom.safety.commands import Command, every_command, read_either
from loom.safety.program_names import INTERPRETERS, LOOSE_WRAPPERS, SHELLS, names, program_name
from loom.safety.shell_syntax import UNKNOWN
from loom.safety.wrappers import unwrapped_all


class RiskLevel(StrEnum):
    """LOW: it only reads. MEDIUM: it can change what is in reach. HIGH: hard to undo, or far-reaching."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CommandRisk:
    """How much a line puts at risk, and why, gravest first. UNKNOWN if it can't be explained in full."""

    level: RiskLevel
    reasons: tuple[str, ...]


_READING = names(
    "ls cat head tail wc grep egrep fgrep rg file stat du df pwd echo printf true false test which whoami id uname "
    "date basename dirname realpath readlink cut tr nl tac rev diff cmp comm find fd sort uniq sed tree ps cd seq "
    "md5sum sha256sum jq column hostname : printenv"
)
_READING_GIT = names("status log diff show blame ls-files rev-parse describe shortlog grep cat-file")
_NETWORK = names(
    "curl wget ssh scp sftp rsync nc ncat netcat telnet ftp ping dig host nslookup nmap socat gh aws gcloud az"
)
_DOWNLOADS = frozenset({"curl", "wget", "fetch", "aria2c"})
_INTERPRETERS = SHELLS | INTERPRETERS | names("python3")
_PACKAGES = names("pip pip3 npm pnpm yarn gem cargo apt apt-get brew dnf yum apk uv poetry go composer")
_INSTALLING = names("install add i ci get sync update upgrade dlx create download")
_NETWORK_GIT = names("push pull fetch clone ls-remote")
_WRITING = names("cp mv install ln tee touch mkdir rmdir rm dd truncate chmod chown rsync unzip tar patch shred")
_WRAPPING = LOOSE_WRAPPERS | names("env nohup timeout nice ionice setsid stdbuf time command builtin exec xargs watch")
_PUBLISHING = frozenset({("npm", "publish"), ("cargo", "publish"), ("twine", "upload"), ("docker", "push")})
_MACHINE = names("shutdown reboot halt poweroff systemctl service iptables mount umount crontab launchctl")


def risk_of_command(command: Command, workspace: Path | None = None) -> CommandRisk:
    """What the command puts at risk. `workspace` is where it runs; paths inside it are not outside."""
    reading = read_either(command)
    everything = unwrapped_all(every_command(command))
    high: dict[str, None] = {}
    medium: dict[str, None] = {}
    for words in everything.commands:
        grave, middling = _grave(words, workspace), _middling(words)
        high.update(dict.fromkeys(grave))
        medium.update(dict.fromkeys(middling if middling or grave else _plainly(words)))
    if _downloads_and_runs(everything.commands):
        high = {"downloads and runs": None, **high}
    reasons = (*high, *medium)
    unclear = reading.unclear or everything.unresolved
    if unclear:
        return CommandRisk(RiskLevel.UNKNOWN, (*reasons, unclear))
    if high:
        return CommandRisk(RiskLevel.HIGH, reasons)
    return CommandRisk(RiskLevel.MEDIUM, reasons) if medium else CommandRisk(RiskLevel.LOW, ("only reads",))


def _grave(words: tuple[str, ...], workspace: Path | None) -> list[str]:
    name, rest = program_name(words[0]), words[1:]
    found = [reason for reason, holds in _GRAVE.items() if holds(name, rest)]
    targets = _written(name, rest)
    if any(_is_outside(target, workspace) for target in targets):
        found.append("writes outside the workspace")
    return found


def _middling(words: tuple[str, ...]) -> list[str]:
    name, rest = program_name(words[0]), words[1:]
    if UNKNOWN in words[0]:
        return []
    found: list[str] = []
    if name in _NETWORK or (name == "git" and _NETWORK_GIT & set(rest[:1])) or _installs(name, rest):
        found.append("uses the network")
    if _installs(name, rest):
        found.append("installs packages")
    if name in _INTERPRETERS and any(re.match(r"-[A-Za-z]*[ce]|--eval|-r", word) for word in rest):
        found.append("runs code that is written in the line")
    if name == "rm" or (name == "find" and "-delete" in rest):
        found.append("deletes files")
    if name in ("kill", "pkill", "killall"):
        found.append("ends processes")
    return found


def _plainly(words: tuple[str, ...]) -> list[str]:
    """What is left to say of a command of which nothing else was said."""
    name, rest = program_name(words[0]), words[1:]
    if UNKNOWN in words[0] or name in _WRAPPING or _only_reads(name, rest):
        return []
    return ["changes files" if name in _WRITING else f"runs {name!r}, which can change things"]


def _only_reads(name: str, rest: tuple[str, ...]) -> bool:
    if name == "git":
        return bool(rest) and rest[0] in _READING_GIT and not any(word.startswith("--output") for word in rest)
    if name == "find":
        return not any(re.match(r"-(exec|ok|delete|fprint|fls)", word) for word in rest)
    if name == "sed":
        return bool(rest) and rest[0] == "-n" and not any("w" in word or "e" in word for word in rest[1:2])
    if name in ("sort", "tree"):
        return not any(word.startswith(("-o", "--o")) for word in rest)
    return name in _READING and not (name == "rg" and any(word.startswith("--pre") for word in rest))


def _installs(name: str, rest: tuple[str, ...]) -> bool:
    return name in ("npx", "uvx", "pipx") or (name in _PACKAGES and bool(_INSTALLING & set(rest[:2])))


def _has(rest: tuple[str, ...], letters: str, *longs: str) -> bool:
    """True if a short option holds one of `letters`, or one of `longs` stands there."""
    short = any(re.match(rf"-[A-Za-z0-9]*[{letters}]", word) for word in rest) if letters else False
    return short or any(word.partition("=")[0] in longs for word in rest)


def _rewrites_history(name: str, rest: tuple[str, ...]) -> bool:
    if name != "git" or not rest:
        return False
    return (
        (rest[0] == "push" and (_has(rest, "f", "--force", "--force-with-lease", "--mirror", "--delete", "--prune")))
        or (rest[0] == "push" and any(word.startswith("+") for word in rest))
        or rest[0] in ("filter-branch", "filter-repo")
    )


def _discards_work(name: str, rest: tuple[str, ...]) -> bool:
    if name != "git" or not rest:
        return False
    return (
        (rest[0] == "reset" and "--hard" in rest)
        or (rest[0] == "clean" and _has(rest, "fdxX", "--force"))
        or (rest[0] in ("checkout", "restore") and ("." in rest or "--" in rest or "--force" in rest))
        or (rest[0] == "branch" and _has(rest, "D"))
        or (rest[0] == "stash" and bool({"drop", "clear"} & set(rest)))
    )


_GRAVE: dict[str, Callable[[str, tuple[str, ...]], bool]] = {
    "runs as root": lambda name, _rest: name in ("sudo", "doas", "su", "pkexec", "runuser"),
    "deletes files recursively": lambda name, rest: (
        (name == "rm" and _has(rest, "rR", "--recursive")) or (name == "find" and "-delete" in rest)
    ),
    "writes to a disk itself": lambda name, rest: (
        name.startswith(("mkfs", "fdisk", "parted", "wipefs", "diskutil"))
        or (name == "dd" and any(word.startswith("of=/dev/") for word in rest))
    ),
    "changes permissions recursively": lambda name, rest: (
        name in ("chmod", "chown", "chgrp") and _has(rest, "R", "--recursive")
    ),
    "rewrites shared history": _rewrites_history,
    "throws work away": _discards_work,
    "sends to a remote repository": lambda name, rest: name == "git" and rest[:1] == ("push",),
    "publishes": lambda name, rest: (name, *rest[:1]) in _PUBLISHING,
    "changes the machine itself": lambda name, _rest: name in _MACHINE,
    "overwrites files beyond recovery": lambda name, _rest: name in ("shred", "srm", "truncate"),
}


def _downloads_and_runs(commands: tuple[tuple[str, ...], ...]) -> bool:
    names = {program_name(words[0]) for words in commands}
    # An interpreter without a script reads it from the pipe; one with a file may run what was just loaded.
    return bool(names & _DOWNLOADS) and bool(names & (_INTERPRETERS | {"source", ".", "eval", "chmod"}))


def _written(name: str, rest: tuple[str, ...]) -> list[str]:
    words = [word for word in rest if not word.startswith("-")]
    if name in ("cp", "install", "ln", "rsync"):
        return words[-1:]
    if name == "dd":
        return [word[3:] for word in words if word.startswith("of=")]
    if name in ("chmod", "chown"):
        return words[1:]
    return words if name in _WRITING and name not in ("tar", "unzip", "patch") else []


def _is_outside(target: str, workspace: Path | None) -> bool:
    if target.startswith("~") or UNKNOWN in target:
        return target.startswith("~")
    path = PurePosixPath(target)
    if path.is_absolute():
        return workspace is None or ".." in path.parts or not path.is_relative_to(workspace)
    depth = 0
    for part in path.parts:
        depth += -1 if part == ".." else 1
        if depth < 0:
            return True
    return False
