"""`@path` in a CLAUDE.md: the text of another file of the project, put after the line that names it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

MOST_IMPORTS, DEEPEST = 50, 5
_NAMED = re.compile(r"(?:^|(?<=\s))@([^\s`@]+)")
_FENCE = re.compile(r"\s*(```|~~~)")
_CODE = re.compile(r"`[^`]*`")


@dataclass(slots=True)
class Imports:
    """Puts imported texts in their places. `read` gives the text of a file, or raises OSError; `root` bounds it.

    `warnings` are sentences about what was not followed.
    """

    root: Path
    read: Callable[[Path], str]
    warnings: list[str] = field(default_factory=list[str])
    _left: int = MOST_IMPORTS

    def put_in(self, text: str, file: Path, above: tuple[Path, ...] = ()) -> str:
        """A file's text with what it imports, as deep as five files; blocks."""
        lines: list[str] = []
        in_code = False
        for line in text.split("\n"):
            lines.append(line)
            in_code ^= _FENCE.match(line) is not None
            for name in _NAMED.findall(_CODE.sub("", line)) if not in_code else ():
                lines += self._imported(name, file, line, (*above, file))
        return "\n".join(lines)

    def _imported(self, name: str, file: Path, line: str, above: tuple[Path, ...]) -> list[str]:
        """The text that a name stands for; nothing where it names no file, which is usual within a sentence."""
        try:
            target = (file.parent / Path(name).expanduser()).resolve(strict=True)
            is_file = target.is_file()
        except (OSError, RuntimeError, ValueError):
            target, is_file = file, False
        if not is_file:
            if line.strip() == f"@{name}":
                self.warnings.append(f"{file} imports {name}, which is not there")
            return []
        problem = self._problem(target, above)
        if not problem:
            self._left -= 1
            try:
                text = self.put_in(self.read(target), target, above)
            except OSError as error:
                problem = f"it can't be read: {error.strerror or error}"
            else:
                return [f'<imported file="{target.relative_to(self.root)}">', text.strip("\n"), "</imported>"]
        self.warnings.append(f"{file} imports {name}, and that is not followed: {problem}")
        return []

    def _problem(self, target: Path, above: tuple[Path, ...]) -> str:
        if not target.is_relative_to(self.root):
            return f"it is outside of {self.root}"
        if target in above:
            return "it imports itself"
        if len(above) > DEEPEST:
            return f"it is more than {DEEPEST} files deep"
        return f"there are more than {MOST_IMPORTS} imports" if self._left <= 0 else ""
