"""The options of programs that run another: what to skip to find the command behind them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=", re.ASCII)


@dataclass(frozen=True, slots=True)
class Wrapper:
    """How the options of a wrapper are skipped: letters and long names that take a value, and those that do not."""

    valued: str = ""
    plain: str = ""
    long_valued: frozenset[str] = frozenset()
    long_plain: frozenset[str] = frozenset()
    skipped: int = 0


def _wrapper(valued: str = "", plain: str = "", longs: str = "", skipped: int = 0) -> Wrapper:
    """`longs` lists long options, those that take a value with `=` behind."""
    names = longs.split()
    with_value = frozenset("--" + name[:-1] for name in names if name.endswith("="))
    without = frozenset("--" + name for name in names if not name.endswith("="))
    return Wrapper(valued, plain, with_value, without, skipped)


WRAPPERS = {
    "env": _wrapper("uC", "i0v", "unset= chdir= ignore-environment null debug"),
    "nohup": _wrapper(),
    "timeout": _wrapper("ks", "fpv", "kill-after= signal= foreground preserve-status verbose", 1),
    "nice": _wrapper("n", "0123456789", "adjustment="),
    "ionice": _wrapper("cn", "t", "class= classdata= ignore"),
    "setsid": _wrapper("", "cfw", "ctty fork wait"),
    "stdbuf": _wrapper("ioe", "", "input= output= error="),
    "time": _wrapper("of", "pvaq", "output= format= portability verbose append quiet"),
    "command": _wrapper("", "p"),
    "builtin": _wrapper(),
    "exec": _wrapper("a", "cl"),
    "sudo": _wrapper(
        "ughpCDRTUrt",
        "AbEeHiKknPSsVvB",
        "user= group= host= prompt= close-from= chdir= chroot= command-timeout= other-user= role= type= "
        "preserve-env non-interactive set-home login shell background stdin askpass",
    ),
    "doas": _wrapper("uC", "nsL"),
    "xargs": _wrapper(
        "IiLlnPsdaE",
        "0rtpxo",
        "replace= max-lines= max-args= max-procs= max-chars= delimiter= arg-file= eof= null no-run-if-empty verbose "
        "interactive exit open-tty",
    ),
    "chroot": _wrapper("", "", "userspec= groups= skip-chdir", 1),
    "busybox": _wrapper(),
    "toybox": _wrapper(),
    "chrt": _wrapper("TPD", "abfiormRv", "", 1),
    "taskset": _wrapper("", "ac", "cpu-list", 1),
    "unbuffer": _wrapper("", "p"),
    "caffeinate": _wrapper("tw", "dimsu"),
    "noglob": _wrapper(),
    "nocorrect": _wrapper(),
}
WATCH = _wrapper(
    "nq", "dtgecxbpwfCr", "interval= equexit= differences no-title chgexit errexit color exec beep precise"
)


def after_options(wrapper: Wrapper, words: tuple[str, ...]) -> tuple[str, ...] | None:
    """The command behind the options, assignments and operands of a wrapper; None if that can't be told."""
    at = 0
    while at < len(words) and words[at].startswith("-") and words[at] != "-":
        word = words[at]
        at += 1
        if word == "--":
            break
        if word.startswith("--"):
            named, has_value, _ = word.partition("=")
            if named in wrapper.long_valued:
                at += 0 if has_value else 1
            elif named not in wrapper.long_plain:
                return None
            continue
        for index, letter in enumerate(word[1:], 1):
            if letter in wrapper.valued:
                at += 1 if index == len(word) - 1 else 0
                break
            if letter not in wrapper.plain:
                return None
    while at < len(words) and _ASSIGNMENT.match(words[at]):
        at += 1
    inner = words[at + wrapper.skipped :]
    return None if inner and inner[0].startswith("-") else inner
