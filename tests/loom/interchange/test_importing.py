"""Which program wrote a file is told by what it holds."""

import json
from pathlib import Path
from typing import Any

import pytest

from loom.errors import InterchangeError, LoomError
from loom.interchange.importing import read_foreign

CLAUDE = {"type": "user", "uuid": "u1", "parentUuid": None, "sessionId": "s", "message": {"content": "hello"}}
ITEM = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]}


@pytest.mark.parametrize(
    ("records", "source"),
    [
        ([CLAUDE], "claude-code"),
        ([{"type": "summary", "summary": "A talk", "leafUuid": "u1"}, CLAUDE], "claude-code"),
        ([{"type": "file-history-snapshot", "messageId": "m", "snapshot": {}}, CLAUDE], "claude-code"),
        ([{"type": "session_meta", "payload": {"id": "s"}}, {"type": "response_item", "payload": ITEM}], "codex"),
        ([{"id": "s", "timestamp": "2025-08-01T10:00:00Z", "instructions": None}, ITEM], "codex"),
        ([{"type": ["odd"]}, {"record_type": "state"}, ITEM], "codex"),
    ],
)
def test_the_format_is_recognised_whatever_the_name_and_the_first_line(
    tmp_path: Path, records: list[Any], source: str
) -> None:
    path = tmp_path / "download"
    path.write_text("{torn\n" + "\n".join(map(json.dumps, records)))
    session = read_foreign(path)
    assert session.source == source
    assert [message.text for _, message in session.messages] == ["hello"]
    assert "1 line could not be read as JSON (line 1)" in session.skipped


@pytest.mark.parametrize("content", ["", "{}", '{"type": "user"}', "[1]", "# Notes\n", "\0\1\2" * 1000, "null\n" * 99])
def test_another_file_is_refused_with_what_is_understood(tmp_path: Path, content: str) -> None:
    path = tmp_path / "notes.jsonl"
    path.write_text(content)
    with pytest.raises(InterchangeError) as caught:
        read_foreign(path)
    assert isinstance(caught.value, LoomError)
    assert str(path) in str(caught.value)
    assert "Claude Code" in str(caught.value)
    assert "Codex" in str(caught.value)


def test_what_is_no_file_is_refused_with_a_sentence(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.jsonl"):
        with pytest.raises(InterchangeError, match="is not a file"):
            read_foreign(path)
