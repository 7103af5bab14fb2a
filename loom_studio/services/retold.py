"""Words of the runtime that a person reads in the Studio, told in their language as far as they are a known phrase."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from loom_studio.texts import tr

WORDS = ("level", "who")


def retold(text: str, phrases: Sequence[str]) -> str:
    """A text as the first of some marked phrases that it fits, translated; as it is where it fits none.

    A phrase's `{name}` stands for anything: `fixed in sprint {sprint}`. What it stands for is told as it is, but for a
    level of compression and who decided.
    """
    for phrase in phrases:
        said = tr(phrase)
        found = _fitting(phrase).fullmatch(text) if said != phrase else None
        if found is not None:
            return said.format(
                **{name: tr(each) if name in WORDS else each for name, each in found.groupdict().items()}
            )
    return text


@lru_cache(maxsize=200)
def _fitting(phrase: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", phrase)
    fitting = [f"(?P<{part}>.*?)" if at % 2 else re.escape(part) for at, part in enumerate(parts)]
    return re.compile("".join(fitting), re.DOTALL)
