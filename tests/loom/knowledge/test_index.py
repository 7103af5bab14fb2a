"""An index of texts: what is found, and what a file does that is damaged, in use or of another version."""

import os
import sqlite3
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loom.errors import KnowledgeError
from loom.knowledge.chunks import MOST, chunks_of
from loom.knowledge.index import Document, Index, fuse
from loom.knowledge.index_file import UNUSED_S, remove_unused


def filled(path: Path | None, **texts: str) -> Index:
    index = Index(path)
    kinds = {name: "code" if name.endswith("_py") else "markdown" for name in texts}
    index.put((Document(name, name, kind=kinds[name]), chunks_of(text, kinds[name])) for name, text in texts.items())
    return index


def found(index: Index, question: str) -> list[str]:
    return [hit.document.key for hit in index.search(question)]


@pytest.mark.parametrize(
    ("question", "key"),
    [
        ("Who approves deployments to production?", "deploys"),
        ("部署需要谁批准", "zh"),
        ("部署", "zh"),
        ("署", "zh"),
        ("parse config", "code_py"),
        ("parseConfig", "code_py"),
        ("seConfi", "code_py"),
        ("MAX_RETRIES", "code_py"),
        ("デプロイ", "ja"),
    ],
)
def test_words_chinese_and_pieces_of_identifiers_are_found(question: str, key: str) -> None:
    index = filled(
        None,
        deploys="# Rules\n\nProduction deploys need an approval of two people.",
        cats="# Cats\n\nCats are mammals that sleep.",
        zh="# 规则\n\n生产环境的部署需要两个人批准。",
        ja="本番デプロイには承認が必要です。",
        code_py="MAX_RETRIES = 3\n\n\ndef parseConfig(path):\n    return path\n",
    )
    assert found(index, question)[0] == key
    index.close()


def test_a_hit_has_its_place_in_the_text_and_says_why_it_was_found() -> None:
    text = (
        "# One\n\nFirst words here.\n\n# Two\n\n" + "Filler about nothing. " * 40 + "\n\n# Three\n\nThe needle is here."
    )
    index = filled(None, doc=text)
    hit = index.search("needle")[0]
    assert text[hit.chunk.start : hit.chunk.end] == hit.chunk.text
    assert text.splitlines()[hit.chunk.line - 1] == hit.chunk.text.splitlines()[0]
    assert hit.ranks["words"] == 1
    assert 0 < hit.score <= 1
    index.close()


def test_a_document_replaces_the_one_of_its_key_and_can_be_removed() -> None:
    index = filled(None, a="zebras run", b="horses run")
    index.put([(Document("a", "a"), chunks_of("fishes swim"))])
    assert found(index, "zebras") == []
    assert found(index, "fishes") == ["a"]
    index.remove(["a", "not there"])
    assert found(index, "fishes") == []
    assert index.status().documents == 1
    index.close()


def test_vectors_find_what_shares_no_word_and_are_another_embedders_no_longer() -> None:
    index = filled(None, a="automobile", b="banana")
    pieces = {text: chunk for chunk, text in index.without_vector("e", 10)}
    index.put_vectors("e", [(pieces["a\nautomobile"], [1.0, 0.1]), (pieces["b\nbanana"], [0.0, 1.0]), (99, [1.0, 1.0])])
    assert index.without_vector("e", 10) == []
    hits = index.search("car", vector=[1.0, 0.0], embedder_id="e")
    assert hits[0].document.key == "a"
    assert hits[0].ranks == {"vectors": 1}
    assert index.search("car", vector=[1.0, 0.0], embedder_id="other") == []
    assert index.search("car", vector=[1.0, 0.0, 0.0], embedder_id="e") == []
    assert len(index.without_vector("other", 10)) == 2
    index.remove(["a"])
    assert index.status().vectors == 1
    index.close()


def test_words_that_everything_has_are_no_reason_to_take_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loom.knowledge.index.MOST_MATCHES", 5)
    index = Index()
    index.put((Document(str(n)), chunks_of(f"common word number{n}")) for n in range(20))
    assert found(index, "common number7") == ["7"]
    assert len(found(index, "common")) == 10
    index.close()


@pytest.mark.parametrize(
    "question", ['"', "' OR 1", "NEAR(", "*", "", "   ", "a" * 100_000, "\x00", "the of and", "ABC:"]
)
def test_any_question_can_be_asked(question: str) -> None:
    index = filled(None, a="the of and ABC")
    assert isinstance(index.search(question), list)
    index.close()


