"""Bring the translations up to date with the source, and compile them: `make translations`.

    python packaging/translations.py [FILE.ts …]

Each `resources/translations/*.ts` gets the texts that are in the source now, keeps the translations that it has, and
loses what is gone; the .qm beside it is what the Studio loads. Translations are also taken from the files named.
Exit code 1, with their count, when texts have no translation.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "resources" / "translations"
CONTEXT = "Studio"
TEXTS: dict[str, tuple[int | str, ...]] = {
    "tr": (0,),
    "marked": (0,),
    "plural": (1,),
    "named": (1,),
    "drawn": (1,),
    "choice": (0,),
    "Action": (1, 4, "what"),
}
"""What takes texts to translate, and which of its arguments they are."""
METHODS: dict[str, tuple[int | str, ...]] = {"start": ("what",)}
"""The same for methods: what a task of a TaskOwner is for."""


def texts_of(source: str) -> Iterator[tuple[str, bool]]:
    """The texts of a module's source, and whether each has plural forms."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name, is_method = called(node.func)
        arguments = {**dict(enumerate(node.args)), **{each.arg: each.value for each in node.keywords}}
        for place in (METHODS if is_method else TEXTS).get(name, ()):
            if text := literal(arguments.get(place)):
                yield text, name == "plural"


def called(node: ast.expr) -> tuple[str, bool]:
    """The name of what is called, and whether it is a method's."""
    if isinstance(node, ast.Attribute):
        return node.attr, True
    return (node.id if isinstance(node, ast.Name) else ""), False


def literal(node: ast.expr | None) -> str | None:
    """The string that a node is, if it is one."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def all_texts() -> dict[str, bool]:
    """Every text of the Studio, sorted, and whether it has plural forms."""
    found: dict[str, bool] = {}
    for path in sorted((ROOT / "loom_studio").rglob("*.py")):
        found.update(texts_of(path.read_text("utf-8")))
    return dict(sorted(found.items()))


def read(path: Path) -> dict[str, list[str]]:
    """The finished translations of a .ts file by source; several for a text with plural forms."""
    known: dict[str, list[str]] = {}
    for message in ET.parse(path).iter("message"):
        translation = message.find("translation")
        if translation is None or translation.get("type") in ("unfinished", "vanished"):
            continue
        forms = [form.text or "" for form in translation.iter("numerusform")] or [translation.text or ""]
        known[message.findtext("source", "")] = forms
    return known


def written(texts: dict[str, bool], known: dict[str, list[str]], language: str) -> str:
    """A .ts file of these texts, with the translations that are known."""
    root = ET.Element("TS", version="2.1", language=language, sourcelanguage="en")
    context = ET.SubElement(root, "context")
    ET.SubElement(context, "name").text = CONTEXT
    for text, has_forms in texts.items():
        message = ET.SubElement(context, "message", {"numerus": "yes"} if has_forms else {})
        ET.SubElement(message, "source").text = text
        forms = known.get(text)
        translation = ET.SubElement(message, "translation", {} if forms else {"type": "unfinished"})
        if has_forms:
            for form in forms or [""]:
                ET.SubElement(translation, "numerusform").text = form
        elif forms:
            translation.text = forms[0]
    ET.indent(root, " ")
    return f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n{ET.tostring(root, encoding="unicode")}\n'


def compile_to(source: Path, target: Path) -> None:
    """Have Qt's own tool make the file that is loaded; an unfinished text is left out."""
    tool = Path(sys.executable).parent / "pyside6-lrelease"
    subprocess.run([tool, "-silent", source, "-qm", target], check=True)


def main(more: list[str]) -> int:
    """Update and compile each language."""
    texts, missing = all_texts(), 0
    for path in sorted(FOLDER.glob("*.ts")):
        known = read(path)
        for other in more:
            known = read(Path(other)) | known
        path.write_text(written(texts, known, path.stem.removeprefix("loom_studio_")), "utf-8")
        compile_to(path, path.with_suffix(".qm"))
        left = [text for text in texts if text not in known]
        missing += len(left)
        print(f"{path.name}: {len(texts)} texts, {len(left)} without a translation")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
