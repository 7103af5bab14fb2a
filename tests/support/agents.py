"""Agents on a script, and the check that what they emit is what the catalogue says."""

from collections.abc import AsyncIterator
from typing import Any

from loom import AgentConfig, ModelRef, create_agent
from loom.agent import Agent
from loom.providers.base import CompletionRequest, StreamPart
from loom.providers.scripted import ScriptedProvider
from loom.types.events import PAYLOADS, RunEvent
from loom.types.runs import RunResult


class AskedProvider(ScriptedProvider):
    """A scripted model that keeps what it was asked."""

    def __init__(self, ref: ModelRef) -> None:
        super().__init__(ref)
        self.requests: list[CompletionRequest] = []

    def stream(self, request: CompletionRequest) -> AsyncIterator[StreamPart]:
        self.requests.append(request)
        return super().stream(request)


def scripted_agent(*turns: Any, **config: Any) -> Agent:
    """An agent whose model plays `turns`; keywords are AgentConfig's."""
    ref = ModelRef.scripted(list(turns))
    return create_agent(AgentConfig(model=ref, **config), provider=AskedProvider(ref))


def requests_of(agent: Agent) -> list[CompletionRequest]:
    """What the agent's scripted model was asked."""
    provider = agent.provider
    assert isinstance(provider, AskedProvider)
    return provider.requests


def call(name: str, /, **arguments: Any) -> dict[str, Any]:
    """A turn that calls one tool."""
    return {"tool": name, "arguments": arguments}


def types_of(events: list[RunEvent]) -> list[str]:
    return [event.type for event in events]


def of_type(result: RunResult, event_type: str) -> list[dict[str, Any]]:
    return [event.payload for event in result.events if event.type == event_type]


def assert_catalogued(events: list[RunEvent]) -> None:
    """Every event is of a known type, its payload has that type's shape, and the sequence has no gap."""
    for number, event in enumerate(events):
        assert event.seq == number
        PAYLOADS[event.type].model_validate(event.payload)