def test_a_damaged_file_is_begun_anew_and_that_is_said(tmp_path: Path) -> None:
    file = tmp_path / "i.db"
    file.write_bytes(b"no database at all" * 500)
    index = filled(file, a="zebra")
    assert "was damaged" in index.rebuilt
    assert found(index, "zebra") == ["a"]
    index.close()


def test_a_file_of_other_tables_is_begun_anew(tmp_path: Path) -> None:
    file = tmp_path / "i.db"
    other = sqlite3.connect(file)
    other.execute("CREATE TABLE documents (x)")
    other.execute("PRAGMA user_version=99")
    other.commit()
    other.close()
    index = Index(file)
    assert "made anew" in index.rebuilt
    index.close()


def test_a_file_that_another_program_has_locked_is_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loom.knowledge.index_file.BUSY_TIMEOUT_S", 0.05)
    filled(tmp_path / "i.db", a="zebra").close()
    other = sqlite3.connect(tmp_path / "i.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    index = Index(tmp_path / "i.db")
    assert found(index, "zebra") == ["a"]
    with pytest.raises(KnowledgeError, match="in use by another program"):
        index.remove(["a"])
    other.close()
    index.remove(["a"])
    index.close()


def test_a_folder_that_can_not_be_written_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(KnowledgeError, match="can't be written"):
        Index(tmp_path / "file" / "i.db")


def test_two_indexes_on_one_file_see_each_other(tmp_path: Path) -> None:
    one = filled(tmp_path / "i.db", a="zebra")
    two = Index(tmp_path / "i.db")
    two.put([(Document("b"), chunks_of("giraffe"))])
    assert found(one, "giraffe") == ["b"]
    one.close()
    two.close()


def test_fusion_prefers_what_several_rankings_have() -> None:
    best = fuse({"words": [1, 2, 3], "pieces": [2, 4], "vectors": []})
    assert best[0][0] == 2
    assert best[0][2] == {"words": 2, "pieces": 1}
    assert all(0 < score <= 1 for _, score, _ in best)


TEXTS = st.text(st.sampled_from("a #`\n.字。é\r\t{x"), max_size=6_000) | st.text(max_size=300)


@settings(max_examples=60)
@given(TEXTS, st.sampled_from(["markdown", "code", "text"]))
def test_pieces_have_every_letter_once_in_order_at_their_place(text: str, kind: str) -> None:
    pieces = chunks_of(text, kind)
    assert "".join("".join(piece.text.split()) for piece in pieces) == "".join(text.split())
    for piece in pieces:
        assert text[piece.start : piece.end] == piece.text
        assert piece.line == text.count("\n", 0, piece.start) + 1
        assert piece.end_line == text.count("\n", 0, piece.end) + 1
        assert 0 < len(piece.text) <= MOST


def test_code_fences_and_headings_stay_with_their_sections() -> None:
    text = "# A\n\n" + "Words. " * 60 + "\n\n```sh\n# no heading\nmake\n```\n\n## B\n\n" + "More. " * 60
    pieces = chunks_of(text, "markdown")
    assert [piece.heading for piece in pieces] == ["A", "A > B"]
    assert "# no heading" in pieces[0].text


def test_code_is_cut_between_definitions() -> None:
    body = "".join(f"    x{n} = {n}\n" for n in range(40))
    pieces = chunks_of(f"import os\n\n\ndef first():\n{body}\n\ndef second():\n{body}", "code")
    assert pieces[-1].text.startswith("def second")
    assert pieces[-1].heading == "def second():"


def test_a_line_of_a_megabyte_is_cut() -> None:
    pieces = chunks_of("字" * 100_000 + "x" * 100_000)
    assert len(pieces) > 200
    assert max(len(piece.text) for piece in pieces) <= MOST


def test_an_index_that_nobody_opened_for_two_months_goes(tmp_path: Path) -> None:
    for name in ("old", "used"):
        filled(tmp_path / f"{name}.db", a="text").close()
        (tmp_path / f"{name}.db.lock").touch()
    later = time.time() + UNUSED_S - 60
    assert remove_unused(tmp_path, later) == []
    os.utime(tmp_path / "old.db", (1, 1))
    os.utime(tmp_path / "used.db", (1, 1))
    used = Index(tmp_path / "used.db")
    assert remove_unused(tmp_path, later) == ["old.db"]
    assert {each.name.partition(".")[0] for each in tmp_path.iterdir()} == {"used"}
    assert found(used, "text") == ["a"]
    used.close()
