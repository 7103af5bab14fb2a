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


async def test_the_instructions_nearest_to_a_file_count_once_it_was_touched(tmp_path: Path) -> None:
    work = workspace_in(tmp_path)
    inner = work / "src/core"
    inner.mkdir(parents=True)
    (work / "AGENTS.md").write_text("Use four spaces.")
    (inner / "AGENTS.md").write_text("Use tabs here.")
    (work / "other").mkdir()
    (work / "other/AGENTS.md").write_text("Not about this.")
    (inner / "a.py").write_text("pass\n")
    await in_thread(trust_all, profile_in(tmp_path), work)
    await in_thread(profile_in(tmp_path).consents.take_back, f"instructions:{work / 'other/AGENTS.md'}")
    turns = [call("read_file", path="src/core/a.py"), call("list_files", path="other"), "Done.", "Again."]
    agent = agent_in(tmp_path, *turns, capabilities=["files"])
    session = agent.session()
    result = await session.start("Go").wait()
    first, second, third = (each.system for each in requests_of(agent))
    assert "tabs" not in first
    assert second.index("Use four spaces.") < second.index("Use tabs here.")
    assert '<project_instructions file="src/core/AGENTS.md" about="files below src/core/, ' in second
    assert "Not about this." not in third
    notices = [each["text"] for each in of_type(result, "ecosystem.notice")]
    assert notices == [
        "other/AGENTS.md of this project is not trusted yet, so the agent is not told of it. Read and trust it in "
        "Settings, Skills, or with: loom skills trust"
    ]
    await session.start("Go on").wait()
    assert "Use tabs here." in requests_of(agent)[-1].system, "what was touched counts in later runs, too"
    await agent.aclose()


def test_a_claude_file_imports_others_of_its_project_and_none_outside(tmp_path: Path) -> None:
    repository = tmp_path / "repo"
    (repository / "docs").mkdir(parents=True)
    (repository / ".git").mkdir()
    (tmp_path / "secret.md").write_text("the secret")
    (repository / "docs/link.md").symlink_to(tmp_path / "secret.md")
    (repository / "docs/style.md").write_text("Short sentences.\n@more.md\n@../CLAUDE.md")
    (repository / "docs/more.md").write_text("No jargon.")
    lines = ["# Rules", "See @docs/style.md and ask @somebody.", "`@docs/more.md`", "@docs/link.md", "@../secret.md"]
    lines += ["@missing.md", "```", "@docs/more.md", "```", f"@{tmp_path}/secret.md"]
    (repository / "CLAUDE.md").write_text("\n".join(lines))
    found, _ = find_instructions(repository, None)
    assert found is not None
    assert (
        '<imported file="docs/style.md">\nShort sentences.\n@more.md\n<imported file="docs/more.md">\nNo' in found.text
    )
    assert found.text.count("No jargon.") == 1
    assert "the secret" not in found.text
    told = "\n".join(found.warnings)
    assert told.count("it is outside of") == 3
    assert "imports ../CLAUDE.md, and that is not followed: it imports itself" in told
    assert "imports missing.md, which is not there" in told
    assert "somebody" not in told
    before = found.digest
    (repository / "docs/more.md").write_text("Other words.")
    again, _ = find_instructions(repository, None)
    assert again is not None
    assert again.digest != before, "what is imported is part of what is agreed to"
    (repository / "AGENTS.md").write_text("@docs/style.md")
    plain, _ = find_instructions(repository, None)
    assert plain is not None
    assert plain.text == "@docs/style.md"


def test_imports_end_at_a_depth_and_a_size(tmp_path: Path) -> None:
    work = workspace_in(tmp_path)
    for n in range(8):
        (work / f"{n}.md").write_text(f"level {n}\n@{n + 1}.md")
    (work / "8.md").write_text("the deepest")
    (work / "CLAUDE.md").write_text("@0.md")
    found, _ = find_instructions(work, None)
    assert found is not None
    assert "level 4" in found.text
    assert "level 5" not in found.text
    assert "more than 5 files deep" in found.warnings[0]
    (work / "0.md").write_text("x" * LONGEST_CHARS)
    found, _ = find_instructions(work, None)
    assert found is not None
    assert len(found.text) < LONGEST_CHARS + 100
