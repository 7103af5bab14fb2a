"""The critique of a run as a work list: what was found, where, and what became of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from loom.orchestration.record import Criterion, Sprint

FindingState = Literal["open", "fixed", "came back", "waived", "not judged"]

_PLACE = re.compile(r"(?<![\w/])((?:[\w.+-]+/)*[\w+-]+\.[A-Za-z]\w{0,7}):(\d{1,7})\b")
_BULLET = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+")
_JUDGED = re.compile(r"^\W*(?:criterion\s+)?\d{1,3}\s*[.:)\]–-]*\s*(?:PASS|FAIL)(?!\w)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was wrong after a sprint. `criterion` is empty for what the critique says beside them.

    `file` and `line` are where it is, if that was said. `fate` is its state in words, such as `fixed in sprint 3`,
    as far as the run has come.
    """

    criterion: str
    text: str
    file: str
    line: int | None
    since: int
    state: FindingState
    fate: str

    @property
    def place(self) -> str:
        """File and line in a word; empty where nobody said it."""
        return f"{self.file}:{self.line}" if self.file and self.line is not None else self.file


def findings_of(sprints: Sequence[Sprint], at: int) -> list[Finding]:
    """What was wrong after the sprint at this place of the list, and before: what is open first, then what is not."""
    seen = sprints[at]
    found = [_of_criterion(sprints, at, each) for each in seen.criteria if each.passed is not True and seen.is_over]
    listed = {each.text for each in seen.criteria if each.passed is not True}
    for place in range(at - 1, -1, -1):
        for each in sprints[place].criteria:
            if each.passed is False and each.text not in listed:
                listed.add(each.text)
                found.append(_of_criterion(sprints, place, each))
    found += _beside(sprints, at)
    return sorted(found, key=lambda each: each.state not in ("open", "came back", "not judged"))


def place_in(text: str) -> tuple[str, int | None]:
    """The first file and line that a text names, such as `src/app.py:12`; an empty file for none."""
    found = _PLACE.search(text)
    return (found[1], int(found[2])) if found else ("", None)


def places_in(text: str) -> list[tuple[int, int, str, int]]:
    """Every file and line that a text names: where the words begin and end in it, the file, the line."""
    return [(found.start(), found.end(), found[1], int(found[2])) for found in _PLACE.finditer(text)]


def _of_criterion(sprints: Sequence[Sprint], at: int, each: Criterion) -> Finding:
    file, line = (each.file, each.line) if each.file else place_in(each.evidence)
    state, fate = _fate(sprints, at, each.text)
    return Finding(each.text, each.evidence, file, line, _since(sprints, at, each.text), state, fate)


def _since(sprints: Sequence[Sprint], at: int, text: str) -> int:
    """The sprint in which the criterion failed first."""
    for sprint in sprints[: at + 1]:
        if any(each.text == text and each.passed is False for each in sprint.criteria):
            return sprint.number
    return sprints[at].number


def _fate(sprints: Sequence[Sprint], at: int, text: str) -> tuple[FindingState, str]:
    """What became of a criterion that did not hold after a sprint, in the sprints that followed."""
    own = next((each.passed for each in sprints[at].criteria if each.text == text), None)
    state: FindingState = "open" if own is False else "not judged"
    fate = "open" if own is False else "not judged"
    for sprint in sprints[at:]:
        if sprint is not sprints[at]:
            if text in sprint.dropped:
                return "waived", f"waived before sprint {sprint.number}"
            now = next((each.passed for each in sprint.criteria if each.text == text), None)
            if now is True and state != "fixed":
                state, fate = "fixed", f"fixed in sprint {sprint.number}"
            elif now is False and state == "fixed":
                state, fate = "came back", f"came back in {sprint.number}"
            elif now is False and state == "not judged":
                state, fate = "open", "open"
        if sprint.state == "accepted" and state != "fixed":
            return "waived", f"waived: {sprint.accepted_by} accepted sprint {sprint.number}"
    return state, fate


def _beside(sprints: Sequence[Sprint], at: int) -> list[Finding]:
    """What the critique says with a place and about no criterion by its number."""
    seen = sprints[at]
    known = {(each.file, each.line) if each.file else place_in(each.evidence) for each in seen.criteria}
    evidence = "\n".join(each.evidence for each in seen.criteria)
    found: list[Finding] = []
    for raw in seen.critique.splitlines():
        text = _BULLET.sub("", raw).strip()
        file, line = place_in(text)
        if not file or _JUDGED.match(raw) or text in evidence or (file, line) in known:
            continue
        known.add((file, line))
        later = [each for each in sprints[at + 1 :] if each.is_over]
        gone = next((each.number for each in later if file not in each.critique), None)
        if gone is not None:
            state, fate = "fixed", f"not named again since sprint {gone}"
        elif (passed := next((each for each in (seen, *later) if each.state == "passed"), None)) is not None:
            state, fate = "waived", f"sprint {passed.number} passed all the same"
        elif seen.state == "accepted":
            state, fate = "waived", f"waived: {seen.accepted_by} accepted sprint {seen.number}"
        else:
            state, fate = "open", "open"
        found.append(Finding("", text, file, line, seen.number, state, fate))
    return found
