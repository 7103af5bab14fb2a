"""`loom knowledge`, as it is typed."""

import json
from pathlib import Path

import pytest

from loom.cli import main
from tests.support.knowledge import write_files

AGENT = """
[model]
provider = "scripted"
name = "s"
[[knowledge]]
name = "handbook"
path = "docs"
patterns = ["*.md"]
[[knowledge]]
name = "facts"
[[knowledge.documents]]
content = "Lions sleep."
title = "Lions"
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path, docs__zebra_md="# Zebras\n\nZebras need approval.\n", docs__cats_md="Cats sleep.")
    (tmp_path / "docs" / "broken.md").write_bytes(b"\0\1")
    (tmp_path / "a.toml").write_text(AGENT)
    return tmp_path


def test_an_agents_sources_are_indexed_asked_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["knowledge", "status", "--agent", "a.toml"]) == 0
    assert "never indexed" in capsys.readouterr().out
    assert main(["knowledge", "index", "--agent", "a.toml"]) == 0
    said = capsys.readouterr().out
    assert "handbook: 3 read, 0 gone" in said
    assert "broken.md is a binary file" in said
    assert main(["knowledge", "query", "who approves zebras", "--agent", "a.toml"]) == 0
    said = capsys.readouterr().out
    assert "handbook · docs/zebra.md:1" in said
    assert "words 1" in said
    assert main(["knowledge", "query", "lions", "--agent", "a.toml", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[0])["title"] == "Lions"
    assert main(["knowledge", "status", "--agent", "a.toml"]) == 0
    said = capsys.readouterr().out
    assert "3 documents, 2 pieces, 1 could not be read" in said
    assert "facts  inline  one document" in said


def test_a_folder_can_be_asked_without_an_agent_and_nothing_found_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["knowledge", "query", "zebras", "--path", "docs"]) == 0
    assert "docs/zebra.md:1" in capsys.readouterr().out
    assert main(["knowledge", "query", "giraffes", "--path", "docs"]) == 1
    assert main(["knowledge", "index", "--anew", "--path", "docs"]) == 0
    assert "3 read" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["query", "x"], "--agent FILE with"),
        (["query", "x", "--agent", "a.toml", "--source", "y"], "No knowledge source is named 'y'"),
        (["index", "--path", "gone"], "no folder or file at"),
    ],
)
def test_what_can_not_be_done_says_why(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["knowledge", *arguments]) in (1, 2)
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ('name = "x"\npath = "a"\naddress = "https://b"', "path and address are given"),
        ('name = "x"\naddress = "ftp://b"', "no http or https address"),
        ('name = "x"\npath = "a"\nembedder = "magic"', "embedder 'magic' is not openai:MODEL"),
        ('name = "x"\npatterns = ["*.md"]', "patterns are for a source with a path"),
        ('name = ""\npath = "a"', "name is empty"),
        ('name = "x"\npath = "a"\nrefresh_hours = 0', "refresh_hours is 0"),
        ('name = "x"\npath = "a"\nfolder = "b"', "knowledge[0].folder is not a known field"),
        ('name = "x"\npath = 5', "knowledge[0].path must be"),
        ('name = "x"\n[[knowledge]]\nname = "x"', "two sources named 'x'"),
        ('path = "a"', "knowledge[0].name is required"),
    ],
)
def test_a_wrong_entry_of_an_agent_file_is_named(
    entry: str, says: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "bad.toml").write_text(f'[model]\nprovider = "scripted"\nname = "s"\n[[knowledge]]\n{entry}\n')
    assert main(["knowledge", "status", "--agent", "bad.toml"]) == 2
    assert says in capsys.readouterr().err


def test_what_a_document_holds_does_nothing_to_the_terminal(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_files(home, docs__odd_md="# Odd\n\nGnus \x1b[2J run \u202eback.")
    assert main(["knowledge", "query", "gnus", "--path", "docs"]) == 0
    assert "Gnus \\x1b[2J run \\u202eback." in capsys.readouterr().out


def test_nothing_of_the_folder_is_imported_by_who_indexes_it(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "json.py").write_text("open('taken', 'w')\nraise SystemExit(9)\n")
    assert main(["knowledge", "index", "--path", "docs"]) == 0
    assert "docs: 3 read" in capsys.readouterr().out
    assert not (home / "taken").exists()
