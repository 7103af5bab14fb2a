"""run_command: a program, or a shell line, in the workspace."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from loom.config.tools import ToolSpec
from loom.errors import ToolExecutionError
from loom.safety.paths import WorkspacePaths
from loom.threads import in_thread
from loom.tools.builtin.processes import MEMORY_LIMIT_BYTES, OUTPUT_LIMIT_BYTES, run_process, shell_argv
from loom.tools.builtin.sandbox import Sandbox, hint, in_sandbox, sandbox_for

DEFAULT_TIMEOUT_S = 120.0
LONGEST_TIMEOUT_S = 3600.0
SIGNALLED = range(129, 160)
"""How the sandbox says that a signal killed the command."""


def _either(command: str | None, argv: list[str] | None) -> str | Sequence[str]:
    """What is to be run. Raises ToolExecutionError if it is not one of the two, or no program can be given it."""
    if (command is None) == (argv is None):
        raise ToolExecutionError("Give either 'command', a line for sh, or 'argv', a program and its arguments")
    if argv is not None and (not argv or not argv[0]):
        raise ToolExecutionError("'argv' is empty; its first word is the program")
    given = argv if argv is not None else command
    if given is None or "\x00" in "".join(given):
        raise ToolExecutionError("No command can hold a NUL character")
    return given


def shell_tools(
    paths: WorkspacePaths, sandbox: str = "on", keep_variables: Sequence[str] = (), key_variable: str = ""
) -> list[ToolSpec]:
    """The tools of the capability `shell`; `sandbox` is on, network or off.

    `keep_variables` names keys and tokens of our environment that commands get all the same; what `key_variable` names
    is the key of the agent's own model, whatever it is called, and empty for them.
    """
    emptied = {key_variable: ""} if key_variable else {}
    state = cache(lambda: sandbox_for({"sandbox": sandbox}))

    async def run_command(
        command: str | None = None, timeout_s: float = DEFAULT_TIMEOUT_S, argv: list[str] | None = None
    ) -> str:
        """Run a command in the workspace folder and get its output and exit code.

        Give either argv or command. Prefer argv: nothing in it has to be quoted. There is no terminal and no input.
        What it starts in the background ends with it.

        Args:
            command: a command line, for sh: with pipes, redirections, variables
            timeout_s: seconds after which it is stopped
            argv: a program and its arguments, run without a shell; each is passed on as it is
        """
        given = _either(command, argv)
        limit = min(max(timeout_s, 0.1), LONGEST_TIMEOUT_S)
        contained: Sandbox = await in_thread(state)
        if contained.active:
            inner = shell_argv(given) if isinstance(given, str) else given
            given = await in_thread(in_sandbox, inner, paths.root, contained)
        try:
            done = await run_process(given, paths.root, limit, keep_variables, emptied)
        except (FileNotFoundError, PermissionError, NotADirectoryError) as error:
            raise ToolExecutionError(f"{given[0]!r} can't be run: {error.strerror}", tool="run_command") from None
        output = done.output.rstrip("\n")
        if done.unwanted:
            ending = "[stopped by the person]"
        elif done.too_large:
            ending = f"[stopped: it used more than {MEMORY_LIMIT_BYTES // 2**30} GiB of memory]"
        elif done.too_long:
            ending = f"[stopped: it wrote more than {OUTPUT_LIMIT_BYTES // 2**20} MiB]"
        elif done.timed_out:
            ending = f"[stopped after {limit:g} s]"
        elif done.exit_code < 0 or (contained.active and done.exit_code in SIGNALLED):
            ending = f"[killed by signal {done.exit_code % 128 if done.exit_code > 0 else -done.exit_code}]"
        else:
            ending = f"[exit code {done.exit_code}]"
        parts = [output, hint(output, contained) if done.exit_code else "", ending]
        return "\n".join(part for part in parts if part)

    return [
        ToolSpec.from_function(
            run_command,
            destructive=True,
            timeout_s=LONGEST_TIMEOUT_S + 60,
            extensions={"sandbox": sandbox, "runs_commands": True},
        )
    ]
