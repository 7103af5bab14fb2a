"""The manual as it is shipped: its topics and pictures in a language, and which topics are about some words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from loom_studio.resource_files import resource_path

FIRST_LANGUAGE = "en"
PICTURES = "help/pictures"
HAN = "[\u3400-\u9fff]"
WORDS = re.compile(rf"{HAN}+|(?:(?!{HAN})[^\s\u201c\u201d\u3000-\u303f\uff00-\uff0f\uff1a-\uff1f])+")
"""Han characters stand without spaces, beside each other and beside other letters; their punctuation is no word."""
SHORTEST_PART = 2


@dataclass(frozen=True, slots=True)
class Topic:
    """A page of the manual: `name` is that of its file, by which others link to it; `text` is Markdown."""

    name: str
    title: str
    text: str


def read_manual(language: str = FIRST_LANGUAGE) -> list[Topic]:
    """The topics in their order; of a language that there is no manual in, the English ones."""
    try:
        folder = resource_path(f"help/{language}")
    except FileNotFoundError:
        folder = resource_path(f"help/{FIRST_LANGUAGE}")
    texts = [(file.name, file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.md"))]
    return [Topic(name, text.split("\n", 1)[0].removeprefix("# "), text) for name, text in texts]


def picture_folders(language: str) -> list[Path]:
    """Where the pictures of a language are looked for, one after the other: its own first, then those of all."""
    shared = resource_path(PICTURES)
    return [folder for folder in (shared / language, shared) if folder.is_dir()]


def about(topics: list[Topic], words: str) -> list[Topic]:
    """The topics that have all of these words, those with one in the title first; without words, all.

    What has Han characters together as they were typed comes before what has only their parts.
    """
    wanted = WORDS.findall(words.casefold())
    found = [topic for topic in topics if all(_has(topic.text.casefold(), word) for word in wanted)]

    def order(topic: Topic) -> tuple[bool, bool]:
        title, text = topic.title.casefold(), topic.text.casefold()
        return not any(word in title for word in wanted), not all(word in text for word in wanted)

    return sorted(found, key=order)


def _has(text: str, word: str) -> bool:
    """Whether a text has a word; of Han characters, which may be several words, also whether it has their parts."""
    if word in text:
        return True
    if not re.match(HAN, word):
        return False
    reached = {0}
    for end in range(SHORTEST_PART, len(word) + 1):
        if any(begin in reached and word[begin:end] in text for begin in range(end - SHORTEST_PART + 1)):
            reached.add(end)
    return len(word) in reached
