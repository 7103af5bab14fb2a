"""`loom doctor`: what is installed, which keys are set, which models answer."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
from dataclasses import asdict, dataclass
from importlib import metadata

from loom.config import ModelRef
from loom.errors import LoomError
from loom.providers.capabilities import KNOWN_MODELS
from loom.providers.ollama import address_of
from loom.providers.probe import ask_for_a_word, served_models
from loom.providers.resolve import KEY_VARIABLES
from loom.safety.odd_text import escaped

PACKAGES = ("PySide6-Essentials", "qasync", "pydantic", "anthropic", "openai", "google-genai", "mcp", "xllamacpp")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: whether it is well, and what was seen."""

    what: str
    ok: bool
    seen: str


async def examine(parsed: argparse.Namespace) -> int:
    """Look at everything and print it; 0 if a model answers, else 1."""
    findings = [Finding("Python", True, platform.python_version()), *map(_package, PACKAGES), *_keys()]
    if not parsed.json:
        _print(findings)  # what is asked now may take a minute to answer
    answers = await asyncio.gather(*(_ask(ref) for ref in _models()), _ask_ollama())
    if parsed.json:
        print(json.dumps([asdict(finding) for finding in [*findings, *answers]], indent=2))
    else:
        _print(answers)
    return 0 if any(answer.ok for answer in answers) else 1


def _print(findings: list[Finding]) -> None:
    for finding in findings:
        print(escaped(f"{'ok ' if finding.ok else '-- '} {finding.what}: {finding.seen}"), flush=True)


def _package(name: str) -> Finding:
    try:
        return Finding(name, True, metadata.version(name))
    except metadata.PackageNotFoundError:
        return Finding(name, False, "not installed")


def _keys() -> list[Finding]:
    found: list[Finding] = []
    for provider, variables in KEY_VARIABLES.items():
        held = [variable for variable in variables if os.environ.get(variable)]
        seen = f"set ({held[0]})" if held else f"not set ({' or '.join(variables)})"
        found.append(Finding(f"key of {provider}", bool(held), seen))
    return found


def _models() -> list[ModelRef]:
    keyed = [
        ModelRef(provider, KNOWN_MODELS[provider][0])
        for provider, variables in KEY_VARIABLES.items()
        if any(os.environ.get(variable) for variable in variables)
    ]
    return [ModelRef.local(), *keyed]


async def _ask(ref: ModelRef) -> Finding:
    """Ask a model for a word."""
    what = f"{ref.identifier} answers"
    try:
        return Finding(what, True, repr(await ask_for_a_word(ref)))
    except (LoomError, ImportError) as error:
        return Finding(what, False, str(error))


async def _ask_ollama() -> Finding:
    """Which models the Ollama server has, if one runs."""
    try:
        address = address_of(ModelRef.ollama("any"), os.environ)
        names = [ref.name for ref in await served_models(address)]
    except LoomError as error:
        return Finding("Ollama answers", False, str(error))
    shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    return Finding("Ollama answers", True, f"at {address}: {shown}")
