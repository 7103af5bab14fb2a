"""A project's AGENTS.md is told to the model, the nearest one, as it was agreed to."""

from pathlib import Path

from loom.ecosystem.instructions import LONGEST_CHARS, find_instructions
from loom.safety.consents import ANY, ConsentBook
from loom.threads import in_thread
from tests.support.agents import call, of_type, requests_of
from tests.support.skills import agent_in, profile_in, trust_all, workspace_in


def named(workspace: Path) -> str:
    found, _ = find_instructions(workspace, None)
    return str(found.file.relative_to(workspace.parent)) if found is not None else ""


def test_the_nearest_file_wins_up_to_the_repository(tmp_path: Path) -> None:
    repository, inner = tmp_path / "repo", tmp_path / "repo/inner"
    inner.mkdir(parents=True)
    (tmp_path / "AGENTS.md").write_text("above the repository")
    assert named(inner) == "", "outside of a repository nothing above the workspace counts"
    (repository / ".git").mkdir()
    assert named(inner) == ""
    (repository / "CLAUDE.md").write_text("fallback")
    assert find_instructions(inner, None)[0].text == "fallback"  # type: ignore[union-attr]
    (repository / "AGENTS.md").write_text("root")
    assert find_instructions(inner, None)[0].text == "root"  # type: ignore[union-attr]
    (inner / "AGENTS.md").write_text("inner")
    assert named(inner) == "inner/AGENTS.md"


def test_a_link_out_of_the_repository_is_not_followed(tmp_path: Path) -> None:
    work = workspace_in(tmp_path)
    (tmp_path / "secret.md").write_text("secret")
    (work / "AGENTS.md").symlink_to(tmp_path / "secret.md")
    found, problems = find_instructions(work, None)
    assert found is None
    assert "it is a link to" in problems[0]
    (work / "CLAUDE.md").write_text("the fallback")
    found, _ = find_instructions(work, None)
    assert found is not None
    assert found.text == "the fallback"


def test_a_long_file_and_one_that_is_no_text_are_told(tmp_path: Path) -> None:
    work = workspace_in(tmp_path)
    (work / "AGENTS.md").write_text("x" * (LONGEST_CHARS + 5))
    found, _ = find_instructions(work, None)
    assert found is not None
    assert len(found.text) < LONGEST_CHARS + 100
    assert "is told the first of them" in found.warnings[0]
    (work / "AGENTS.md").write_bytes(b"good \xff bad")
    found, _ = find_instructions(work, None)
    assert found is not None
    assert "not all UTF-8" in found.warnings[0]


async def test_they_are_in_the_memory_part_once_they_are_trusted(tmp_path: Path) -> None:
    work = workspace_in(tmp_path)
    (work / "AGENTS.md").write_text("Use four spaces.")
    agent = agent_in(tmp_path, "Done.", "Done.", "Done.", "Done.")
    session = agent.session()
    result = await session.start("Go").wait()
    assert "four spaces" not in requests_of(agent)[-1].system
    assert "is not trusted yet" in of_type(result, "ecosystem.notice")[0]["text"]
    await in_thread(trust_all, profile_in(tmp_path), work)
    run = session.start("Go")
    await run.wait()
    assert '<project_instructions file="AGENTS.md">\nUse four spaces.' in requests_of(agent)[-1].system
    assert run.last_request is not None
    assert run.last_request.tokens["memory"] > 0
    (work / "AGENTS.md").write_text("Use tabs.")
    result = await session.start("Go").wait()
    assert "four spaces" not in requests_of(agent)[-1].system
    assert "Use tabs" not in requests_of(agent)[-1].system
    assert "changed since you trusted it" in of_type(result, "ecosystem.notice")[0]["text"]
    await in_thread(profile_in(tmp_path).consents.give, f"instructions:{work / 'AGENTS.md'}", ANY)
    await session.start("Go").wait()
    assert "Use tabs." in requests_of(agent)[-1].system, "a change is there in the next run, where any is agreed to"
    await agent.aclose()


async def test_an_agent_is_asked_before_it_writes_what_later_runs_are_told(tmp_path: Path) -> None:
    turns = [call("write_file", path=path, content="x") for path in ("AGENTS.md", ".agents/skills/x/SKILL.md")]
    agent = agent_in(tmp_path, *turns, "Done.", capabilities=["edit", "files"])
    session = agent.session()
    session.mode = session.mode.__class__.AUTO
    result = await session.start("Go").wait()
    assert len(of_type(result, "tool.vetoed")) == 2
    assert not (workspace_in(tmp_path) / "AGENTS.md").exists()
    await agent.aclose()


def test_consents_are_kept(tmp_path: Path) -> None:
    book = ConsentBook(tmp_path / "consents.json")
    book.give("a", "1")
    book.give("b", ANY)
    book.switch("c", on=False)
    again = ConsentBook(tmp_path / "consents.json")
    again.load()
    assert (again.holds("a", "1"), again.holds("a", "2"), again.holds("b", "9")) == (True, False, True)
    assert again.is_off("c")
    again.take_back("a")
    book.load()
    assert not book.was_given("a")
