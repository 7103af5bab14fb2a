"""Delegation: the model gives work away, under limits of depth and budget, and gets answers."""

from pathlib import Path
from typing import Any

import pytest

from loom import AgentConfig, ConfigError, ModelRef, create_agent, tool
from loom.config import DelegateConfig, DelegationConfig, RuntimeConfig, RuntimeLimits, load_agent
from loom.orchestration import SubAgentManager
from loom.safety.permissions import PermissionMode
from loom.threads import in_thread
from loom.types.runs import RunState

USED = {"input_tokens": 100, "output_tokens": 10}


def scripted(*turns: Any, **config: Any) -> AgentConfig:
    return AgentConfig(ModelRef.scripted(list(turns)), **config)


def asks(goal: str, **more: Any) -> dict[str, Any]:
    return {"tool": "delegate", "arguments": {"goal": goal, **more}, "usage": USED}


def limits(**given: Any) -> RuntimeConfig:
    return RuntimeConfig(limits=RuntimeLimits(**given))


def child_file(folder: Path, *turns: str, more: str = "") -> str:
    listed = ", ".join(f'{{ text = "{turn}", usage = {{ input_tokens = 50, output_tokens = 5 }} }}' for turn in turns)
    (folder / "child.toml").write_text(
        f'name = "Child"\n{more}\n[model]\nprovider = "scripted"\nname = "c"\n[model.extensions]\nturns = [{listed}]\n'
    )
    return str(folder / "child.toml")


async def test_a_model_gives_work_to_a_named_agent_and_its_tokens_count_as_the_runs(tmp_path: Path) -> None:
    told: list[str] = []

    def end(request: Any) -> dict[str, Any]:
        told.append(request.messages[-1].text)
        return {"text": "all done", "usage": USED}

    delegation = DelegationConfig([DelegateConfig("helper", child_file(tmp_path, "found it"), "finds things")])
    agent = create_agent(scripted(asks("find it", agent="helper"), end, delegation=delegation))
    result = await agent.run("Do it")
    assert (result.output, told) == ("all done", ["found it"])
    assert result.usage.total_tokens == 110 + 55 + 110
    purposes = [each.payload.get("purpose") for each in result.events if each.type == "usage.updated"]
    assert purposes.count("sub_agent") == 1
    description = next(each.description for each in agent.tools if each.name == "delegate")
    assert "- helper: finds things" in description
    await agent.aclose()


async def test_an_agent_file_says_to_whom_work_may_be_given(tmp_path: Path) -> None:
    child_file(tmp_path, "found it")
    (tmp_path / "parent.toml").write_text(
        'name = "P"\n[model]\nprovider = "scripted"\nname = "p"\n[model.extensions]\n'
        'turns = [{ tool = "delegate", arguments = { goal = "find it" } }, "done"]\n'
        '[delegation]\nmax_depth = 1\n[[delegation.agents]]\nname = "helper"\nagent = "child.toml"\n'
    )
    agent = create_agent(await in_thread(load_agent, tmp_path / "parent.toml"))
    result = await agent.run("Do it")
    assert [each.payload["content"] for each in result.events if each.type == "tool.completed"] == ["found it"]
    await agent.aclose()


async def test_many_goals_are_worked_on_side_by_side_and_answered_in_order(tmp_path: Path) -> None:
    call = {"tool": "delegate_many", "arguments": {"goals": ["a", "b"]}}
    delegation = DelegationConfig([DelegateConfig("h", child_file(tmp_path, "one", "two"))])
    agent = create_agent(scripted(call, "done", delegation=delegation))
    result = await agent.run("Do it")
    (told,) = [each.payload["content"] for each in result.events if each.type == "tool.completed"]
    assert told.startswith("1. done: ")
    assert "\n\n2. done: " in told
    await agent.aclose()


async def test_a_copy_of_the_agent_inherits_a_brief_and_is_as_deep_as_it_may_be() -> None:
    prompts: list[str] = []

    def turn(request: Any) -> Any:
        answers = [each.text for each in request.messages if each.role == "tool"]
        if answers:
            return answers[-1]
        prompts.append(next(each.text for each in request.messages if each.role == "user"))
        return asks("deeper")

    config = AgentConfig(ModelRef("given", "m"), delegation=DelegationConfig(max_depth=2))
    provider_of = create_agent(AgentConfig(ModelRef.scripted([turn] * 20))).engine.provider()
    agent = create_agent(config, provider=provider_of)
    result = await agent.run("The top")
    assert len(prompts) == 3
    assert "The whole goal: The top" in prompts[1]
    assert "2 deep" in result.output
    await agent.aclose()


