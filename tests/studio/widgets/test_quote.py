"""A refusal's row shows what the rule is about, and marks it."""

from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QApplication

from loom.types.events import RunEvent
from loom_studio.theme import current
from loom_studio.transcript_row import Quote
from loom_studio.viewmodels.transcript import rows_of
from loom_studio.widgets.block_document import BlockDocument
from loom_studio.widgets.highlight import Highlighter
from loom_studio.widgets.row_blocks import blocks_of

CALL = {"call_id": "c", "tool": "deploy"}


def test_a_veto_row_quotes_and_marks_what_matched(qapp: QApplication) -> None:
    text = "\U0001f600 to \u200bprod now"
    match = {"argument": "target", "text": text, "start": 5, "end": 10}
    refused = {**CALL, "kind": "veto", "rule": "r", "reason": "no", "message": "vetoed", "match": match}
    asked = {**CALL, "arguments": {}, "step": 1, "malformed": ""}
    row = rows_of([RunEvent(type="tool.requested", payload=asked), RunEvent(type="tool.vetoed", payload=refused)])[0]
    assert row.quote == Quote("target", text, 5, 10)
    assert "matched: \u200bprod" in row.plain
    block = blocks_of(row)[-1]
    document = BlockDocument(block, row.kind, 500, Highlighter())
    marked = ""
    for at in range(document.length):
        cursor = document.cursor(at, at + 1)
        if cursor.charFormat().fontUnderline():
            assert cursor.charFormat().background().color().name() == current().removed
            marked += cursor.selectedText()
    assert marked == "\\u200bprod"
    whole = QTextCursor(document.document)
    whole.select(QTextCursor.SelectionType.Document)
    assert whole.selectedText() == "target: \U0001f600 to \\u200bprod now"
