"""Knowledge in runs: what is told and what a model finds by itself, numbered for a session, also after renewal."""

from pathlib import Path

import pytest

from loom.agent import Agent, create_agent
from loom.config import KnowledgeResolver, KnowledgeSource, PolicyConfig, ToolAccessPolicy, ToolPolicy
from loom.config.agent import AgentConfig
from loom.config.loading import agent_from_toml, agent_to_toml
from loom.config.model import ModelRef
from loom.config.session import SessionConfig
from loom.context.citations import label_of, numbered
from loom.errors import ConfigError, KnowledgeError
from loom.knowledge import reader
from loom.runtime.knowledge_tools import SEARCH_KNOWLEDGE
from loom.types.events import PAYLOADS
from loom.types.knowledge import KnowledgeEvidence, KnowledgeEvidenceItem, KnowledgeQuery
from tests.support.agents import AskedProvider, call, of_type, requests_of, scripted_agent
from tests.support.knowledge import wait_for_indexes, write_files


def agent_in(folder: Path, *turns: object, knowledge: list[KnowledgeSource]) -> Agent:
    ref = ModelRef.scripted(list(turns))
    return create_agent(AgentConfig(ref, knowledge=knowledge), workspace=folder, provider=AskedProvider(ref))


def working_of(agent: Agent, at: int) -> str:
    found = [message.text for message in requests_of(agent)[at].messages if "<knowledge>" in message.text]
    return found[-1] if found else ""


@pytest.fixture(autouse=True)
def compared_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "FRESH_S", 0.0)
    wait_for_indexes(monkeypatch)


async def test_evidence_of_files_is_told_with_its_place_and_cited_by_number_after_a_renewal(tmp_path: Path) -> None:
    write_files(tmp_path, docs__deploys_md="# Deploys\n\nProduction deploys need an approval.\n", docs__cats_md="Cats.")
    agent = agent_in(tmp_path, "See [1].", "ok", knowledge=[KnowledgeSource.folder("docs", "docs")])
    session = agent.session()
    result = await session.run("What do production deploys need?")
    told = working_of(agent, 0)
    assert "[1] docs · deploys.md > Deploys · docs/deploys.md:1-3 · #" in told
    assert "Production deploys need an approval." in told
    assert "such as [1]" in told
    payload = of_type(result, "knowledge.found")[0]
    PAYLOADS["knowledge.found"].model_validate(payload)
    piece = payload["pieces"][0]
    assert (piece["number"], piece["path"], piece["line"]) == (1, str(tmp_path / "docs" / "deploys.md"), 1)
    handoff = await session.renew()
    assert handoff.citations[0].startswith("[1] docs · deploys.md > Deploys · docs/deploys.md:1-3 · #")
    assert "[1] docs" in handoff.to_system_prompt()
    await agent.aclose()


async def test_a_model_searches_by_itself_and_a_piece_keeps_its_number(tmp_path: Path) -> None:
    write_files(tmp_path, zebra_md="Zebras need approval.", lion_md="Lions sleep.")
    agent = agent_in(
        tmp_path,
        call(SEARCH_KNOWLEDGE, query="lions"),
        call(SEARCH_KNOWLEDGE, query="zebras"),
        call(SEARCH_KNOWLEDGE, query="giraffes"),
        call(SEARCH_KNOWLEDGE, query="zebras", source_names=["no"]),
        "done",
        knowledge=[KnowledgeSource.folder("animals", ".", description="what animals do")],
    )
    result = await agent.session().run("What do zebras need?")
    lions, zebras, none, unknown = (
        [*of_type(result, "tool.completed"), *of_type(result, "tool.failed")][n]["content"] for n in range(4)
    )
    assert "[2] animals · lion.md" in lions
    assert "[1] animals · zebra.md" in zebras
    assert "Nothing was found for 'giraffes'" in none
    assert "No knowledge source is named 'no'" in unknown
    schema = next(tool for tool in requests_of(agent)[0].tools if tool.name == SEARCH_KNOWLEDGE)
    assert "animals: what animals do" in schema.description
    await agent.aclose()


async def test_the_tool_may_be_used_where_only_named_tools_may_and_is_not_there_without_sources(tmp_path: Path) -> None:
    write_files(tmp_path, zebra_md="Zebras need approval.")
    agent = scripted_agent(
        call(SEARCH_KNOWLEDGE, query="zebras"),
        "done",
        knowledge=[KnowledgeSource.folder("animals", str(tmp_path))],
        policy=PolicyConfig(tools=ToolPolicy(access=ToolAccessPolicy(allow=[]))),
    )
    result = await agent.session().run("hi")
    assert "zebra.md" in of_type(result, "tool.completed")[0]["content"]
    await agent.aclose()
    assert SEARCH_KNOWLEDGE not in {tool.name for tool in scripted_agent("x").tools}


