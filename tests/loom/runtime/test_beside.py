"""What a model is asked beside the steps, and what sub-agents do: both are in the log, to be read as they were sent."""

import json
from pathlib import Path
from typing import Any

import pytest

from loom import AgentConfig, ModelRef, create_agent, tool
from loom.config import DelegateConfig, DelegationConfig
from loom.config.session import SessionConfig
from loom.ecosystem.mcp.sampling import sampler_for
from loom.errors import ProviderError
from loom.interchange.trace import har_of, trace_of
from loom.memory.below import sub_agent_log, whose
from loom.memory.records import BELOW, BESIDE_ANSWERED, BESIDE_SENT
from loom.memory.requests import READ_FOR_REQUESTS, answer_beside, beside_request, sent_beside, stored_requests
from loom.memory.sqlite_store import SQLiteStore
from loom.threads import in_thread
from loom.tools.caller import IN_TOOL
from loom.types.runs import RunContext, RunState
from tests.support import wire_openai
from tests.support.wire_server import Reply, WireServer


def model_of(server: WireServer) -> ModelRef:
    return ModelRef("openai", "gpt-x", api_base=f"{server.url}/v1", api_key_env="KEY")


def file_of(server: WireServer, folder: Path, more: str = "") -> str:
    (folder / "child.toml").write_text(
        f'name = "Helper"\n{more}\n[model]\nprovider = "openai"\nname = "gpt-x"\napi_base = "{server.url}/v1"\n'
        'api_key_env = "KEY"\n'
    )
    return str(folder / "child.toml")


async def test_the_request_for_a_title_and_its_answer_are_in_the_log_as_they_were_sent(tmp_path: Path) -> None:
    store = await in_thread(SQLiteStore, tmp_path / "loom.db")
    async with WireServer(wire_openai.text("The wall leans."), wire_openai.text("A leaning wall")) as server:
        agent = create_agent(AgentConfig(model_of(server)), store=store, environment={"KEY": "k"})
        session = agent.session(SessionConfig(id="s"))
        assert (await session.run("How is the wall?")).state is RunState.COMPLETED
        assert await session.write_title() == "A leaning wall"
        await agent.aclose()
        (told,) = await in_thread(store.records, "s", 0, None, BESIDE_SENT)
        sent = await in_thread(sent_beside, store, "s", told.n)
        assert sent is not None
        answered = await in_thread(answer_beside, store, "s", sent)
        assert answered is not None
        request = beside_request(sent, answered)
        assert request.body() == server.requests[-1].body, "byte for byte"
        assert (answered.data["text"], answered.data["purpose"]) == ("A leaning wall", "title")
        assert answered.data["usage"]["input_tokens"] == 10
        exchanges = (await in_thread(trace_of, store, "s"))["exchanges"]
        assert [each["request"]["messages"][-1]["content"].startswith("Write a title") for each in exchanges] == [
            False,
            True,
        ]
        assert exchanges[1]["answer"]["text"] == "A leaning wall"
    await in_thread(store.close)


async def test_a_request_beside_the_steps_that_fails_says_why_in_the_log(tmp_path: Path) -> None:
    store = await in_thread(SQLiteStore, tmp_path / "loom.db")
    refused = Reply.of_json(401, {"error": {"message": "no such key"}})
    async with WireServer(wire_openai.text("The wall leans."), refused) as server:
        agent = create_agent(AgentConfig(model_of(server)), store=store, environment={"KEY": "k"})
        session = agent.session(SessionConfig(id="s"))
        await session.run("How is the wall?")
        with pytest.raises(ProviderError, match="no such key"):
            await session.write_title()
        await agent.aclose()
        (answered,) = await in_thread(store.records, "s", 0, None, BESIDE_ANSWERED)
        assert "no such key" in answered.data["problem"]
    await in_thread(store.close)


