"""What can't be seen is shown."""

import pytest

from loom_studio.plain_text import escape_direction, escape_invisible


def test_invisible_characters_are_shown() -> None:
    assert escape_invisible("rm \u202e-rf\u200b\x1b[1m") == "rm \\u202e-rf\\u200b\\x1b[1m"


@pytest.mark.parametrize("code", [0xA0, 0xAD, 0x34F, 0x115F, 0x2028, 0x2800, 0x3164, 0xFE0F, 0xFEFF, 0xE0041, 0xE0101])
def test_what_takes_no_room_or_looks_like_a_space_is_shown(code: int) -> None:
    assert escape_invisible(f"a{chr(code)}b") == f"a{chr(code).encode('unicode_escape').decode()}b"


@pytest.mark.parametrize("text", ["a\n\tb é 海\u3000岸", "ascii", "naïve – ‘quoted’"])
def test_what_people_write_stays(text: str) -> None:
    assert escape_invisible(text) == text


def test_prose_keeps_joiners_but_not_changes_of_direction() -> None:
    assert escape_direction("👩\u200d🔬 \u202etxt") == "👩\u200d🔬 \\u202etxt"
