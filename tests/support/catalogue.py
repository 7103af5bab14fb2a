"""The table of run events in ARCHITECTURE.md, made from the catalogue.

`python -m tests.support.catalogue` rewrites it.
"""

import re
from pathlib import Path
from typing import Any, get_origin

from loom.types.events import PAYLOADS

PAGE = Path(__file__).parent.parent.parent / "ARCHITECTURE.md"
BETWEEN = re.compile(r"(<!-- events -->\n).*(<!-- /events -->)", re.DOTALL)


def shown_type(annotation: Any) -> str:
    if get_origin(annotation) is None and isinstance(annotation, type):
        return annotation.__name__
    return str(annotation).replace("typing.", "").replace("dict[str, Any]", "dict").replace(" | ", " or ")


def table() -> str:
    """One line an event: its type, what it says, its fields (optional ones with a question mark)."""
    lines = ["| event | what it says | payload |", "|---|---|---|"]
    for name, payload in PAYLOADS.items():
        says = " ".join((payload.__doc__ or "").split()).partition(". ")[0].rstrip(".")
        fields = [
            f"{field}{'' if info.is_required() else '?'}: {shown_type(info.annotation)}"
            for field, info in payload.model_fields.items()
        ]
        lines.append(f"| `{name}` | {says} | {', '.join(fields)} |")
    return "\n".join(lines) + "\n"


def documented() -> str:
    match = BETWEEN.search(PAGE.read_text(encoding="utf-8"))
    assert match, "ARCHITECTURE.md has no event table"
    return match[0]


def generated() -> str:
    return f"<!-- events -->\n{table()}<!-- /events -->"


if __name__ == "__main__":
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(BETWEEN.sub(lambda _: generated(), page), encoding="utf-8")
