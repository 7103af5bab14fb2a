"""The manual as a site: `python packaging/site.py FOLDER` writes pages that need no server."""

from __future__ import annotations

import shutil
import sys
from html import escape
from pathlib import Path
from string import Template
from typing import NamedTuple

from markdown_it import MarkdownIt

HELP = Path(__file__).parent.parent / "resources" / "help"
PICTURES = "pictures"
PAGE = Template("""<!doctype html>
<html lang="$tag">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title – Loom Studio</title>
<link rel="stylesheet" href="../manual.css">
<nav aria-label="$label"><ul>$topics</ul><p>$others</p></nav>
<main>$body</main>
</html>
""")


class Language(NamedTuple):
    """What a page says of its language: the tag that browsers know it by, its own name, and its word for topics."""

    tag: str
    name: str
    topics: str


LANGUAGES = {"en": Language("en", "English", "Topics"), "zh_CN": Language("zh-Hans", "简体中文", "主题")}
"""By the names of their folders."""
STYLE = """:root { color-scheme: light dark; font: 16px/1.6 system-ui, sans-serif; }
body { display: grid; grid-template-columns: 15rem minmax(0, 46rem); gap: 2rem; margin: 2rem auto; max-width: 66rem;
  padding: 0 1rem; }
nav { align-self: start; position: sticky; top: 2rem; } nav ul { list-style: none; margin: 0; padding: 0; }
nav a { color: inherit; text-decoration: none; } nav a:hover, nav a[aria-current] { text-decoration: underline; }
main img { max-width: 100%; border: 1px solid #8888; border-radius: 6px; }
pre { overflow-x: auto; padding: .8rem; border: 1px solid #8888; border-radius: 6px; }
table { border-collapse: collapse; } th, td { border: 1px solid #8888; padding: .3rem .7rem; text-align: left; }
@media (max-width: 50rem) { body { grid-template-columns: 1fr; margin: 1rem 0; } nav { position: static; } }
"""


def build(target: Path) -> int:
    """Write the site of every language into a folder; returns how many pages there are."""
    target.mkdir(parents=True, exist_ok=True)
    (target / "manual.css").write_text(STYLE, encoding="utf-8")
    pages = sum(_build_language(name, target / name) for name in LANGUAGES)
    first = next(iter(sorted((target / "en").glob("*.html"))))
    to = f"en/{first.name}"
    (target / "index.html").write_text(f'<!doctype html><meta http-equiv="refresh" content="0; url={to}">\n', "utf-8")
    return pages


def _build_language(language: str, target: Path) -> int:
    target.mkdir(exist_ok=True)
    # Its own pictures take the place of those of all.
    for picture in [*(HELP / PICTURES).glob("*.*"), *(HELP / PICTURES / language).glob("*.*")]:
        shutil.copy(picture, target)
    texts = {file.stem: file.read_text(encoding="utf-8") for file in sorted((HELP / language).glob("*.md"))}
    titles = {name: text.split("\n", 1)[0].removeprefix("# ") for name, text in texts.items()}
    for name, text in texts.items():
        page = PAGE.substitute(
            tag=LANGUAGES[language].tag,
            title=escape(titles[name]),
            label=LANGUAGES[language].topics,
            topics=_topics(titles, name),
            others=_others(language, name),
            body=_body(text),
        )
        (target / f"{name}.html").write_text(page, encoding="utf-8")
    return len(texts)


def _topics(titles: dict[str, str], here: str) -> str:
    return "".join(
        f'<li><a href="{name}.html"{" aria-current=page" if name == here else ""}>{escape(title)}</a></li>'
        for name, title in titles.items()
    )


def _others(language: str, here: str) -> str:
    """Links to the same page in the other languages, each called by its own name."""
    return " ".join(
        f'<a href="../{folder}/{here}.html" rel="alternate" lang="{other.tag}" hreflang="{other.tag}">{other.name}</a>'
        for folder, other in LANGUAGES.items()
        if folder != language
    )


def _body(text: str) -> str:
    """Markdown as HTML, with links to topics leading to their pages."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(text)
    for part in [child for token in tokens for child in token.children or ()]:
        link = part.attrGet("href")
        if isinstance(link, str) and link.endswith(".md"):
            part.attrSet("href", f"{link.removesuffix('.md')}.html")
    return markdown.renderer.render(tokens, markdown.options, {})


if __name__ == "__main__":
    print(f"{build(Path(sys.argv[1]))} pages in {sys.argv[1]}")  # noqa: T201
