"""Sessions of Claude Code: the branch of the last message, whole, however the file came to look."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loom.context.pairs import MISSING, is_valid
from loom.errors import InterchangeError
from loom.interchange.claude_code import read_claude_code
from loom.interchange.imported import ImportedSession
from loom.types.content import DocumentBlock, ImageBlock, TextBlock, ThinkingBlock
from loom.types.messages import Message

PICTURE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}


class Written:
    """Writes records as Claude Code does: each on the one before, a second apart."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.last: str | None = None

    def add(self, kind: str, own_id: str, message: Any = None, **fields: Any) -> None:
        record = {
            "parentUuid": self.last,
            "isSidechain": False,
            "sessionId": "session-1",
            "cwd": "/home/ada/project",
            "type": kind,
            "uuid": own_id,
            "timestamp": f"2026-05-01T12:00:{len(self.lines):02}.000Z",
            **({"message": message} if message is not None else {}),
            **fields,
        }
        self.lines.append(json.dumps(record))
        if not record["isSidechain"]:
            self.last = own_id

    def user(self, own_id: str, content: Any, **fields: Any) -> None:
        self.add("user", own_id, {"role": "user", "content": content}, **fields)

    def assistant(self, own_id: str, *content: Any, answer: str = "", **fields: Any) -> None:
        message = {"id": answer or f"msg_{own_id}", "role": "assistant", "model": "claude-x", "content": list(content)}
        self.add("assistant", own_id, message, **fields)

    def raw(self, line: str) -> None:
        self.lines.append(line)

    def read(self, folder: Path, end: str = "\n") -> ImportedSession:
        path = folder / "session.jsonl"
        path.write_text("\n".join(self.lines) + end, encoding="utf-8")
        session = read_claude_code(path)
        assert is_valid([message for _, message in session.messages])
        return session


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def call(call_id: str, **arguments: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": call_id, "name": "Bash", "input": arguments}


def result(call_id: str, content: Any, **fields: Any) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": call_id, "content": content, **fields}


def told(session: ImportedSession) -> list[tuple[str, str]]:
    return [(message.role, message.text) for _, message in session.messages]


@pytest.fixture
def written() -> Written:
    return Written()


def test_a_conversation_keeps_its_words_thoughts_calls_results_and_times(written: Written, tmp_path: Path) -> None:
    written.user("u1", "Fix the parser\nplease")
    written.assistant("a1", {"type": "thinking", "thinking": "Look first.", "signature": "secret"}, answer="m1")
    written.assistant("a2", text("I look."), answer="m1")
    written.assistant("a3", call("toolu_1", command="ls"), answer="m1")
    written.user("r1", [result("toolu_1", "a.py", is_error=True)])
    written.assistant("a4", text("Done."))
    session = written.read(tmp_path)
    assert [message for _, message in session.messages] == [
        Message("user", "Fix the parser\nplease"),
        Message(
            "assistant",
            [ThinkingBlock(text="Look first."), TextBlock(text="I look.")],
            session.messages[1][1].tool_calls,
        ),
        Message("tool", "a.py", [], "toolu_1", "Bash", is_error=True),
        Message("assistant", "Done."),
    ]
    assert [(c.id, c.name, c.arguments) for c in session.messages[1][1].tool_calls] == [
        ("toolu_1", "Bash", {"command": "ls"})
    ]
    assert (session.source, session.id, session.workspace) == ("claude-code", "session-1", "/home/ada/project")
    assert (session.title, session.model) == ("Fix the parser", "claude-x")
    assert session.created_at == 1777636800.0
    assert [at - session.created_at for at, _ in session.messages] == [0, 1, 4, 5]
    assert session.skipped == ()


def test_calls_made_side_by_side_keep_all_their_results_though_no_single_path_has_them(
    written: Written, tmp_path: Path
) -> None:
    written.user("u1", "go")
    written.assistant("a1", call("t1"), answer="m1")
    written.assistant("a2", call("t2"), answer="m1")
    written.user("r2", [result("t2", "two")])
    written.last = "a1"
    written.user("r1", [result("t1", [text("one"), PICTURE])])
    written.assistant("a3", text("both"))
    session = written.read(tmp_path)
    assert [(m.role, m.tool_call_id) for _, m in session.messages] == [
        ("user", None),
        ("assistant", None),
        ("tool", "t1"),
        ("tool", "t2"),
        ("assistant", None),
    ]
    assert session.messages[3][1].content == "two"
    first = session.messages[2][1].content
    assert first[0] == TextBlock(text="one")
    assert isinstance(first[1], ImageBlock)
    assert session.skipped == ()


def test_the_branch_of_the_last_message_is_taken_and_others_are_counted(written: Written, tmp_path: Path) -> None:
    written.user("u1", "first try")
    written.assistant("a1", text("wrong way"))
    written.last = None
    written.user("u2", "second try")
    written.assistant("a2", text("right way"))
    session = written.read(tmp_path)
    assert told(session) == [("user", "second try"), ("assistant", "right way")]
    assert session.skipped == ("2 messages are on branches that were left (lines 1, 2)",)


def test_damaged_lines_are_counted_and_the_rest_is_read(written: Written, tmp_path: Path) -> None:
    written.user("u1", "hello")
    written.raw('{"torn": ')
    written.raw("[1, 2]")
    written.raw("")
    written.assistant("a1", text("hi"))
    written.raw("[" * 100_000)
    session = written.read(tmp_path, end='\n{"type":"user","uuid":"u9","mess')
    assert told(session) == [("user", "hello"), ("assistant", "hi")]
    assert session.skipped == ("4 lines could not be read as JSON (lines 2, 3, 6, 7)",)


def test_a_parent_that_is_not_in_the_file_is_bridged(written: Written, tmp_path: Path) -> None:
    written.user("u1", "hello")
    written.assistant("a1", text("hi"), parentUuid="nowhere")
    assert told(written.read(tmp_path)) == [("user", "hello"), ("assistant", "hi")]
    assert written.read(tmp_path).skipped == (
        "1 message names a parent that is not in the file; what stands before it was taken (line 2)",
    )


def test_a_circle_of_parents_ends(written: Written, tmp_path: Path) -> None:
    written.user("u1", "hello", parentUuid="a1")
    written.assistant("a1", text("hi"))
    session = written.read(tmp_path)
    assert told(session) == [("user", "hello"), ("assistant", "hi")]
    assert "its own ancestor" in session.skipped[0]


def test_a_record_that_stands_twice_counts_once(written: Written, tmp_path: Path) -> None:
    written.user("u1", "hello")
    written.assistant("a1", text("hi"))
    written.raw(written.lines[0])
    session = written.read(tmp_path)
    assert told(session) == [("user", "hello"), ("assistant", "hi")]
    assert session.skipped == ("1 record has an id that stands in the file before (line 3)",)


def test_what_is_no_part_of_the_conversation_is_left_out_and_counted(written: Written, tmp_path: Path) -> None:
    written.raw('{"type":"file-history-snapshot","messageId":"x"}')
    written.user("c1", "<command-name>/clear</command-name>")
    written.user("m1", "Caveat", isMeta=True)
    written.user("u1", [text("hello"), text("<system-reminder>be kind</system-reminder>")])
    written.user("s1", "prompt of a sub-agent", isSidechain=True)
    written.add("progress", "p1")
    written.add("telepathy", "p2")
    written.assistant("a1", text("hi"), {"type": "redacted_thinking", "data": "x"}, {"type": "hologram"})
    written.add("assistant", "e1", {"model": "<synthetic>", "content": [text("API Error")]}, isApiErrorMessage=True)
    session = written.read(tmp_path)
    assert told(session) == [("user", "hello"), ("assistant", "hi")]
    assert session.skipped == (
        "1 message of a sub-agent was left out (line 5)",
        "3 messages were written by the program itself (lines 2, 3, 4)",
        "1 piece of thinking is encrypted (line 8)",
        "1 piece of a message is of a kind that is not kept (line 8)",
        "1 message reports an error of the program (line 9)",
        "3 records hold no messages (file-history-snapshot 1, progress 1, telepathy 1)",
    )


def test_a_compacted_session_is_read_in_full_where_the_file_has_it(written: Written, tmp_path: Path) -> None:
    written.user("u1", "long ago")
    written.assistant("a1", text("indeed"))
    written.add("system", "b1", parentUuid=None, logicalParentUuid="a1", subtype="compact_boundary")
    written.user("s1", "This session is being continued", isCompactSummary=True)
    written.assistant("a2", text("on we go"))
    session = written.read(tmp_path)
    assert told(session) == [("user", "long ago"), ("assistant", "indeed"), ("assistant", "on we go")]
    assert session.skipped == (
        "1 summary of what is there in full was left out (line 4)",
        "1 record holds no messages (system 1)",
    )


def test_a_compacted_session_keeps_its_summary_where_the_rest_is_elsewhere(written: Written, tmp_path: Path) -> None:
    written.add("system", "b1", parentUuid=None, logicalParentUuid="gone", subtype="compact_boundary")
    written.user("s1", "This session is being continued", isCompactSummary=True)
    written.assistant("a2", text("on we go"))
    assert told(written.read(tmp_path)) == [("user", "This session is being continued"), ("assistant", "on we go")]


def test_a_remark_made_while_the_model_worked_is_kept(written: Written, tmp_path: Path) -> None:
    written.user("u1", "go")
    written.assistant("a1", call("t1"))
    written.user("r1", [result("t1", "ok")])
    written.add("attachment", "q1", attachment={"type": "queued_command", "prompt": "hurry", "commandMode": "prompt"})
    written.assistant("a2", text("yes"))
    assert told(written.read(tmp_path))[-2:] == [("user", "hurry"), ("assistant", "yes")]


def test_a_call_without_a_result_and_a_result_without_a_call(written: Written, tmp_path: Path) -> None:
    written.user("u1", "go")
    written.user("r0", [result("unknown", "?")])
    written.assistant("a1", call("weird id!"), call("weird id!"))
    session = written.read(tmp_path)
    assert session.messages[-1][1].text == MISSING
    assert session.messages[-1][1].is_error
    assert session.messages[-1][1].tool_call_id == "imported_1"
    assert session.skipped == (
        "1 tool call has no result in the file (line 3)",
        "1 tool result belongs to no call that was kept",
    )


def test_pictures_and_documents_of_a_person_are_kept(written: Written, tmp_path: Path) -> None:
    paper = {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERg=="}}
    drawing = {"type": "image", "source": {"type": "base64", "media_type": "image/svg+xml", "data": "PHN2Zz4="}}
    written.user("u1", [text("see"), PICTURE, paper, drawing])
    session = written.read(tmp_path)
    kinds = [type(block) for block in session.messages[0][1].content]
    assert kinds == [TextBlock, ImageBlock, DocumentBlock]
    assert session.skipped == ("1 picture is of a kind that is not kept (line 1)",)


@pytest.mark.parametrize(
    ("records", "title"),
    [
        ([{"type": "summary", "summary": "Of a branch", "leafUuid": "a1"}], "Of a branch"),
        (
            [
                {"type": "summary", "summary": "Mine", "leafUuid": "a1"},
                {"type": "summary", "summary": "Another's", "leafUuid": "z"},
            ],
            "Mine",
        ),
        (
            [{"type": "custom-title", "customTitle": "By hand"}, {"type": "ai-title", "aiTitle": "By the model"}],
            "By hand",
        ),
        ([], "hello"),
    ],
)
def test_the_title(written: Written, tmp_path: Path, records: list[Any], title: str) -> None:
    written.user("u1", "hello")
    written.assistant("a1", text("hi"))
    for record in records:
        written.raw(json.dumps(record))
    assert written.read(tmp_path).title == title


def test_half_characters_do_not_get_in(written: Written, tmp_path: Path) -> None:
    written.user("u1", "half \ud83d and whole \U0001f600")
    assert told(written.read(tmp_path)) == [("user", "half \ufffd and whole \U0001f600")]


def test_a_file_of_sub_agents_alone_is_refused_with_a_sentence(written: Written, tmp_path: Path) -> None:
    written.user("s1", "prompt", isSidechain=True)
    with pytest.raises(InterchangeError, match="holds no messages of a Claude Code session"):
        written.read(tmp_path)


ANY = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.sampled_from(["a", "b", "text", "user"])
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=5,
)
BLOCK = st.fixed_dictionaries(
    {"type": st.sampled_from(["text", "thinking", "image", "tool_use", "tool_result", "document"])},
    optional=dict.fromkeys(("text", "thinking", "source", "id", "name", "input", "content"), ANY)
    | {"tool_use_id": st.sampled_from(["a", "b"]), "id": st.sampled_from(["a", "b"])},
)
RECORD = st.fixed_dictionaries(
    {"type": st.sampled_from(["user", "assistant", "system", "attachment", "summary"])},
    optional={
        "uuid": st.sampled_from("abcde"),
        "parentUuid": st.one_of(st.sampled_from("abcdef"), ANY),
        "timestamp": ANY,
        "attachment": ANY,
        "isMeta": ANY,
        "message": st.one_of(ANY, st.fixed_dictionaries({"content": st.one_of(ANY, st.lists(BLOCK, max_size=3))})),
    },
)


@settings(max_examples=300)
@given(records=st.lists(RECORD, max_size=8))
def test_whatever_the_records_hold_the_history_is_valid(
    records: list[Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "any-claude.jsonl"
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    try:
        session = read_claude_code(path)
    except InterchangeError:
        return
    assert is_valid([message for _, message in session.messages])
    json.dumps([message.text for _, message in session.messages], ensure_ascii=False).encode()
