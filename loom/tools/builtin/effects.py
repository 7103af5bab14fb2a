"""What a command would do, as far as that is cheap to tell: its risk in words, and how many files it deletes."""

from __future__ import annotations

import os
from pathlib import Path

from loom.safety.command_risk import RiskLevel, risk_of_command
from loom.safety.commands import Command, read_either

MOST_COUNTED = 20_000
MOST_REASONS = 4


def effect_of(command: Command, root: Path | None) -> str:
    """A sentence about a command that runs in `root`, for the person who is asked; blocks."""
    risk = risk_of_command(command, root)
    reasons = "; ".join(risk.reasons[:MOST_REASONS])
    if risk.level is RiskLevel.LOW:
        said = "It only reads."
    elif risk.level is RiskLevel.UNKNOWN:
        said = f"Its risk can't be told: {reasons}."
    else:
        said = f"Risk {risk.level.value}: {reasons}."
    deleted = _deletes(command, root)
    return f"{said} {deleted}" if deleted else said


def _deletes(command: Command, root: Path | None) -> str:
    """How many files the `rm` of a command that can be explained would delete, and how many of them are elsewhere."""
    if root is None:
        return ""
    targets = [
        root / word
        for words in read_either(command).simple
        if words[0].rpartition("/")[2] == "rm"
        for word in words[1:]
        if not word.startswith("-")
    ]
    inside = outside = 0
    for target in targets:
        count = _count(target, MOST_COUNTED - inside - outside)
        if Path(os.path.normpath(target)).is_relative_to(root):
            inside += count
        else:
            outside += count
    total = inside + outside
    if not total:
        return ""
    many = f"more than {MOST_COUNTED:,}" if total >= MOST_COUNTED else f"{total:,}"
    where = f"{outside:,} of them outside the workspace" if outside else "all in the workspace"
    return f"It deletes {many} {'file' if total == 1 else 'files'}, {where}."


def _count(target: Path, most: int) -> int:
    """Files at and below a path, without following links, up to `most`."""
    try:
        if target.is_symlink() or target.is_file():
            return min(1, most)
        count = 0
        for _, _, files in os.walk(target):
            count += len(files)
            if count >= most:
                return most
    except OSError:
        return 0
    return count
