"""From the command line's options to an agent and a session."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace

from loom.agent import Agent, create_agent
from loom.config import AgentConfig, MemoryBackend, MemoryConfig, ModelRef, load_agent
from loom.errors import ConfigError, StoreError
from loom.memory.records import SessionSummary
from loom.memory.store import Store
from loom.providers.capabilities import KNOWN_MODELS
from loom.providers.resolve import KEY_VARIABLES, parse_model
from loom.providers.weights import find_weights, has_engine
from loom.runtime import Session, SessionConfig
from loom.safety.profile import Profile

INSTRUCTIONS = "You are a helpful assistant. Be brief and exact."


def agent_from_options(options: argparse.Namespace) -> Agent:
    """The agent that `--agent`, `--model` and `--workspace` describe. Raises ConfigError."""
    config = load_agent(options.agent) if options.agent else AgentConfig(_default_model(options), INSTRUCTIONS)
    if options.model:
        config = replace(config, model=parse_model(options.model))
    if config.memory is None:
        config = replace(config, memory=MemoryConfig(backend=MemoryBackend.sqlite()))
    profile = Profile.default()
    agent = create_agent(
        config, workspace=options.workspace, profile=profile, checkpoints=profile.folder / "checkpoints"
    )
    for notice in agent.store.notices:
        print(f"loom: {notice}", file=sys.stderr)
    return agent


def session_from_options(agent: Agent, begin: str | None) -> Session:
    """A new session, or the one whose id begins so. Raises StoreError for none, and for several."""
    if not begin:
        return agent.session()
    return agent.session(SessionConfig(id=found_session(agent.store, begin).id))


def found_session(store: Store, begin: str) -> SessionSummary:
    """The session whose id begins so. Raises StoreError for none, and for several."""
    exact = store.session(begin)
    if exact is not None:
        return exact
    found = [each for each in store.sessions() if each.id.startswith(begin)] if begin else []
    if not found:
        raise StoreError(f"There is no session {begin!r}; loom sessions list shows them")
    if len(found) > 1:
        raise StoreError(f"{len(found)} sessions begin with {begin!r}: {', '.join(each.id for each in found[:5])}")
    return found[0]


def default_model() -> ModelRef | None:
    """The model to use when none is named: the first provider that has a key, else the local one, else None."""
    for provider, variables in KEY_VARIABLES.items():
        if any(os.environ.get(variable) for variable in variables):
            return ModelRef(provider, KNOWN_MODELS[provider][0])
    return ModelRef.local() if has_engine() and find_weights() is not None else None


def _default_model(options: argparse.Namespace) -> ModelRef:
    if options.model:
        return parse_model(options.model)
    model = default_model()
    if model is None:
        raise ConfigError("No model is set up: set a provider's key, or type: loom models install local")
    print(f"loom: using {model.identifier} (--agent or --model chooses another)", file=sys.stderr)
    return model
