"""Documents that are no text: PDF, Word and so on, by markitdown where it is installed."""

import sys
import zipfile
from pathlib import Path

import pytest

from loom.config.knowledge import KnowledgeSource
from loom.knowledge.reading import read_file
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