async def test_agent_resolve_knowledge_ranks_files_also_on_a_loop(tmp_path: Path) -> None:
    write_files(tmp_path, a_md="Cats are mammals.", b_md="Production approval is needed.")
    agent = scripted_agent("x", knowledge=[KnowledgeSource.folder("docs", str(tmp_path))])
    from loom.threads import in_thread

    bundle = await in_thread(agent.resolve_knowledge, KnowledgeQuery("production approval", top_k=1))
    assert [Path(item.uri).name for item in bundle.items] == ["b.md"]
    assert len(bundle.citations) == 1
    await agent.aclose()


def test_numbers_are_never_given_twice_and_pieces_of_a_changed_file_get_another() -> None:
    def piece(n: int, mark: str = "a") -> KnowledgeEvidenceItem:
        return KnowledgeEvidenceItem(
            "s", "text", f"t{n}", f"u{n}", 1.0, {"path": "p", "line": 1, "end_line": 2, "hash": mark}
        )

    known: list[str] = []
    for n in range(100):
        cited, known = numbered(known, [piece(n)])
        assert cited[0].number == n + 1
    assert len(known) == 40
    assert numbered(known, [piece(99)])[0][0].number == 100
    assert numbered(known, [piece(99, "b")])[0][0].number == 101
    _, known = numbered(known, [piece(n) for n in range(60, 99)])
    assert numbered(known, [piece(500)])[0][0].number == 101
    assert label_of(piece(1)).endswith("u1:1-2 · #a@0-0")


def test_sources_survive_an_agent_file() -> None:
    config = AgentConfig(
        ModelRef("scripted", "s"),
        knowledge=[
            KnowledgeSource.folder("docs", "docs", patterns=["*.md"], embedder="ollama:nomic-embed-text"),
            KnowledgeSource.file("guide", "guide.pdf"),
            KnowledgeSource.url("site", "https://example.org/x", refresh_hours=1.5),
        ],
    )
    assert agent_from_toml(agent_to_toml(config)) == config


def test_a_source_that_is_read_into_an_index_says_whom_to_ask() -> None:
    with pytest.raises(ConfigError, match="ask an agent"):
        KnowledgeSource.folder("docs", "docs").resolve(KnowledgeQuery("x"))


async def test_a_source_that_can_not_be_read_is_told_and_the_message_is_answered(tmp_path: Path) -> None:
    agent = agent_in(tmp_path, "Answered.", knowledge=[KnowledgeSource.folder("docs", "gone")])
    result = await agent.session().run("What do zebras need?")
    assert result.output == "Answered."
    (payload,) = of_type(result, "knowledge.found")
    assert payload["pieces"] == []
    assert "no folder or file at" in payload["problems"][0]
    await agent.aclose()


async def test_a_function_that_fails_is_told_and_the_message_is_answered() -> None:
    def fails(_query: KnowledgeQuery) -> KnowledgeEvidence:
        raise ZeroDivisionError("nothing to divide")

    source = KnowledgeSource.dynamic("sums", KnowledgeResolver.callable(fails))
    agent = scripted_agent("An answer.", knowledge=[source])
    assert (await agent.run("What is one by nothing?")).output == "An answer."
    with pytest.raises(KnowledgeError, match="The source 'fails' failed: ZeroDivisionError: nothing to divide"):
        agent.resolve_knowledge(KnowledgeQuery("What?"))
    with pytest.raises(ConfigError, match="query must be KnowledgeQuery, got str"):
        agent.resolve_knowledge("What?")  # type: ignore[arg-type]


async def test_after_a_rewind_no_number_means_another_piece(tmp_path: Path) -> None:
    write_files(tmp_path, zebra_md="Zebras need approval.", lion_md="Lions sleep.", owl_md="Owls see at night.")
    agent = agent_in(
        tmp_path,
        call(SEARCH_KNOWLEDGE, query="lions"),
        "They sleep [1].",
        call(SEARCH_KNOWLEDGE, query="owls"),
        "At night [2].",
        knowledge=[KnowledgeSource.folder("animals", ".")],
    )
    session = agent.session(SessionConfig(id="s"))
    first = await session.run("Hello")
    assert [piece["number"] for piece in of_type(first, "knowledge.found")[0]["pieces"]] == [1]
    await session.rewind(0)
    second = await session.run("Hello again")
    assert [piece["number"] for piece in of_type(second, "knowledge.found")[0]["pieces"]] == [2]
    await agent.aclose()
