"""The YAML head of a Markdown file, read within bounds: texts, lists and mappings, and nothing else.

Aliases and tags are refused, so a file of a kilobyte can't become a gigabyte, nor make an object.
"""

from __future__ import annotations

import re
from typing import Any, TypeAlias

import yaml

from loom.errors import SkillError

LONGEST_HEAD_CHARS = 20_000
MOST_NODES = 2_000
DEEPEST = 12

Value: TypeAlias = "str | list[Value] | dict[str, Value]"

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FENCE = re.compile(r"^---[ \t]*$", re.MULTILINE)
_UNQUOTED = re.compile(r"^(?P<key>[A-Za-z][\w-]*):[ \t]+(?P<value>[^\s\"'\[{|>&*!].*)$")


def split_front_matter(text: str) -> tuple[str | None, str]:
    """The head between two lines of `---`, and the body after it; None where there is no head.

    Raises SkillError for a head that does not end.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if not _FENCE.match(text):
        return None, text.strip()
    begins = text.index("\n") + 1 if "\n" in text else len(text)
    end = _FENCE.search(text, begins)
    if end is None:
        raise SkillError("its head begins with --- and has no second --- line that ends it")
    return text[begins : end.start()], text[end.end() :].strip()


def read_front_matter(text: str) -> tuple[dict[str, Value], str, list[str]]:
    """The fields of the head, the body, and sentences about what was read with lenience.

    A head that is no YAML is read once more with its values quoted: `description: Use when: …` is common. Raises
    SkillError for one that can't be read even so, or is beyond the bounds.
    """
    head, body = split_front_matter(text)
    if head is None:
        return {}, body, []
    if len(head) > LONGEST_HEAD_CHARS:
        raise SkillError(f"its head has {len(head):,} characters; at most {LONGEST_HEAD_CHARS:,} are read")
    try:
        return _mapping(head), body, []
    except yaml.YAMLError as error:
        try:
            fields = _mapping("\n".join(map(_quoted, head.split("\n"))))
        except yaml.YAMLError:
            raise SkillError(f"its head is not YAML: {_first_line(error)}") from None
        return fields, body, [f"its head is not YAML ({_first_line(error)}); it was read with its values quoted"]


def text_of(value: Value | None) -> str:
    """A value as one text: lists are joined with spaces, a mapping is none."""
    if isinstance(value, list):
        return " ".join(each for each in value if isinstance(each, str))
    return value if isinstance(value, str) else ""


def list_of(value: Value | None) -> list[str]:
    """A value as a list of texts; a text is cut at its spaces and commas, but not inside parentheses."""
    if isinstance(value, list):
        return [each.strip() for each in value if isinstance(each, str) and each.strip()]
    return re.findall(r"(?:[^\s,()]|\([^)]*\))+", value) if isinstance(value, str) else []


def is_true(value: Value | None, *, otherwise: bool) -> bool:
    """A value as yes or no; `otherwise` where it is neither."""
    word = text_of(value).strip().casefold()
    return True if word in ("true", "yes", "on") else False if word in ("false", "no", "off") else otherwise


def _mapping(head: str) -> dict[str, Value]:
    try:
        value = _Reader(head).document()
    except RecursionError:
        raise SkillError("its head is nested too deeply") from None
    if value == "":
        return {}
    if not isinstance(value, dict):
        raise SkillError("its head is not a mapping of names to values")
    return value


class _Reader:
    """Makes plain values of YAML's events, which is all of YAML that is used."""

    def __init__(self, head: str) -> None:
        self._events: Any = yaml.parse(head, Loader=_LOADER)
        self._count = 0

    def document(self) -> Value:
        value: Value = ""
        for event in self._events:
            if isinstance(event, yaml.NodeEvent):
                value = self._value(event, 0)
        return value

    def _value(self, event: Any, depth: int) -> Value:
        self._count += 1
        if self._count > MOST_NODES:
            raise SkillError(f"its head holds more than {MOST_NODES:,} values")
        if depth > DEEPEST:
            raise SkillError("its head is nested too deeply")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise SkillError("its head uses YAML anchors or aliases, which are refused: they can grow without bound")
        if getattr(event, "tag", None) not in (None, "!"):
            raise SkillError(f"its head uses the YAML tag {event.tag!r}, which is refused")
        if isinstance(event, yaml.ScalarEvent):
            return event.value
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(depth)
        return self._dict(depth)

    def _list(self, depth: int) -> Value:
        found: list[Value] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            found.append(self._value(event, depth + 1))
        return found

    def _dict(self, depth: int) -> Value:
        found: dict[str, Value] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._value(event, depth + 1)
            if not isinstance(key, str):
                raise SkillError("its head has a key that is not a text")
            found[key] = self._value(next(self._events), depth + 1)
        return found


def _quoted(line: str) -> str:
    found = _UNQUOTED.match(line)
    if found is None:
        return line
    return f"{found['key']}: '{found['value'].strip().replace(chr(39), chr(39) * 2)}'"


def _first_line(error: yaml.YAMLError) -> str:
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    said = str(problem or error).splitlines()[0][:160]
    return f"{said}, line {mark.line + 2}" if mark is not None else said
