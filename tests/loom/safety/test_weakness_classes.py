"""The published classes of weaknesses of programs like this one, each with the tests that hold it shut here.

The numbers are those of the survey that the gate was built by.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from loom import AgentConfig, ModelRef, create_agent

ROOT = Path(__file__).parents[3]
READS_YAML = "loom/ecosystem/front_matter.py"

HELD_BY = {
    "1 substitution and chaining": (
        "loom/safety/test_commands.py",
        "test_what_is_not_fully_explained_is_unclear_and_never_allowed",
    ),
    "2 line breaks": (
        "loom/safety/test_command_attacks.py",
        "test_no_way_of_writing_it_hides_a_command",
    ),
    "3 flags that run programs": (
        "loom/safety/test_command_attacks.py",
        "test_no_pattern_allows_what_it_does_not_show",
    ),
    "4 wrappers": (
        "loom/safety/test_commands.py",
        "test_a_denying_rule_sees_through_spellings_and_wrappers",
    ),
    "5 reach of what is safe": (
        "loom/safety/test_weakness_classes.py",
        "test_nothing_that_reaches_the_network_or_a_shell_runs_unasked",
    ),
    "6 paths by their beginning": (
        "loom/tools/builtin/test_workspace_tools.py",
        "test_no_spelling_of_a_path_escapes",
    ),
    "7 links": (
        "loom/safety/test_paths_race.py",
        "test_a_link_in_the_last_place_is_not_written_through",
    ),
    "8 check and use": (
        "loom/safety/test_paths_race.py",
        "test_nothing_outside_is_ever_read",
    ),
    "9 spellings": (
        "loom/safety/test_matching.py",
        "test_a_forbidden_path_is_found_however_it_is_written",
    ),
    "10 the folder is no argument": (
        "loom/safety/test_weakness_classes.py",
        "test_no_tool_takes_the_folder_that_bounds_it",
    ),
    "11 folders that configure": (
        "loom/tools/test_approvals.py",
        "test_a_workspace_only_tightens_until_it_is_trusted_as_it_is",
    ),
    "12 own settings": (
        "loom/tools/test_approvals.py",
        "test_a_protected_path_asks_in_every_mode_whatever_allows_it",
    ),
    "12 own settings through a server": (
        "loom/ecosystem/mcp/test_bridge_and_prompts.py",
        "test_a_protected_path_is_asked_about_also_where_a_server_would_write_it",
    ),
    "13 a server swapped after it was agreed to": (
        "loom/ecosystem/mcp/test_consent.py",
        "test_a_server_runs_once_it_was_agreed_to_and_is_asked_about_again_when_its_start_changes",
    ),
    "13 a server's program that is another": (
        "loom/ecosystem/mcp/test_consent.py",
        "test_a_program_of_the_workspace_that_changed_is_asked_about_again",
    ),
    "14 tools that change": (
        "loom/ecosystem/mcp/test_consent.py",
        "test_a_tool_that_becomes_another_is_suspended_until_it_was_agreed_to_again",
    ),
    "14 what a server says of itself": (
        "loom/ecosystem/mcp/test_consent.py",
        "test_what_a_server_says_of_its_tools_relaxes_nothing",
    ),
    "14 grants for tools that change": (
        "loom/tools/test_approvals.py",
        "test_a_grant_ends_with_its_time_and_with_the_tool_that_it_was_for",
    ),
    "15 all is shown": (
        "studio/panels/test_approval_card.py",
        "test_a_long_call_is_allowed_only_after_it_was_unfolded",
    ),
    "16 markup and control characters": (
        "studio/widgets/test_transcript_view.py",
        "test_what_a_tool_gave_is_plain_text_with_nothing_hidden",
    ),
    "17 races in a dialog": (
        "studio/panels/test_approval_card.py",
        "test_nothing_is_allowed_in_the_first_half_second",
    ),
    "18 the world moves on": (
        "loom/tools/test_gate.py",
        "test_a_policy_that_tightens_while_the_person_thinks_wins",
    ),
    "19 types": (
        "loom/tools/test_gate.py",
        "test_arguments_that_do_not_fit_never_run",
    ),
    "20 two readers": (
        "loom/tools/test_strict_json.py",
        "test_what_two_readers_could_read_differently_or_never_end_is_refused_at_once",
    ),
    "21 pictures that tell": (
        "studio/widgets/test_transcript_view.py",
        "test_html_is_text_and_pictures_are_addresses",
    ),
    "22 hooks that fail": (
        "loom/tools/test_hooks.py",
        "test_a_hook_that_fails_or_hangs_is_a_no",
    ),
    "23 grants that last": (
        "loom/tools/test_approvals.py",
        "test_a_grant_for_the_session_answers_the_same_call_and_only_in_that_session",
    ),
    "24 sub-agents": (
        "loom/tools/test_sub_agents.py",
        "test_what_the_parent_may_not_do_its_sub_agent_may_not",
    ),
    "25 pickled state": (
        "loom/safety/test_weakness_classes.py",
        "test_nothing_is_read_that_can_run_when_it_is_read",
    ),
    "26 local services": (
        "loom/heartbeat/test_webhook.py",
        "test_what_is_refused",
    ),
    "26 an agent that is served": (
        "loom/cli/test_mcp_cli.py",
        "test_over_http_an_agent_answers_who_has_the_token_and_no_page_of_a_browser",
    ),
    "27 rates": (
        "loom/tools/test_gate.py",
        "test_calls_made_at_once_cannot_share_a_slot",
    ),
}


@pytest.mark.parametrize("weakness", HELD_BY)
def test_each_has_a_test(weakness: str) -> None:
    path, name = HELD_BY[weakness]
    tree = ast.parse((ROOT / "tests" / path).read_text(encoding="utf-8"))
    assert name in {each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)}


def tools_of(workspace: Path) -> dict[str, tuple[bool, set[str]]]:
    """Every built-in tool: whether it needs permission, and the names of its arguments."""
    config = AgentConfig(ModelRef.scripted([]), capabilities=["files", "search", "edit", "shell", "web"])
    made = create_agent(config, workspace=workspace).tools
    return {tool.name: (tool.requires_permission, set(tool.to_input_schema()["properties"])) for tool in made}


def test_nothing_that_reaches_the_network_or_a_shell_runs_unasked(tmp_path: Path) -> None:
    tools = tools_of(tmp_path)
    assert {"fetch_url", "run_command", "write_file", "edit_file"} <= tools.keys()
    unasked = {name for name, (asks, _) in tools.items() if not asks}
    assert unasked == {"read_file", "list_files", "glob", "grep", "read_artifact"}


def test_no_tool_takes_the_folder_that_bounds_it(tmp_path: Path) -> None:
    for name, (_, arguments) in tools_of(tmp_path).items():
        assert not arguments & {"cwd", "workdir", "working_directory", "root", "workspace"}, name


def imported(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {each.name.partition(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_nothing_is_read_that_can_run_when_it_is_read() -> None:
    files = [*(ROOT / "loom").rglob("*.py"), *(ROOT / "loom_studio").rglob("*.py")]
    assert len(files) > 100
    runs = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "yaml"}
    assert {str(file.relative_to(ROOT)) for file in files if imported(file) & runs} == {READS_YAML}
    tree = ast.parse((ROOT / READS_YAML).read_text(encoding="utf-8"))
    used = {each.attr for each in ast.walk(tree) if isinstance(each, ast.Attribute)}
    assert not used & {"load", "load_all", "safe_load", "unsafe_load", "full_load", "construct_document"}


def test_few_places_listen_on_a_port() -> None:
    """A webhook with a token; a sign-in for as long as somebody signs in; an agent that is served, with a token."""
    files = [*(ROOT / "loom").rglob("*.py"), *(ROOT / "loom_studio").rglob("*.py")]
    listens = (
        "start_server(",
        ".create_server(",
        "HTTPServer(",
        "QTcpServer",
        "QLocalServer",
        "start_unix_server(",
        "uvicorn",
    )
    found = [file for file in files if any(each in file.read_text(encoding="utf-8") for each in listens)]
    assert sorted(str(file.relative_to(ROOT)) for file in found) == [
        "loom/ecosystem/mcp/oauth.py",
        "loom/ecosystem/mcp/serving.py",
        "loom/heartbeat/webhook.py",
    ]
