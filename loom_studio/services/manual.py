"""The manual as it is shipped: its topics in a language, and which of them are about some words."""

from __future__ import annotations

from dataclasses import dataclass

from loom_studio.resource_files import resource_path

FIRST_LANGUAGE = "en"
PICTURES = "help/pictures"


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


def about(topics: list[Topic], words: str) -> list[Topic]:
    """The topics that have all of these words, those with one in the title first; without words, all."""
    wanted = words.casefold().split()
    found = [topic for topic in topics if all(word in topic.text.casefold() for word in wanted)]
    return sorted(found, key=lambda topic: not any(word in topic.title.casefold() for word in wanted))
