"""Sessions of Codex, in both of its formats."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loom.context.pairs import MISSING, is_valid
from loom.errors import InterchangeError
from loom.interchange.codex import read_codex
from loom.interchange.imported import ImportedSession
from loom.types.content import ImageBlock, TextBlock, ThinkingBlock

META = {"id": "s-1", "timestamp": "2026-05-01T12:00:00Z", "cwd": "/work/project", "cli_version": "0.46.0"}


def message(role: str, *texts: str) -> dict[str, Any]:
    kind = "output_text" if role == "assistant" else "input_text"
    return {"type": "message", "role": role, "content": [{"type": kind, "text": text} for text in texts]}


def call(call_id: str, arguments: str = "{}", name: str = "shell") -> dict[str, Any]:
    return {"type": "function_call", "name": name, "call_id": call_id, "arguments": arguments}


def output(call_id: str, told: Any) -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": call_id, "output": told}


def thought(*texts: str) -> dict[str, Any]:
    summary = [{"type": "summary_text", "text": text} for text in texts]
    return {"type": "reasoning", "summary": summary, "content": None, "encrypted_content": "gAAAA"}


def wrapped(*items: dict[str, Any], kind: str = "response_item") -> list[dict[str, Any]]:
    return [
        {"timestamp": f"2026-05-01T12:00:{second:02}Z", "type": kind, "payload": item}
        for second, item in enumerate(items, start=1)
    ]


def event(**fields: Any) -> dict[str, Any]:
    return {"timestamp": "2026-05-01T12:00:30Z", "type": "event_msg", "payload": fields}


def read(folder: Path, *records: Any) -> ImportedSession:
    path = folder / "rollout.jsonl"
    path.write_text("\n".join(r if isinstance(r, str) else json.dumps(r) for r in records) + "\n", encoding="utf-8")
    session = read_codex(path)
    assert is_valid([message for _, message in session.messages])
    return session


def told(session: ImportedSession) -> list[tuple[str, str]]:
    return [(message.role, message.text) for _, message in session.messages]


def test_a_session_in_the_newer_format(tmp_path: Path) -> None:
    session = read(
        tmp_path,
        {"timestamp": "2026-05-01T12:00:00Z", "type": "session_meta", "payload": META},
        {"timestamp": "2026-05-01T12:00:00Z", "type": "turn_context", "payload": {"cwd": "/x", "model": "gpt-x"}},
        event(type="user_message", message="List the files"),
        *wrapped(
            message("developer", "<permissions instructions>"),
            message("user", "<environment_context>\n<cwd>/elsewhere</cwd></environment_context>"),
            message("user", "List the files\nplease"),
            thought("**Looking**", "around"),
            thought(),
            call("c1", '{"command": ["ls"]}'),
            call("c2", "{broken"),
            output("c2", "could not be parsed"),
            output("c1", json.dumps({"output": "a.py\n", "metadata": {"exit_code": 1, "duration_seconds": 0.1}})),
            message("assistant", "There is a.py."),
        ),
    )
    messages = [message for _, message in session.messages]
    assert (session.source, session.id, session.workspace, session.model) == ("codex", "s-1", "/work/project", "gpt-x")
    assert (session.title, session.created_at) == ("List the files", 1777636800.0)
    assert [message.role for message in messages] == ["user", "assistant", "tool", "tool", "assistant"]
    assert messages[1].content == [ThinkingBlock(text="**Looking**\n\naround")]
    assert [(c.name, c.arguments, c.malformed) for c in messages[1].tool_calls] == [
        ("shell", {"command": ["ls"]}, ""),
        ("shell", {}, "{broken"),
    ]
    assert [(m.tool_call_id, m.text, m.is_error) for m in messages[2:4]] == [
        ("c1", "a.py\n", True),
        ("c2", "could not be parsed", False),
    ]
    assert session.messages[0][0] == session.created_at + 3
    assert session.skipped == (
        "2 messages with instructions or the environment were left out (lines 4, 5)",
        "1 piece of reasoning is encrypted (line 8)",
        "1 record holds no messages (event_msg 1)",
    )


def test_a_session_in_the_older_format(tmp_path: Path) -> None:
    session = read(
        tmp_path,
        {"id": "s-0", "timestamp": "2025-08-01T10:00:00.000Z", "instructions": None, "git": {}},
        {"record_type": "state"},
        message("user", "<environment_context>\nCurrent working directory: /work/old\n</environment_context>"),
        message("user", "hello"),
        {
            "type": "local_shell_call",
            "call_id": "c1",
            "status": "completed",
            "action": {"type": "exec", "command": ["ls"]},
        },
        output("c1", "ok"),
        message("assistant", "hi"),
    )
    assert (session.id, session.workspace, session.title) == ("s-0", "/work/old", "hello")
    assert told(session) == [("user", "hello"), ("assistant", ""), ("tool", "ok"), ("assistant", "hi")]
    assert session.messages[1][1].tool_calls[0].arguments == {"command": ["ls"]}
    assert {at for at, _ in session.messages} == {session.created_at}
    assert session.skipped[-1] == "1 record holds no messages (state 1)"


def test_a_custom_call_keeps_its_text_and_its_output_in_parts(tmp_path: Path) -> None:
    picture = "data:image/png;base64,iVBORw0KGgo="
    session = read(
        tmp_path,
        *wrapped(
            message("user", "patch it"),
            {"type": "custom_tool_call", "call_id": "c1", "name": "apply_patch", "input": "*** Begin Patch"},
            {
                "type": "custom_tool_call_output",
                "call_id": "c1",
                "output": [{"type": "input_text", "text": "Done"}, {"type": "input_image", "image_url": picture}],
            },
        ),
    )
    assert session.messages[1][1].tool_calls[0].arguments == {"input": "*** Begin Patch"}
    assert session.messages[2][1].content == [
        TextBlock(text="Done"),
        ImageBlock(source={"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}),
    ]


def test_an_answer_that_comes_late_still_stands_with_its_call(tmp_path: Path) -> None:
    session = read(
        tmp_path,
        *wrapped(
            message("user", "go"),
            call("c1"),
            call("c2"),
            output("c2", "two"),
            message("assistant", "meanwhile"),
            output("c1", "one"),
        ),
    )
    assert told(session)[1:] == [("assistant", ""), ("tool", "one"), ("tool", "two"), ("assistant", "meanwhile")]


def test_turns_that_were_rolled_back_are_gone(tmp_path: Path) -> None:
    session = read(
        tmp_path,
        *wrapped(message("user", "a"), message("assistant", "b"), message("user", "c"), message("assistant", "d")),
        event(type="thread_rolled_back", num_turns=1),
        *wrapped(message("user", "e")),
    )
    assert told(session) == [("user", "a"), ("assistant", "b"), ("user", "e")]
    assert session.skipped == ("2 items were taken back in the session (lines 3, 4)",)


def test_a_summary_is_kept_only_where_what_it_sums_up_is_not_there(tmp_path: Path) -> None:
    compacted = {"type": "compacted", "payload": {"message": "We did things."}}
    assert told(read(tmp_path, compacted, *wrapped(message("assistant", "on")))) == [
        ("user", "We did things."),
        ("assistant", "on"),
    ]
    session = read(tmp_path, *wrapped(message("user", "a")), compacted)
    assert told(session) == [("user", "a")]
    assert session.skipped == ("1 summary of what is there in full was left out (line 2)",)


def test_what_the_program_put_beside_a_persons_words_is_left_out(tmp_path: Path) -> None:
    item = message("user", "notes of the project", "my question")
    item["internal_chat_message_metadata_passthrough"] = {"content_item_kinds": ["agents_md.instructions", "user.text"]}
    assert told(read(tmp_path, *wrapped(item))) == [("user", "my question")]


def test_torn_lines_missing_results_and_unknown_records(tmp_path: Path) -> None:
    session = read(
        tmp_path,
        '{"timestamp": "2026',
        *wrapped(message("user", "go"), call("c1"), {"type": "web_search_call"}, output("nobody", "?")),
        {"type": "token_usage_record", "payload": {}},
        event(type="thread_name_updated", thread_name="A better name"),
        '{"type": "response_item", "payload": {"type": "mess',
    )
    assert told(session) == [("user", "go"), ("assistant", ""), ("tool", MISSING)]
    assert session.title == "A better name"
    assert session.skipped == (
        "2 lines could not be read as JSON (lines 1, 8)",
        "1 tool call has no result in the file (line 3)",
        "1 tool result belongs to no call that was kept",
        "2 records hold no messages (token_usage_record 1, web_search_call 1)",
    )


def test_a_file_without_messages_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InterchangeError, match="holds no messages of a Codex session"):
        read(tmp_path, {"type": "session_meta", "payload": META})


ANY = st.recursive(
    st.one_of(st.none(), st.integers(), st.text(max_size=5), st.sampled_from(['{"output": 1}', "a", "user"])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=5,
)
KINDS = ["message", "reasoning", "function_call", "function_call_output", "custom_tool_call", "local_shell_call", "x"]
ITEM = st.fixed_dictionaries(
    {"type": st.sampled_from(KINDS)},
    optional=dict.fromkeys(("content", "summary", "arguments", "input", "action", "output", "name"), ANY)
    | {"call_id": st.sampled_from("ab"), "role": st.sampled_from(["user", "assistant", "developer"])},
)
RECORD = st.one_of(
    ITEM,
    st.fixed_dictionaries(
        {"type": st.sampled_from(["response_item", "event_msg", "compacted", "session_meta", "turn_context"])},
        optional={"timestamp": ANY, "payload": st.one_of(ITEM, ANY)},
    ),
    st.dictionaries(st.text(max_size=4), ANY, max_size=3),
)


@settings(max_examples=300)
@given(records=st.lists(RECORD, max_size=8))
def test_whatever_the_records_hold_the_history_is_valid(
    records: list[Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "any-codex.jsonl"
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    try:
        session = read_codex(path)
    except InterchangeError:
        return
    assert is_valid([message for _, message in session.messages])
