"""`loom doctor`: what is installed, which keys are set, which models answer."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass
from importlib import metadata

from loom.config import ModelRef
from loom.errors import LoomError
from loom.providers.base import Completion, CompletionRequest
from loom.providers.capabilities import KNOWN_MODELS
from loom.providers.resolve import KEY_VARIABLES, resolve_provider
from loom.types.messages import Message

PACKAGES = ("PySide6-Essentials", "qasync", "pydantic", "anthropic", "openai", "google-genai", "mcp", "xllamacpp")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: whether it is well, and what was seen."""

    what: str
    ok: bool
    seen: str


async def examine(*, as_json: bool) -> int:
    """Look at everything and print it; 0 if a model answers, else 1."""
    findings = [Finding("Python", True, platform.python_version()), *map(_package, PACKAGES), *_keys()]
    answers = [await _ask(ref) for ref in _models()]
    if as_json:
        print(json.dumps([asdict(finding) for finding in [*findings, *answers]], indent=2))
    else:
        for finding in [*findings, *answers]:
            print(f"{'ok ' if finding.ok else '-- '} {finding.what}: {finding.seen}")
    return 0 if any(answer.ok for answer in answers) else 1


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
        provider = resolve_provider(ref)
    except (LoomError, ImportError) as error:
        return Finding(what, False, str(error))
    request = CompletionRequest(ref.name, [Message("user", "Say hello.")], max_output_tokens=16)
    try:
        async for part in provider.stream(request):
            if isinstance(part, Completion):
                return Finding(what, True, repr(part.message.text[:60]))
    except LoomError as error:
        return Finding(what, False, str(error))
    finally:
        await provider.aclose()
    return Finding(what, False, "it ended without an answer")
