"""A skill with `context: fork` is followed by an agent of its own; only its last message comes back."""

import json
from pathlib import Path
from typing import Any

from loom.agent import Agent
from loom.config.delegation import DelegateConfig, DelegationConfig
from loom.ecosystem.plugin_parts import part_key, read_plugin
from loom.ecosystem.plugin_store import install
from loom.threads import in_thread
from loom.types.approvals import ApprovalRequest, Decision
from loom.types.runs import RunResult, RunState
from tests.support.agents import assert_catalogued, call, of_type, requests_of
from tests.support.skills import agent_in, profile_in, workspace_in, write_plugin, write_skill

BODY = "Read every file of $ARGUMENTS and say what is wrong."
FORK = {"context": "fork"}


def skill(folder: Path, **fields: str) -> None:
    write_skill(folder / "home/.agents/skills", "review", BODY, **{**FORK, **fields})


def notices(result: RunResult) -> list[str]:
    return [each["text"] for each in of_type(result, "ecosystem.notice")]


async def run(agent: Agent, prompt: str = "Review it") -> RunResult:
    result = await agent.run(prompt)
    assert_catalogued(result.events)
    return result


def an_activation(arguments: str = "src") -> dict[str, Any]:
    return call("activate_skill", name="review", arguments=arguments)


async def test_the_sub_agent_gets_the_skill_alone_and_its_answer_comes_back(tmp_path: Path) -> None:
    skill(tmp_path)
    answer = {"text": "Line 3 is wrong.", "usage": {"input_tokens": 70, "output_tokens": 30}}
    agent = agent_in(tmp_path, an_activation(), answer, "I passed it on.")
    result = await run(agent, "A long talk about something else")
    above, below, after = requests_of(agent)
    assert "Read every file of src and say what is wrong." in below.messages[0].text
    assert not any("A long talk" in message.text for message in below.messages)
    assert [message.text for message in after.messages if message.role == "tool"] == ["Line 3 is wrong."]
    assert BODY[:20] not in after.system + "".join(message.text for message in after.messages)
    assert of_type(result, "skill.activated") == []
    assert "context of its own, by a copy of this agent" in notices(result)[0]
    assert any(each.get("purpose") == "sub_agent" for each in of_type(result, "usage.updated"))
    assert above.model == below.model
    await agent.aclose()


async def test_a_second_call_is_a_second_piece_of_work(tmp_path: Path) -> None:
    skill(tmp_path)
    agent = agent_in(tmp_path, an_activation("a"), "A is well.", an_activation("b"), "B is not.", "Done.")
    result = await run(agent)
    assert [each["content"] for each in of_type(result, "tool.completed")] == ["A is well.", "B is not."]
    await agent.aclose()


async def test_a_person_who_calls_for_it_has_the_model_hand_it_on_also_where_models_are_not_offered_it(
    tmp_path: Path,
) -> None:
    skill(tmp_path, disable_model_invocation="true")
    agent = agent_in(tmp_path, an_activation(), "It is well.", "Done.", an_activation(), "Done.")
    session = agent.session()
    result = await session.start("/review src").wait()
    assert "Call activate_skill with the name review and the arguments src" in requests_of(agent)[0].messages[0].text
    assert [each["content"] for each in of_type(result, "tool.completed")] == ["It is well."]
    other = await run(agent)
    assert "There is no skill" in of_type(other, "tool.failed")[0]["content"], "in another session nobody asked for it"
    await agent.aclose()


async def test_what_it_does_is_asked_of_the_person_and_bound_by_what_the_skill_lists(tmp_path: Path) -> None:
    skill(tmp_path, allowed_tools="read_file")
    (workspace_in(tmp_path) / "a.txt").write_text("text")
    calls = [call("read_file", path="a.txt"), call("list_files", path=".")]
    agent = agent_in(tmp_path, an_activation(), *calls, "Well.", "Done.", capabilities=["files"])
    asked: list[ApprovalRequest] = []
    agent.attach_approver(lambda request: asked.append(request) or Decision.deny("no"))
    await run(agent)
    assert [request.tool for request in asked] == ["list_files"]
    assert "the skill review does not list list_files" in asked[0].reason
    await agent.aclose()


async def test_an_agent_that_explores_changes_nothing(tmp_path: Path) -> None:
    skill(tmp_path, agent="Explore")
    write = call("write_file", path="a.txt", content="x")
    agent = agent_in(tmp_path, an_activation(), write, "I could not.", "Done.", capabilities=["edit"])
    agent.attach_approver(lambda _request: Decision.allow_once())
    result = await run(agent)
    assert not (workspace_in(tmp_path) / "a.txt").exists()
    assert "which changes nothing" in notices(result)[0]
    assert result.state is RunState.COMPLETED
    await agent.aclose()


async def test_an_agent_that_there_is_not_is_told_and_a_copy_works(tmp_path: Path) -> None:
    skill(tmp_path, agent="nobody")
    agent = agent_in(tmp_path, an_activation(), "Well.", "Done.")
    result = await run(agent)
    assert "asks for the agent nobody, which there is not" in notices(result)[0]
    assert of_type(result, "tool.completed")[0]["content"] == "Well."
    await agent.aclose()


async def test_an_agent_that_work_is_given_to_follows_it(tmp_path: Path) -> None:
    file = tmp_path / "critic.toml"
    turns = json.dumps("The critic said so.")
    file.write_text(
        f'name = "critic"\n[model]\nprovider = "scripted"\nname = "s"\n[model.extensions]\nturns = [{turns}]\n'
    )
    skill(tmp_path, agent="critic")
    delegation = DelegationConfig([DelegateConfig("critic", str(file))])
    agent = agent_in(tmp_path, an_activation(), "Done.", delegation=delegation)
    result = await run(agent)
    assert of_type(result, "tool.completed")[0]["content"] == "The critic said so."
    await agent.aclose()


async def test_a_plugins_agent_follows_it_once_the_person_agreed_to_the_plugins_agents(tmp_path: Path) -> None:
    skill(tmp_path, agent="critic")
    profile = profile_in(tmp_path)

    def prepare() -> None:
        plugin = install(profile, write_plugin(tmp_path / "source"))
        for part in read_plugin(plugin.root, profile.consents).parts:
            if part.kind == "agents":
                profile.consents.give(part_key("helper", part.kind), part.digest)

    await in_thread(prepare)
    agent = agent_in(tmp_path, an_activation(), "Done.")
    result = await run(agent)
    assert "by critic (script)" in notices(result)[-1]
    await agent.aclose()


async def test_its_depth_is_bounded_and_its_failure_is_a_result(tmp_path: Path) -> None:
    skill(tmp_path)
    deeper = [an_activation("once"), an_activation("twice"), an_activation("thrice")]
    agent = agent_in(tmp_path, *deeper, "I do it myself.", "Well.", "Done.")
    result = await run(agent)
    assert result.output == "Done."
    told = [m.text for request in requests_of(agent) for m in request.messages if m.role == "tool"]
    assert any("was not followed to its end: MAX_DEPTH_EXCEEDED" in text for text in told)
    await agent.aclose()


async def test_its_model_and_effort_are_the_sub_agents_alone(tmp_path: Path) -> None:
    skill(tmp_path, model="another", effort="high")
    agent = agent_in(tmp_path, an_activation(), "Well.", "Done.")
    await run(agent)
    assert [each.model for each in requests_of(agent)] == ["script", "another", "script"]
    await agent.aclose()
