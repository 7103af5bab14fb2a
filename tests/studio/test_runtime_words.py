"""What the runtime says to a person who is asked, in their language."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from loom_studio.runtime_words import SENTENCES, said
from loom_studio.texts import use_translation

ROOT = Path(__file__).parents[2]
HOLE = re.compile(r"\{\w+\}")


@pytest.fixture
def in_brackets() -> Iterator[None]:
    use_translation(lambda text, _count: f"⟦{text}⟧")
    yield
    use_translation(None)


def sentences_of(path: Path) -> Iterator[str]:
    """The texts of a module, `{}` for what changes; of a choice between two words in one, each."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)  # type: ignore[misc]


def test_each_sentence_is_one_that_the_runtime_says() -> None:
    known = {text for path in (ROOT / "loom").rglob("*.py") for text in sentences_of(path)}
    plurals = {
        "It deletes {} {}, {}.": ("file", "files"),
        "It holds {} invisible character{}, shown as escapes.": ("", "s"),
    }
    for text, words in plurals.items():
        assert text in known
        first, second, *rest = text.split("{}")
        known |= {"{}".join([f"{first}{{}}{second}{word}{rest[0]}", *rest[1:]]) for word in words}
    assert [each for each in SENTENCES if HOLE.sub("{}", each) not in known] == []


def test_in_english_it_stays_word_for_word() -> None:
    assert said("'edit_file' can change things") == "'edit_file' can change things"


def test_sentences_and_what_they_hold_are_translated_and_others_stay(in_brackets: None) -> None:
    assert said("'edit_file' can change things") == "⟦'edit_file' can change things⟧"
    assert said("Somebody said this. It only reads.") == "Somebody said this. ⟦It only reads.⟧"
    risky = said("Risk high: runs as root; says boo. It deletes more than 20,000 files, all in the workspace.")
    assert "⟦runs as root⟧⟦; ⟧says boo" in risky
    assert "⟦It deletes ⟦more than 20,000⟧ files, ⟦all in the workspace⟧.⟧" in risky
    assert said("3 tool outputs cut, 26 messages became a summary") == (
        "⟦3 tool outputs cut⟧, ⟦26 messages became a summary⟧"
    )
    assert said("") == ""
