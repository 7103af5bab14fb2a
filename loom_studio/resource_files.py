"""Where the files shipped with the Studio are: icons, themes, sample agents."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resource_path(name: str = "") -> Path:
    """The path of `resources/<name>`, in an installed wheel as in a checkout; `name` uses forward slashes.

    Raises FileNotFoundError naming the resource when it was not shipped, and ValueError for a name that leaves the
    resources folder.
    """
    root = _root()
    path = root.joinpath(*name.split("/")) if name else root
    if not path.resolve().is_relative_to(root):
        raise ValueError(f"{name!r} is not inside the resources folder")
    if not path.exists():
        raise FileNotFoundError(f"The resource {name!r} is missing from {root}; reinstall loom-studio")
    return path


def _root() -> Path:
    # A wheel has the folder inside the package; a checkout has it beside the packages.
    installed = _PACKAGE / "resources"
    return installed if installed.is_dir() else _PACKAGE.parent / "resources"
