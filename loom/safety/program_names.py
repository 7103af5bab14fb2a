"""Programs by name: how a name is read off a command's first word, and which names belong together."""

from __future__ import annotations

import posixpath


def names(listed: str) -> frozenset[str]:
    """The names in a line of text, as a set."""
    return frozenset(listed.split())


def program_name(word: str) -> str:
    """The name that a program is known by: without its folder, its case and `.exe`."""
    return posixpath.basename(word.replace("\\", "/")).casefold().removesuffix(".exe")


SHELLS = names("sh bash dash ash zsh ksh mksh fish rbash")

INTERPRETERS = names("python pypy perl ruby node nodejs php lua deno bun osascript")

# Programs that run the command behind them, of which not much more is known.
LOOSE_WRAPPERS = names(
    "flock parallel strace ltrace gdb valgrind perf script su runuser pkexec unshare nsenter prlimit numactl setarch "
    "systemd-run start-stop-daemon dbus-run-session xvfb-run proxychains torify torsocks rlwrap firejail bwrap setpriv "
    "entr chronic ts choom catchsegv coproc fakeroot proot sem gosu run-parts trap"
)
