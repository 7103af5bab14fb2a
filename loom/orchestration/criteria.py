"""Criteria that a program decides."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from loom.errors import ConfigError
from loom.tools.builtin.processes import run_process
from loom.types.results import CriterionVerdict

EVIDENCE_CHARS = 4000
VARIABLES = {"PYTHONDONTWRITEBYTECODE": "1"}
"""What Python compiled of a sprint's file is taken for the next one's, if that has the same size and second."""


@dataclass(frozen=True, slots=True)
class CommandCriterion:
    """A criterion that holds if a command ends with 0, run in `folder` after each sprint.

    The command comes from whoever starts the harness, never from a model: it is not asked about. A list is a program
    with its arguments, a text a line for the shell. `timeout_s` is in seconds; what takes longer has failed. Raises
    ConfigError for an empty command, which would hold whatever was made.
    """

    command: str | Sequence[str]
    folder: Path | str = "."
    timeout_s: float = 300.0
    name: str = ""

    def __post_init__(self) -> None:
        """Check that there is something to run."""
        first = self.command if isinstance(self.command, str) else next(iter(self.command), "")
        if not first.strip():
            raise ConfigError("A command that is a criterion is empty: it would hold whatever was made")

    @property
    def words(self) -> str:
        """The criterion as a sentence."""
        line = self.command if isinstance(self.command, str) else shlex.join(self.command)
        return self.name or f"`{line}` ends with exit code 0"

    async def judge(self) -> CriterionVerdict:
        """Run the command; its last output is the evidence."""
        command = self.command if isinstance(self.command, str) else list(self.command)
        try:
            ended = await run_process(command, Path(self.folder), self.timeout_s, variables=VARIABLES)
        except (OSError, ValueError) as error:
            return CriterionVerdict(self.words, False, f"It could not be started: {error}", 1.0)
        output = ended.output.strip()
        if len(output) > EVIDENCE_CHARS:
            output = f"[…]\n{output[-EVIDENCE_CHARS:]}"
        if ended.timed_out:
            how = f"Stopped after {self.timeout_s:g} s"
        elif ended.too_large or ended.too_long:
            how = "Stopped: it took too much memory, or said too much"
        else:
            how = f"Exit code {ended.exit_code}"
        passed = how == "Exit code 0"
        return CriterionVerdict(self.words, passed, f"{how}\n{output}".strip(), 1.0)
