"""Which packages are installed with the Studio, or bundled with it, and under which licences."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

OURS = "loom-studio"
MOST_LICENCE_CHARS = 60
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)\s*(?:\[([^\]]*)\])?")
_EXTRA = re.compile(r"extra\s*==\s*['\"]([^'\"]+)['\"]")


@dataclass(frozen=True, slots=True)
class Installed:
    """A package: its name, version, the short name of its licence (empty if it says none), and the licence's text."""

    name: str
    version: str
    licence: str
    text: str


def installed_packages() -> list[Installed]:
    """What the Studio needs and is here, by name, the Studio itself first. Blocks: it reads a file for each."""
    found: dict[str, metadata.Distribution] = {}
    waiting = [(OURS, _extras(OURS))]
    while waiting:
        name, extras = waiting.pop()
        key = re.sub(r"[-_.]+", "-", name).lower()
        if key in found:
            continue
        try:
            found[key] = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # of an extra that is not installed, or for another system
        waiting += _needed(found[key].requires or (), extras)
    ours = [found.pop(OURS)] if OURS in found else []
    bundled = getattr(sys, "_MEIPASS", "")  # where PyInstaller's programs have what was bundled with them
    parts = bundled_parts(Path(bundled) / "licences") if bundled else []
    return [*(_read(each) for each in (*ours, *(found[key] for key in sorted(found)))), *parts]


def bundled_parts(folder: Path) -> list[Installed]:
    """What a bundle holds besides packages of Python: a file of text each, or a folder with one. Blocks."""
    files = sorted((each for each in folder.rglob("*") if each.is_file()), key=lambda each: str(each).lower())
    return [
        Installed(
            file.stem if file.parent == folder else file.parent.name, "", "", file.read_text("utf-8", "replace").strip()
        )
        for file in files
    ]


def _extras(name: str) -> frozenset[str]:
    try:
        return frozenset(metadata.metadata(name).get_all("Provides-Extra", []))
    except metadata.PackageNotFoundError:
        return frozenset()


def _needed(lines: Iterable[str], extras: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    for line in lines:
        only_for, requirement = _EXTRA.search(line), _REQUIREMENT.match(line)
        if requirement is not None and (only_for is None or only_for[1] in extras):
            yield requirement[1], frozenset(part.strip() for part in (requirement[2] or "").split(",") if part.strip())


def _read(found: metadata.Distribution) -> Installed:
    told = found.metadata
    classified = [
        each.rpartition(" :: ")[2] for each in told.get_all("Classifier", []) if each.startswith("License ::")
    ]
    named = next((told[key].strip() for key in ("License-Expression", "License") if key in told), "")
    licence = named if 0 < len(named) <= MOST_LICENCE_CHARS else ", ".join(classified)
    return Installed(found.name, found.version, licence, "\n\n".join(_texts(found.files or ())))


def _texts(files: Iterable[metadata.PackagePath]) -> Iterator[str]:
    for file in files:
        if file.suffix == ".py" or not any(word in file.name.lower() for word in ("licen", "copying")):
            continue
        try:
            yield file.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            continue  # the name of the licence is still shown