async def test_what_a_sub_agent_was_sent_and_did_is_in_the_log_of_the_session_that_gave_it_work(tmp_path: Path) -> None:
    store = await in_thread(SQLiteStore, tmp_path / "loom.db")
    (tmp_path / "wall.txt").write_text("It leans.")
    work = [
        wire_openai.tool_call("delegate", goal="Measure the wall"),
        wire_openai.tool_call("read_file", path="wall.txt"),
        wire_openai.text("It leans by 3 m."),
        wire_openai.text("Done: 3 m."),
    ]
    async with WireServer(*work) as server:
        delegation = DelegationConfig([DelegateConfig("h", file_of(server, tmp_path, 'capabilities = ["files"]'))])
        config = AgentConfig(model_of(server), delegation=delegation)
        agent = create_agent(config, workspace=tmp_path, store=store, environment={"KEY": "k"})
        result = await agent.session(SessionConfig(id="s")).run("Look at the wall")
        assert result.output == "Done: 3 m."
        records = await in_thread(store.records, "s")
        below = [each for each in records if each.type.startswith(BELOW)]
        of = whose(below[0])
        (call,) = [each.data["call_id"] for each in records if each.type == "tool.requested"]
        assert (of["agent"], of["call_id"]) == ("Helper", call)
        kinds = [each.type.removeprefix(BELOW) for each in below]
        assert kinds.count("step.started") == 2
        assert kinds.count("tool.completed") == 1
        log = await in_thread(sub_agent_log, store, "s", of["session"], READ_FOR_REQUESTS, records[-1].n)
        bodies = [each.body() for each in stored_requests(log.store, log.session_id)]
        assert bodies == [each.body for each in server.requests[1:3]], "byte for byte"
        told = [each["type"] for each in (await in_thread(trace_of, store, "s"))["events"]]
        assert told.count(f"{BELOW}tool.completed") == 1
        assert f"{BELOW}history.message" not in told
        entries = (await in_thread(har_of, store, "s"))["log"]["entries"]
        assert [json.loads(each["request"]["postData"]["text"]) for each in entries] == [
            each.json for each in server.requests
        ]
        summary = await in_thread(store.session, "s")
        assert summary is not None
        assert summary.messages == 4, "the conversation is its own messages alone"
        await agent.aclose()
    await in_thread(store.close)


async def test_a_sub_agent_of_a_sub_agent_says_whose_work_it_does(tmp_path: Path) -> None:
    store = await in_thread(SQLiteStore, tmp_path / "loom.db")
    work = [
        wire_openai.tool_call("delegate", goal="one deep"),
        wire_openai.tool_call("delegate", goal="two deep"),
        *(wire_openai.text(each) for each in ("found", "found it", "all found")),
    ]
    async with WireServer(*work) as server:
        config = AgentConfig(model_of(server), delegation=DelegationConfig(max_depth=2))
        agent = create_agent(config, store=store, environment={"KEY": "k"})
        result = await agent.session(SessionConfig(id="s")).run("Look")
        assert result.output == "all found"
        records = await in_thread(store.records, "s")
        started = [each for each in records if each.type == f"{BELOW}run.started"]
        first, second = (whose(each) for each in started)
        assert (first["above"], second["above"]) == ("s", first["session"])
        await agent.aclose()
    await in_thread(store.close)


async def test_what_a_tool_server_had_the_model_asked_is_in_the_log_of_the_run(tmp_path: Path) -> None:
    store = await in_thread(SQLiteStore, tmp_path / "loom.db")
    lent: list[dict[str, Any]] = []

    @tool(read_only=True)
    async def ask(context: RunContext) -> str:
        """Ask the model, as a tool server would."""
        above = IN_TOOL.get()
        assert above is not None
        params = {"messages": [{"role": "user", "content": {"type": "text", "text": "Is it safe?"}}], "maxTokens": 9}
        lent.append(await sampler_for(agent.engine, above.caller)(params))
        return str(context.run_id)

    turns = (wire_openai.tool_call("ask"), wire_openai.text("It is."), wire_openai.text("done"))
    async with WireServer(*turns) as server:
        agent = create_agent(AgentConfig(model_of(server), tools=[ask]), store=store, environment={"KEY": "k"})
        result = await agent.session(SessionConfig(id="s")).run("Go")
        assert lent[0]["content"]["text"] == "It is."
        (sent,) = await in_thread(store.records, "s", 0, None, BESIDE_SENT)
        (answered,) = await in_thread(store.records, "s", 0, None, BESIDE_ANSWERED)
        assert (sent.data["purpose"], sent.run_id) == ("sampling", result.run_id)
        assert beside_request(sent, answered).body() == server.requests[1].body
        await agent.aclose()
    await in_thread(store.close)
