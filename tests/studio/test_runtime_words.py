"""What the runtime says to a person, in their language."""

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from loom_studio.runtime_words import said
from loom_studio.sentences import calls, files, models, servers, work
from loom_studio.texts import use_translation

ROOT = Path(__file__).parents[2]
HOLE = re.compile(r"\{\w+\}")
FILLED = "x1"


@pytest.fixture
def in_brackets() -> Iterator[None]:
    use_translation(lambda text, _count: f"⟦{text}⟧")
    yield
    use_translation(None)


def text_of(node: ast.expr) -> str:
    """The text that a literal is, `{}` for what changes in it; nothing for other expressions."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)  # type: ignore[misc]
    return ""


def sentences_of(path: Path) -> Iterator[str]:
    """The texts of a module, `{}` for what changes; of a choice between two words in one, each."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.expr) and (text := text_of(node)):
            yield text


def test_each_sentence_about_a_call_is_one_that_the_runtime_says() -> None:
    known = {text for path in (ROOT / "loom").rglob("*.py") for text in sentences_of(path)}
    plurals = {
        "It deletes {} {}, {}.": ("file", "files"),
        "It holds {} invisible character{}, shown as escapes.": ("", "s"),
    }
    for text, words in plurals.items():
        assert text in known
        first, second, *rest = text.split("{}")
        known |= {"{}".join([f"{first}{{}}{second}{word}{rest[0]}", *rest[1:]]) for word in words}
    assert [each for each in calls.SENTENCES if HOLE.sub("{}", each) not in known] == []


def test_each_other_sentence_has_its_words_from_one_module() -> None:
    modules = ["\0".join(sentences_of(path)) for path in (ROOT / "loom").rglob("*.py")]
    for sentence in [*files.SENTENCES, *models.SENTENCES, *servers.SENTENCES, *work.SENTENCES]:
        words = [word for part in HOLE.split(sentence) for word in re.findall(r"[^\W\d_]{4,}", part)]
        assert any(all(word in module for word in words) for module in modules), sentence


def test_in_english_it_stays_word_for_word() -> None:
    assert said("'edit_file' can change things") == "'edit_file' can change things"
    assert said("/a/b can't be read: Permission denied") == "/a/b can't be read: Permission denied"


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


def test_a_fault_within_a_fault_is_translated_too(in_brackets: None) -> None:
    assert said("The agent file /a.toml can't be read: Permission denied") == (
        "⟦The agent file /a.toml can't be read: ⟦Permission denied⟧⟧"
    )
    assert said("/a.toml: RuntimeLimits.max_iterations must be more than 0, got 0") == (
        "/a.toml: ⟦RuntimeLimits.max_iterations must be more than 0, got 0⟧"
    )
    assert said("model.name is required; heartbeat.boo is not a known field") == (
        "⟦model.name is required⟧⟦; ⟧⟦heartbeat.boo is not a known field⟧"
    )
    assert said("/a.toml: model.name is required; heartbeat.boo is not a known field") == (
        "/a.toml: ⟦model.name is required⟧⟦; ⟧⟦heartbeat.boo is not a known field⟧"
    )
    refused = "anthropic (claude) refused the key (401): no such key. Check the key from ANTHROPIC_API_KEY."
    assert said(refused) == f"⟦⟦anthropic (claude)⟧{refused.removeprefix('anthropic (claude)')}⟧"
    assert said("The server 'files' can't be used now (degraded: it ended with code 3; it said: boo)") == (
        "⟦The server 'files' can't be used now (⟦degraded⟧: ⟦it ended with code 3; it said: boo⟧)⟧"
    )


FOR_A_PERSON = re.compile(
    r"(Config|Provider\w*|Rate\w*|Authentication|InvalidRequest|Stream\w*|Response|Store|SessionInUse|Interchange"
    r"|ToolServer|Knowledge|Checkpoint|Skill|Plugin|Approval|Audit|RunLimit|Loom|CannotWatch|_Unclear|_Unfit)Error"
)
TO_PROGRAMMERS = re.compile(
    r"""config\ must\ be|prompt\ must|context\ must|tool\ x1|KnowledgeResolver|waits_for_approval|WatchConfig\.event_bus
    |The\ source\ x1\ is\ read\ into|memory\.backend\.options|No\ model\ is\ set\ up|x1\ is\ asked\ over
    |memory:\ x1|x1\ \(x1\)\ sent\ x1|x1\.\ Check\ the\ address|x1\ refused\ the\ key\ \(x1\)x1|x1\ was\ x1\ since
    |The\ script\ has|A\ server\ may\ ask|The\ model\ is\ lent|The\ person\ did|There\ is\ no\ hook\ event|OpenTelemetry
    |There\ is\ no\ server\ x1;\ register|x1\ is\ no\ level|x1\ is\ no\ key|The\ memory\ (x1\ )?(can't|in)
    |There\ is\ no\ session\ x1\ to|The\ memory\ x1\ in|x1's\ model\ wrote""",
    re.VERBOSE,
)
"""Errors of a call that is written wrong, of what the Studio has no part of, or made of parts that are known."""


def raised_in(path: Path) -> Iterator[str]:
    """The sentences of the errors for a person that a module raises, something in the place of what changes."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and node.args and FOR_A_PERSON.fullmatch(ast.unparse(node.func).split(".")[-1]):
            given = node.args[0]
            for each in (given.body, given.orelse) if isinstance(given, ast.IfExp) else (given,):
                yield text_of(each).replace("{}", FILLED)


def test_no_error_that_a_person_may_see_stays_in_english(in_brackets: None) -> None:
    found = {
        text: path
        for path in sorted((ROOT / "loom").rglob("*.py"))
        if "cli" not in path.parts
        for text in raised_in(path)
        if re.search("[a-z]{3}", text.replace(FILLED, "")) and not TO_PROGRAMMERS.match(text)
    }
    left = [(path.name, text) for text, path in found.items() if all(said(each) == each for each in ways_of(text))]
    assert left == []


def ways_of(text: str) -> tuple[str, str, str]:
    """A sentence with words, with numbers, and with numbers before other words."""
    return text, text.replace(FILLED, "7"), re.sub(rf"(?<=[ (]){FILLED}(?= [a-z])", "7", text)


def test_what_the_system_says_is_known_as_it_says_it(in_brackets: None, tmp_path: Path) -> None:
    for number in (1, 2, 13, 17, 20, 21, 28, 30, 111):
        assert said(os.strerror(number)) == f"⟦{os.strerror(number)}⟧"
    with pytest.raises(OSError, match="No such") as error:
        (tmp_path / "gone").read_text()
    assert "⟦No such file or directory⟧" in said(str(error.value))
