"""Commands in a sandbox, where bubblewrap is there: the workspace writable, the rest read-only, no network.

An agent file chooses with `[policy.extensions] sandbox = "on"` (the default), `"network"` (with network) or `"off"`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from loom.errors import ConfigError

CHOICES = ("on", "network", "off")
PROBE_LIMIT_S = 10.0
# What decides which programs run is not for a command to write, though the workspace is.
READ_ONLY_PARTS = (".git/hooks", ".git/config", ".loom", ".mcp.json", ".claude")
# The sockets of services (containers, the desktop) are under /run; these of its parts are only looked at.
SEEN_OF_RUN = ("/run/systemd/resolve", "/run/current-system", "/run/opengl-driver")
_READ_ONLY = ("read-only file system", "erofs", "device or resource busy")
_UNREACHABLE = (
    *("network is unreachable", "could not resolve", "name resolution", "name or service not known", "enetunreach"),
    *("eai_again", "getaddrinfo", "no route to host", "unable to resolve", "failed to lookup address"),
)


@dataclass(frozen=True, slots=True)
class Sandbox:
    """How commands run: in a sandbox or not, and if not, why."""

    active: bool
    network: bool = True
    why: str = ""

    def __str__(self) -> str:  # pyright: ignore[reportImplicitOverride]
        """The state in a sentence, for the person who is asked."""
        if not self.active:
            return f"Not in a sandbox: {self.why}."
        network = "with network" if self.network else "no network"
        return f"In a sandbox: the workspace is writable, everything else read-only, {network}."


def sandbox_for(extensions: Mapping[str, Any]) -> Sandbox:
    """The sandbox that a policy's extensions choose and this machine can give; blocks, the first time.

    Raises ConfigError for a choice that there is not.
    """
    choice = extensions.get("sandbox", "on")
    if choice not in CHOICES:
        raise ConfigError(f"policy.extensions['sandbox'] is {choice!r}, not one of {', '.join(CHOICES)}")
    if choice == "off":
        return Sandbox(active=False, why="the agent file switches it off")
    problem = unusable()
    return Sandbox(active=False, why=problem) if problem else Sandbox(active=True, network=choice == "network")


@cache
def unusable() -> str:
    """Why bubblewrap can't be used here, or nothing: it is tried once, for real."""
    if sys.platform != "linux":
        return "bubblewrap runs on Linux only"
    if shutil.which("bwrap") is None:
        return "bubblewrap is not installed"
    with tempfile.TemporaryDirectory() as folder:
        command = in_sandbox(["true"], Path(folder), Sandbox(active=True, network=False))
        try:
            done = subprocess.run(command, capture_output=True, timeout=PROBE_LIMIT_S, check=False)  # noqa: S603
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"bubblewrap does not work here ({error})"
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        return f"bubblewrap does not work here ({said or f'exit code {done.returncode}'})"
    return ""


def in_sandbox(argv: Sequence[str], workspace: Path, sandbox: Sandbox) -> list[str]:
    """The command that runs `argv` in the sandbox; `argv` itself where there is none. Looks at the workspace's files.

    No capability is left, also to root, who could make the file system writable again otherwise.
    """
    if not sandbox.active:
        return list(argv)
    folder = str(workspace)
    command = ["bwrap", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    command += ["--unshare-pid", "--unshare-ipc", "--unshare-uts"]
    if not sandbox.network:
        command.append("--unshare-net")
    command += ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--tmpfs", "/run"]  # noqa: S108  its own
    for seen in SEEN_OF_RUN:
        command += ["--ro-bind-try", seen, seen]
    command += ["--bind", folder, folder, *_protected(workspace)]
    command += ["--setenv", "TMPDIR", "/tmp", "--setenv", "XDG_CACHE_HOME", "/tmp/cache"]  # noqa: S108
    return [*command, "--chdir", folder, "--", *argv]


def _protected(workspace: Path) -> list[str]:
    """Mounts over what a command must not write. Links are left alone: a mount would reach what they point to."""
    git, hooks = workspace / ".git", workspace / ".git" / "hooks"
    mounts: list[str] = []
    if git.is_file() and not git.is_symlink():  # a worktree's: where its repository is
        mounts += ["--ro-bind", str(git), str(git)]
    if git.is_dir() and not git.is_symlink():
        # Mounted on itself, so that it can't be moved away, and another with other hooks be put in its place.
        mounts += ["--bind", str(git), str(git)]
        if not os.path.lexists(hooks):
            mounts += ["--tmpfs", str(hooks), "--remount-ro", str(hooks)]
    for part in READ_ONLY_PARTS:
        path = workspace / part
        if path.exists() and path.resolve() == path:
            mounts += ["--ro-bind", str(path), str(path)]
    return mounts


def hint(output: str, sandbox: Sandbox) -> str:
    """A line for the model where a command seems to have failed because of the sandbox; else nothing."""
    if not sandbox.active:
        return ""
    lowered = output.lower()
    if any(words in lowered for words in _READ_ONLY):
        return (
            f"[the sandbox lets commands write only inside the workspace, and there not {', '.join(READ_ONLY_PARTS)}]"
        )
    if not sandbox.network and any(words in lowered for words in _UNREACHABLE):
        return '[the sandbox has no network; the agent file can allow it: policy.extensions.sandbox = "network"]'
    return ""
