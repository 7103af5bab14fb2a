"""Differences of contents, line by line and byte for byte: hunks, how they read, and how one is taken back."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

from loom.errors import CheckpointError

_CONTEXT = 3
_MOST_COMPARED = 5_000
_NUL_WITHIN = 8192


@dataclass(frozen=True, slots=True)
class Block:
    """Lines `a0` to `a1` of the old content became `b0` to `b1` of the new; `is_equal` says that they are the same."""

    is_equal: bool
    a0: int
    a1: int
    b0: int
    b1: int


def is_binary(data: bytes) -> bool:
    """Whether a content is no text: it has a NUL near its start."""
    return b"\x00" in data[:_NUL_WITHIN]


def split_lines(data: bytes) -> list[bytes]:
    """Lines with their newlines; the last may have none. A carriage return is part of its line."""
    lines = [line + b"\n" for line in data.split(b"\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def blocks(old: list[bytes], new: list[bytes]) -> list[Block]:
    """Equal and unequal blocks of lines in turn. Where more than 5,000 lines differ, they are one block."""
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    a1, b1 = len(old) - tail, len(new) - tail
    found: list[Block] = [Block(True, 0, head, 0, head)] if head else []
    if max(a1, b1) - head > _MOST_COMPARED:
        found.append(Block(False, head, a1, head, b1))
    else:
        matcher = SequenceMatcher(None, old[head:a1], new[head:b1])
        found += [
            Block(tag == "equal", head + i0, head + i1, head + j0, head + j1)
            for tag, i0, i1, j0, j1 in matcher.get_opcodes()
        ]
    if tail:
        found.append(Block(True, a1, len(old), b1, len(new)))
    return found


def hunks(old: list[bytes], new: list[bytes]) -> list[list[Block]]:
    """The blocks that differ, in groups, each with up to three lines that are the same around it."""
    groups: list[list[Block]] = []
    group: list[Block] = []
    for block in blocks(old, new):
        if not block.is_equal:
            group.append(block)
            continue
        size = block.a1 - block.a0
        if group and size > 2 * _CONTEXT:
            group.append(Block(True, block.a0, block.a0 + _CONTEXT, block.b0, block.b0 + _CONTEXT))
            groups.append(group)
            group = []
        if group:
            group.append(block)
        else:
            cut = max(0, size - _CONTEXT)
            group = [Block(True, block.a0 + cut, block.a1, block.b0 + cut, block.b1)]
    if group and not group[-1].is_equal:
        groups.append(group)
    elif len(group) > 1:
        last = group[-1]
        end = min(_CONTEXT, last.a1 - last.a0)
        groups.append([*group[:-1], Block(True, last.a0, last.a0 + end, last.b0, last.b0 + end)])
    return groups


def unified(old: bytes, new: bytes, old_name: str, new_name: str) -> str:
    """The unified diff of two texts, empty if they are the same. Bytes that are no UTF-8 are shown as U+FFFD."""
    before, after = split_lines(old), split_lines(new)
    lines: list[str] = []
    for hunk in hunks(before, after):
        first, last = hunk[0], hunk[-1]
        lines.append(f"@@ -{_range(first.a0, last.a1)} +{_range(first.b0, last.b1)} @@\n")
        for block in hunk:
            if block.is_equal:
                lines += [_line(" ", line) for line in before[block.a0 : block.a1]]
            else:
                lines += [_line("-", line) for line in before[block.a0 : block.a1]]
                lines += [_line("+", line) for line in after[block.b0 : block.b1]]
    return "".join([f"--- {old_name}\n", f"+++ {new_name}\n", *lines]) if lines else ""


def counts(old: bytes, new: bytes) -> tuple[int, int]:
    """How many lines were added and how many were taken away."""
    changed = [block for block in blocks(split_lines(old), split_lines(new)) if not block.is_equal]
    return sum(b.b1 - b.b0 for b in changed), sum(b.a1 - b.a0 for b in changed)


def without_hunk(old: bytes, new: bytes, now: bytes, number: int) -> bytes:
    """The content as it is now, with one hunk of the difference from old to new taken back; the first hunk is 0.

    Raises CheckpointError if there is no such hunk, or its lines don't stand in exactly one place any more.
    """
    before, after, present = split_lines(old), split_lines(new), split_lines(now)
    found = hunks(before, after)
    if not 0 <= number < len(found):
        raise CheckpointError(f"There is no change number {number}; there are {len(found)}, counted from 0")
    first, last = found[number][0], found[number][-1]
    made, replaced = after[first.b0 : last.b1], before[first.a0 : last.a1]
    at = first.b0 if present == after else _place(present, made)
    if at is None:
        raise CheckpointError("The change no longer applies: its lines are different now, or stand in several places")
    return b"".join([*present[:at], *replaced, *present[at + len(made) :]])


def _place(lines: list[bytes], wanted: list[bytes]) -> int | None:
    """Where the wanted lines stand, if that is in exactly one place."""
    if not wanted:
        return None if lines else 0
    found = [at for at in range(len(lines) - len(wanted) + 1) if lines[at : at + len(wanted)] == wanted]
    return found[0] if len(found) == 1 else None


def _range(start: int, end: int) -> str:
    size = end - start
    if size == 1:
        return str(start + 1)
    return f"{start + 1 if size else start},{size}"


def _line(sign: str, line: bytes) -> str:
    text = sign + line.decode("utf-8", "replace")
    return text if line.endswith(b"\n") else f"{text}\n\\ No newline at end of file\n"
