"""A program that traces itself: the global provider set before any SDK is imported, one run over loopback.

Prints a line of JSON for each span: scope, name, kind.
"""

import asyncio
import json
import sys

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter


async def main() -> None:
    from loom import AgentConfig, ModelRef, create_agent
    from loom.config import RuntimeConfig, RuntimeFeatures
    from tests.support import wire_anthropic, wire_openai
    from tests.support.wire_server import WireServer

    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    is_openai = sys.argv[1] == "openai"
    async with WireServer() as server:
        server.says(wire_openai.text("hello") if is_openai else wire_anthropic.text("hello"))
        make = ModelRef.openai if is_openai else ModelRef.anthropic
        ref = make("some-model", api_base=server.url)
        config = AgentConfig(ref, name="Traced", runtime=RuntimeConfig(features=RuntimeFeatures(open_telemetry=True)))
        agent = create_agent(config, environment={"ANTHROPIC_API_KEY": "k", "OPENAI_API_KEY": "k"})
        result = await agent.run("hi")
        await agent.aclose()
    for span in exporter.get_finished_spans():
        scope = span.instrumentation_scope.name if span.instrumentation_scope is not None else ""
        print(json.dumps({"scope": scope, "name": span.name, "kind": span.kind.name, "said": result.output}))


if __name__ == "__main__":
    asyncio.run(main())
