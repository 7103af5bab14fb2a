"""Configuration: checked when it is made, and the same after a trip through a file."""

# pyright: reportArgumentType=false, reportCallIssue=false, reportGeneralTypeIssues=false

import math
from pathlib import Path
from typing import Any

import pytest

from loom import SessionConfig, create_agent, tool
from loom.config import (
    AgentConfig,
    DelegationConfig,
    FilesystemWatchMethod,
    GenerationConfig,
    HeartbeatConfig,
    HeartbeatInterruptPolicy,
    KnowledgeDocument,
    KnowledgeQuery,
    KnowledgeSource,
    MemoryBackend,
    MemoryConfig,
    ModelRef,
    PolicyConfig,
    PolicyContext,
    ResourceThresholds,
    RuntimeConfig,
    RuntimeLimits,
    RuntimeLiveness,
    SafetyEvaluator,
    SafetyRule,
    ToolAccessPolicy,
    ToolPolicy,
    ToolRateLimitPolicy,
    WatchConfig,
    agent_from_toml,
    agent_to_toml,
    load_agent,
    save_agent,
)
from loom.errors import ConfigError, LoomError


def full_config() -> AgentConfig:
    """Every serialisable part of the tree, as in the README of 0.7.3."""
    return AgentConfig(
        model=ModelRef.anthropic("claude-sonnet-4", api_base="http://localhost:1", extensions={"a": [1, {"b": None}]}),
        instructions='You are a deployment assistant\nwith two lines and a "quote"',
        generation=GenerationConfig(temperature=0.2, max_output_tokens=512),
        knowledge=[
            KnowledgeSource.inline(
                "docs", [KnowledgeDocument(content="Staging is automatic.", title="Staging")], description="d"
            )
        ],
        policy=PolicyConfig(
            context=PolicyContext.named("deployment"),
            tools=ToolPolicy(
                access=ToolAccessPolicy(allow=["deploy"], deny=["mcp__*"]),
                rate_limits=ToolRateLimitPolicy(max_calls_per_minute=10),
            ),
        ),
        memory=MemoryConfig(backend=MemoryBackend.custom("files", options={"path": "x"})),
        heartbeat=HeartbeatConfig(
            interval=5.0,
            interrupt_policy=HeartbeatInterruptPolicy(low="request"),
            watch_sources=[
                WatchConfig.filesystem(paths=["./src"], method=FilesystemWatchMethod.HASH),
                WatchConfig.resource(thresholds=ResourceThresholds(cpu_pct=80.0)),
            ],
        ),
        runtime=RuntimeConfig(limits=RuntimeLimits(max_iterations=24, max_context_tokens=120000)),
        safety_rules=[
            SafetyRule.when_argument_equals(
                name="no_prod", reason="blocked", tool_name="deploy", argument="env", value="production"
            )
        ],
        name="Déployeur",
        capabilities=["files", "shell"],
    )


def test_an_agent_file_holds_the_whole_tree() -> None:
    config = full_config()
    text = agent_to_toml(config)
    again = agent_from_toml(text)
    # TOML has no null: a None inside a free-form mapping is left out.
    config.model.extensions = {"a": [1, {}]}
    assert again == config
    assert agent_to_toml(again) == text


def test_an_empty_allow_list_is_not_the_same_as_none() -> None:
    base = '[model]\nprovider = "local"\nname = "x"\n'
    nothing = agent_from_toml(base + "[policy.tools.access]\nallow = []\n")
    assert nothing.policy is not None
    assert nothing.policy.tools.access.allow == []
    assert agent_from_toml(agent_to_toml(nothing)) == nothing
    default = agent_from_toml(base + "[policy.tools.access]\ndeny = ['x']\n")
    assert default.policy is not None
    assert default.policy.tools.access.allow is None


