"""The workspace that a command is about."""

from __future__ import annotations

import argparse
from pathlib import Path

from loom.errors import ConfigError


def folder_of(options: argparse.Namespace) -> Path:
    """The folder that `--workspace` names. Raises ConfigError where there is none."""
    folder = Path(options.workspace).expanduser().resolve()
    if not folder.is_dir():
        raise ConfigError(f"{folder} is not a folder")
    return folder