async def test_a_sub_agents_budget_is_a_share_of_what_is_left(tmp_path: Path) -> None:
    seen: list[Any] = []

    @tool(read_only=True)
    async def give(goal: str) -> str:
        """Give work."""
        results = await SubAgentManager(child, budget_share=0.5).spawn_many([goal, goal])
        seen.extend(results)
        return str([each.error for each in results])

    call = {"tool": "give", "arguments": {"goal": "x"}, "usage": USED}
    child = create_agent(scripted(*[{"tool": "look", "arguments": {}, "usage": USED}] * 50, tools=[looks()]))
    budget = limits(max_total_tokens=2000, max_iterations=40)
    agent = create_agent(scripted(call, {"text": "done", "usage": USED}, tools=[give], runtime=budget))
    result = await agent.run("Do it")
    # 1,890 tokens and 39 steps are left: each of two gets a quarter, 472 tokens: five calls of 110.
    assert [each.usage.total_tokens for each in seen] == [550, 550]
    assert all("its limit is 472" in str(each.error) for each in seen)
    assert result.usage.total_tokens == 110 + 1100 + 110
    await child.aclose()
    await agent.aclose()


async def test_steps_below_count_and_nothing_is_begun_with_nothing_left() -> None:
    child = create_agent(scripted(*[{"tool": "look", "arguments": {}}] * 50, tools=[looks()]))
    errors: list[str] = []

    @tool(read_only=True)
    async def give() -> str:
        """Give work."""
        errors.append(str((await SubAgentManager(child).spawn("x")).error))
        return errors[-1]

    agent = create_agent(
        scripted(*[{"tool": "give", "arguments": {}}] * 9, tools=[give], runtime=limits(max_iterations=6))
    )
    result = await agent.run("Do it")
    assert result.state is RunState.FAILED
    assert result.reason == "max_iterations"
    assert result.iterations == 1
    assert len(errors) == 1
    assert "made 5 model calls" in errors[0]
    await child.aclose()
    await agent.aclose()


async def test_a_sub_agent_has_the_mode_of_the_run_and_no_more_rights(tmp_path: Path) -> None:
    child_file(tmp_path, "unused")
    text = (tmp_path / "child.toml").read_text()
    call = '{ tool = "write_file", arguments = { path = "x.txt", content = "1" } }, "wrote"'
    (tmp_path / "child.toml").write_text(
        'capabilities = ["edit"]\n' + text[: text.index("turns =")] + f"turns = [{call}]\n"
    )
    delegation = DelegationConfig([DelegateConfig("h", str(tmp_path / "child.toml"))])
    work = tmp_path / "work"
    work.mkdir()
    for mode, exists in ((PermissionMode.PLAN, False), (PermissionMode.ACCEPT_EDITS, True)):
        agent = create_agent(scripted(asks("write"), "done", delegation=delegation), workspace=work)
        session = agent.session()
        session.mode = mode
        await session.run("Do it")
        assert (work / "x.txt").exists() is exists
        await agent.aclose()


async def test_a_failure_is_told_to_the_model_and_wrong_names_too(tmp_path: Path) -> None:
    delegation = DelegationConfig([DelegateConfig("a", "missing.toml"), DelegateConfig("b", "missing.toml")])
    agent = create_agent(scripted(asks("x", agent="c"), asks("x", agent="a"), "done", delegation=delegation))
    result = await agent.run("Do it")
    told = [each.payload["content"] for each in result.events if each.type == "tool.failed"]
    assert "there are: a, b" in told[0]
    assert "There is no agent file at missing.toml" in told[1]
    await agent.aclose()


def test_limits_under_which_nothing_could_be_given_are_refused() -> None:
    wrongs: tuple[dict[str, Any], ...] = (
        {"max_depth": 0},
        {"budget_share": 0.0},
        {"budget_share": 1.5},
        {"max_parallel": 0},
        {"timeout_s": -1.0},
    )
    for wrong in wrongs:
        with pytest.raises(ConfigError):
            DelegationConfig(**wrong)
    with pytest.raises(ConfigError, match="two agents named 'a'"):
        DelegationConfig([DelegateConfig("a", "x"), DelegateConfig("a", "y")])


def looks() -> Any:
    @tool(read_only=True)
    def look() -> str:
        """Look."""
        return "seen"

    return look
