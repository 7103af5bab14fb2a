"""run_command: a shell line in the workspace."""

from __future__ import annotations

from loom.config.tools import ToolSpec
from loom.safety.paths import WorkspacePaths
from loom.tools.builtin.processes import run_process

DEFAULT_TIMEOUT_S = 120.0
LONGEST_TIMEOUT_S = 3600.0


def shell_tools(paths: WorkspacePaths) -> list[ToolSpec]:
    """The tools of the capability `shell`."""

    async def run_command(command: str, timeout_s: float = DEFAULT_TIMEOUT_S) -> str:
        """Run a shell command in the workspace folder and get its output and exit code.

        There is no terminal and no input. What it starts in the background ends with it.

        Args:
            command: the command line, for sh
            timeout_s: seconds after which it is stopped
        """
        limit = min(max(timeout_s, 0.1), LONGEST_TIMEOUT_S)
        done = await run_process(command, paths.root, limit)
        output = done.output.rstrip("\n")
        if done.timed_out:
            ending = f"[stopped after {limit:g} s]"
        elif done.exit_code < 0:
            ending = f"[killed by signal {-done.exit_code}]"
        else:
            ending = f"[exit code {done.exit_code}]"
        return f"{output}\n{ending}" if output else ending

    return [ToolSpec.from_function(run_command, destructive=True, timeout_s=LONGEST_TIMEOUT_S + 60)]