def test_what_is_made_in_code_cannot_be_written_and_the_error_says_what() -> None:
    @tool(read_only=True)
    def f() -> str:
        return ""

    with pytest.raises(ConfigError, match=r"AgentConfig.tools\[0\].handler.func can't be written"):
        agent_to_toml(AgentConfig(model=ModelRef.local(), tools=[f]))
    rule = SafetyRule.custom(name="n", reason="r", evaluator=SafetyEvaluator.callable(lambda _t, _a: False))
    with pytest.raises(ConfigError, match="evaluator"):
        agent_to_toml(AgentConfig(model=ModelRef.local(), safety_rules=[rule]))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: AgentConfig(model="x"), "AgentConfig.model must be an instance of ModelRef, got str 'x'"),
        (
            lambda: AgentConfig(model=ModelRef.local(), tools=[print]),
            r"AgentConfig.tools\[0\] must be an instance of ToolSpec",
        ),
        (lambda: PolicyConfig(tools={}), "PolicyConfig.tools must be an instance of ToolPolicy, got dict"),
        (lambda: ToolAccessPolicy(alow=["x"]), "unexpected keyword argument 'alow'"),
        (
            lambda: GenerationConfig(max_output_tokens="512"),
            "GenerationConfig.max_output_tokens must be a valid integer",
        ),
        (lambda: GenerationConfig(max_output_tokens=True), "max_output_tokens must be a valid integer, got bool True"),
        (lambda: RuntimeLimits(max_iterations=0), "RuntimeLimits.max_iterations must be at least 1"),
        (lambda: ToolRateLimitPolicy(max_calls_per_minute=-1), "max_calls_per_minute must be at least 0"),
        (lambda: AgentConfig(model=ModelRef.local(), capabilities=["fly"]), "'fly' is not one of files, search"),
        (lambda: GenerationConfig(temperature=math.nan), "GenerationConfig.temperature must be at least 0"),
        (lambda: RuntimeLimits(tool_timeout_s=-1), "RuntimeLimits.tool_timeout_s must be more than 0"),
        (lambda: RuntimeLiveness(same_calls="3"), "RuntimeLiveness.same_calls must be a valid integer"),
        (lambda: DelegationConfig(max_depth=None), "DelegationConfig.max_depth must be a valid integer"),
        (lambda: DelegationConfig(agents=[3]), r"DelegationConfig.agents\[0\]"),
        (lambda: KnowledgeDocument(content=5), "KnowledgeDocument.content must be a valid string, got int 5"),
        (lambda: KnowledgeQuery("x", top_k="3"), "KnowledgeQuery.top_k must be a valid integer"),
        (lambda: KnowledgeQuery("x", topk=3), "unexpected keyword argument 'topk'"),
        (lambda: SessionConfig(id="half \ud800"), "SessionConfig.id must be text that UTF-8 can hold"),
        (lambda: HeartbeatConfig(watch_sources=[3]), r"HeartbeatConfig.watch_sources\[0\]"),
        (lambda: create_agent("x"), "config must be AgentConfig, got str"),
    ],
)
def test_a_wrong_value_is_an_error_that_names_the_field(make: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        make()
    assert isinstance(caught.value, (TypeError, ValueError, LoomError))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1", "x is not a known field"),
        ('[model]\nprovider = "a"', "model.name is required"),
        (
            '[model]\nprovider = "a"\nname = "b"\n[runtime.limits]\nmax_iterations = "3"',
            "runtime.limits.max_iterations must be a valid integer, got str '3'",
        ),
        ("[model", "not valid TOML"),
        ('capabilities = ["zz"]\n[model]\nprovider = "a"\nname = "b"', "'zz' is not one of"),
    ],
)
def test_a_wrong_file_is_an_error_that_names_the_file_and_the_field(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "agent.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=message) as caught:
        load_agent(file)
    assert str(file) in str(caught.value)


def test_a_file_that_begins_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    file.write_bytes(b'\xef\xbb\xbf[model]\nprovider = "a"\nname = "b"\n')
    assert load_agent(file).model.name == "b"


def test_a_path_that_can_be_none_is_said_plainly() -> None:
    with pytest.raises(ConfigError, match="can't be read"):
        load_agent("agent\0.toml")


def test_a_missing_file_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="There is no agent file at"):
        load_agent(tmp_path / "nothing.toml")


def test_an_agent_keeps_containers_of_its_own() -> None:
    config = full_config()
    config.capabilities = []
    agent = create_agent(config)
    config.knowledge.clear()
    assert len(agent.config.knowledge) == 1
    assert agent.config is not config


def test_capabilities_need_a_workspace(tmp_path: Path) -> None:
    config = AgentConfig(model=ModelRef.local(), capabilities=["files"])
    with pytest.raises(ConfigError, match="needs a workspace folder"):
        create_agent(config)
    with pytest.raises(ConfigError, match="is not a folder"):
        create_agent(config, workspace=tmp_path / "nothing")


def test_two_tools_of_one_name_are_refused() -> None:
    @tool
    def f() -> str:
        return ""

    with pytest.raises(ConfigError, match="two tools named 'f'"):
        AgentConfig(model=ModelRef.local(), tools=[f, f])


def test_what_is_changed_after_an_agent_was_made_does_not_reach_it() -> None:
    """Also deep inside: a policy that is emptied later still holds."""
    access = ToolAccessPolicy(deny=["deploy"])
    config = AgentConfig(model=ModelRef.scripted(["hi"]), policy=PolicyConfig(tools=ToolPolicy(access=access)))
    agent = create_agent(config)
    access.deny.clear()
    access.read_only_only = True
    assert config.policy is not None
    config.policy.extensions["later"] = True
    held = agent.config.policy
    assert held is not None
    assert held.tools.access == ToolAccessPolicy(deny=["deploy"])
    assert held.extensions == {}
    assert agent.engine.gate.permissions.access.deny == ["deploy"]


def test_what_was_changed_to_something_that_cant_be_is_named_when_an_agent_is_made() -> None:
    limits = RuntimeLimits()
    limits.max_iterations = "many"  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(ConfigError, match=r"RuntimeLimits\.max_iterations must be a valid integer, got str 'many'"):
        create_agent(AgentConfig(model=ModelRef.scripted(["hi"]), runtime=RuntimeConfig(limits=limits)))
    watch = WatchConfig.filesystem(paths=["."])
    watch.method = "hash"  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(ConfigError, match=r"WatchConfig\.method must be an instance of FilesystemWatchMethod"):
        create_agent(AgentConfig(model=ModelRef.scripted(["hi"]), heartbeat=HeartbeatConfig(watch_sources=[watch])))


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ({"a": {1: "b"}}, r"extensions\.a can't be written to a file: its key 1 is no text"),
        ({"a": "\ud800"}, r"extensions\.a can't be written to a file: '\\ud800' has half of a character"),
        ({"\ud800": 1}, r"extensions can't be written to a file: '\\ud800' has half of a character"),
    ],
)
def test_what_a_file_would_lose_is_not_written(tmp_path: Path, held: Any, said: str) -> None:
    """A rule that forbids None must not come back as one that forbids nothing."""
    config = AgentConfig(model=ModelRef("a", "b", extensions=held))
    with pytest.raises(ConfigError, match=rf"AgentConfig\.model\.{said}"):
        save_agent(tmp_path / "agent.toml", config)
    assert not (tmp_path / "agent.toml").exists()
    rule = SafetyRule("none", "because", arg_equals={"env": None})
    with pytest.raises(ConfigError, match=r"safety_rules\[0\]\.arg_equals can't be written to a file: it holds None"):
        agent_to_toml(AgentConfig(model=ModelRef("a", "b"), safety_rules=[rule]))
