"""Documents that are no text: PDF, Word and so on, by markitdown where it is installed."""

import json
import os
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from loom.config.knowledge import KnowledgeSource
from loom.knowledge import update
from loom.knowledge.index import Index
from loom.knowledge.reading import Reading, read_file
from loom.knowledge.update import ENDED
from tests.support.knowledge import answer, knowing, write_files

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj\n"
    b"4 0 obj<</Length 58>>stream\nBT /F1 18 Tf 20 100 Td (Zebras need an approval) Tj ET     \nendstream endobj\n"
    b"5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\ntrailer<</Root 1 0 R>>\n"
)
WORD = (
    '<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
    "<w:p><w:r><w:t>Giraffes eat from trees.</w:t></w:r></w:p></w:body></w:document>"
)


def write_word(file: Path) -> None:
    types = (
        '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml'
        '.document.main+xml"/>'
        "</Types>"
    )
    links = (
        '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"'
        ' Target="word/document.xml"/></Relationships>'
    )
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("[Content_Types].xml", types)
        made.writestr("_rels/.rels", links)
        made.writestr("word/document.xml", WORD)


async def test_pdf_and_word_files_are_found_by_their_words(tmp_path: Path) -> None:
    pytest.importorskip("markitdown")
    (tmp_path / "a.pdf").write_bytes(PDF)
    write_word(tmp_path / "b.docx")
    (tmp_path / "cut.pdf").write_bytes(PDF[:80])
    (tmp_path / "cut.docx").write_bytes((tmp_path / "b.docx").read_bytes()[:200])
    async with knowing(KnowledgeSource.folder("docs", "."), workspace=tmp_path) as base:
        assert [item.uri for item in (await answer(base, "zebras")).items] == ["a.pdf"]
        assert [item.uri for item in (await answer(base, "giraffes")).items] == ["b.docx"]
        problems = {each.key: each.problem for each in await base.problems("docs")}
        assert set(problems) == {"cut.pdf", "cut.docx"}
        assert "can't be read as DOCX" in problems["cut.docx"]
        assert (await base.update("docs")).read <= 4


def test_what_is_no_document_is_not_read_as_text_and_what_unpacks_without_end_is_not_unpacked(tmp_path: Path) -> None:
    pytest.importorskip("markitdown")
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.4 broken")
    with zipfile.ZipFile(tmp_path / "b.docx", "w") as packed:
        packed.writestr("notes.txt", "no Word document")
    with zipfile.ZipFile(tmp_path / "c.docx", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("word/document.xml", b"<w>" + b"a" * 2**27)
    problems = [read_file(tmp_path / name).problem for name in ("a.pdf", "b.docx", "c.docx")]
    assert problems[:2] == [
        f"can't be read as {kind}: it may be damaged, or need a password" for kind in ("PDF", "DOCX")
    ]
    assert problems[2] == "would be 128 MB of text unpacked, which is not read"


def test_a_document_that_is_never_done_is_given_up_and_the_others_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    for name in ("a.docx", "b.docx"):
        (docs / name).write_text(name)
    held = threading.Event()

    def read(path: Path) -> Reading:
        if path.name == "a.docx":
            held.wait(60)
        return Reading("Giraffes eat.", "markdown", "hash", 6, 1)

    monkeypatch.setattr(update, "read_file", read)
    monkeypatch.setattr(update, "DOCUMENT_LIMIT_S", 2.0)
    try:
        outcome = update.update_from_files(tmp_path / "index.db", docs, [], lambda _progress: None)
        assert (outcome.read, outcome.problems) == (2, 1)
        again = update.update_from_files(tmp_path / "index.db", docs, [], lambda _progress: None)
        assert again.problems == 1
        index = Index(tmp_path / "index.db")
        assert [hit.document.key for hit in index.search("giraffes", 5)] == ["b.docx"]
        (given_up,) = index.documents(only_problems=True)
        assert given_up.problem == "took longer than 2 s to read, and was given up"
        index.close()
    finally:
        held.set()
        for thread in threading.enumerate():
            if thread.name == "read a document":
                thread.join()


def test_without_the_extra_a_document_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "markitdown", None)
    (tmp_path / "a.pdf").write_bytes(PDF)
    assert "pip install 'loom-studio[documents]'" in read_file(tmp_path / "a.pdf").problem


def test_a_page_on_the_disk_is_read_as_markdown(tmp_path: Path) -> None:
    write_files(tmp_path, a_html="<h1>Title</h1><script>evil()</script><p>Words</p>")
    reading = read_file(tmp_path / "a.html")
    assert reading.text == "# Title\n\nWords"
    assert reading.kind == "markdown"


def test_a_file_that_changes_while_it_is_read_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from loom.knowledge import reading

    file = tmp_path / "a.md"
    file.write_text("old")
    real, times = reading.os.fstat, []

    def fstat(descriptor: int) -> object:
        times.append(descriptor)
        if len(times) == 2:
            file.write_text("a newer text")  # between its first look and its last
        return real(descriptor)

    monkeypatch.setattr(reading.os, "fstat", fstat)
    assert read_file(file).text == "a newer text"


def test_a_file_that_never_holds_still_is_told_and_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from loom.knowledge import reading

    file = tmp_path / "a.md"
    file.write_text("x")
    real = reading.os.fstat

    def fstat(descriptor: int) -> object:
        with file.open("a") as grows:
            grows.write("more")
        return real(descriptor)

    monkeypatch.setattr(reading.os, "fstat", fstat)
    found = read_file(file)
    assert "written to each time" in found.problem
    assert found.mtime_ns == 0


def test_a_document_that_takes_the_reader_along_is_tried_twice_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.pdf").write_bytes(PDF)
    write_files(tmp_path, docs__b_md="zebra")
    # A library of that name which ends the process, as a damaged document may make one do.
    write_files(tmp_path, broken__markitdown_py="import os\nos._exit(11)\n")
    job = json.dumps({"index": str(tmp_path / "i.db"), "path": str(tmp_path / "docs")}).encode() + b"\n"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "broken")}

    def work() -> int:
        command = [sys.executable, "-m", "loom.knowledge.worker"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env=environment) as child:
            assert child.stdin is not None
            child.stdin.write(job)
            child.stdin.flush()
            return child.wait(30)

    assert [work() for _ in range(3)] == [11, 11, 0]
    index = Index(tmp_path / "i.db")
    assert [(each.key, each.problem) for each in index.documents(only_problems=True)] == [("a.pdf", ENDED)]
    assert [hit.document.key for hit in index.search("zebra")] == ["b.md"]
    index.close()
