"""Reading what an evaluator said: criteria, and verdicts. Whatever is not clearly a pass is none."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from loom.types.results import CriterionVerdict

PASS, FAIL = "PASS", "FAIL"
MOST_CRITERIA = 50
_BULLET = re.compile(r"^\s*(?:[-*•]|\d+[.)]|\[[ xX]?\])\s*")
_FENCE = re.compile(r"^\s*```[\w-]*\s*\n(.*?)\n\s*```\s*$", re.DOTALL)
_JUDGED = re.compile(
    r"^\W*(?:criterion\s+)?(\d{1,3})\s*[.:)\]–-]*\s*(PASS|FAIL)(?!\w)\s*[-:–—.]*\s*(.*)$", re.IGNORECASE
)
_NUMBERED = re.compile(r"^\W*(?:criterion\s+)?(\d{1,3})\b", re.IGNORECASE)
_DENIED = re.compile(
    r"\b(?:fail(?:s|ed)?|not\s+(?:pass(?:ed)?|met|fulfilled)|does(?:\s+not|n't)\s+hold)\b|[✗✘❌]", re.IGNORECASE
)
_FAILS = re.compile(
    r"^\W*(?:FAIL(?:ED|S)?|NOT PASS(?:ED)?|"
    r"(?i:(?:(?:final|overall)\s+)?(?:verdict|result|judgement|judgment)\W+(?:fail(?:ed|s)?|not\s+pass(?:ed)?)))\b"
)
"""A line that is about all of the work, and says that it fails."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judgement of one sprint: whether it passed, why not, and each criterion's own verdict, in their order."""

    passed: bool
    critique: str
    criteria: list[CriterionVerdict] = field(default_factory=list[CriterionVerdict])


def read_criteria(said: str | Sequence[Any]) -> list[str]:
    """The criteria that an evaluator proposes: a list of strings, as JSON too, or one a line, without bullets."""
    data = _json(said) if isinstance(said, str) else list(said)
    if isinstance(data, dict):
        data = cast("dict[str, Any]", data).get("criteria")
    if isinstance(data, list):
        listed = [str(item).strip() for item in cast("list[Any]", data) if isinstance(item, (str, int, float))]
    else:
        lines = said.splitlines() if isinstance(said, str) else ()
        listed = [_unmarked(line) for line in lines if not line.lstrip().startswith(("#", "```"))]
    unique = dict.fromkeys(each for each in listed if each and not each.endswith(":"))
    return list(unique)[:MOST_CRITERIA]


def read_verdict(text: str, criteria: Sequence[str]) -> Verdict:
    """An evaluator's verdict on these criteria.

    As JSON: `{"verdict": "PASS" or "FAIL", "criteria": [{"criterion": its number, "passed": true or false, "evidence",
    "confidence"}], "critique"}`. Or in lines: the first is exactly PASS or FAIL, and others may say `2. FAIL: why`. It
    passes if it says exactly PASS and nothing in it says otherwise; an empty one does not.
    """
    if not text.strip():
        return Verdict(False, "The evaluator said nothing.", [CriterionVerdict(each) for each in criteria])
    data = _json(text)
    if isinstance(data, dict) and "verdict" in data:
        return _from_json(cast("dict[str, Any]", data), criteria)
    return _from_lines(text.strip(), criteria)


def read_given(given: Sequence[dict[str, Any]], text: str, criteria: Sequence[str]) -> Verdict:
    """The verdict that was given by a tool: the last one, which must have judged each criterion to pass.

    It does not pass if an earlier one, or the `text` that was said beside it, says otherwise.
    """
    verdict = _from_json({**given[-1]}, criteria)
    if verdict.passed and not given[-1].get("criteria"):
        verdict = _unless_unjudged([CriterionVerdict(each) for each in criteria], verdict.critique)
    failed_in_words = any(_takes_back(line, ()) for line in text.splitlines())
    data = _json(text)
    if isinstance(data, dict) and "verdict" in data:
        said = _from_json(cast("dict[str, Any]", data), criteria)
        is_fail = cast("dict[str, Any]", data)["verdict"] != PASS or any(each.passed is False for each in said.criteria)
        failed_in_words = failed_in_words or is_fail
    if verdict.passed and (failed_in_words or any(each.get("verdict") != PASS for each in given)):
        critique = f"The evaluator said both PASS and FAIL.\n{verdict.critique or text}".strip()
        return Verdict(False, critique, verdict.criteria)
    return verdict


def _from_lines(text: str, criteria: Sequence[str]) -> Verdict:
    first, _, rest = text.partition("\n")
    word = first.strip()
    judged = [CriterionVerdict(each) for each in criteria]
    lines = rest.splitlines()
    takes_back = any(_takes_back(line, judged) for line in lines) if word == PASS else False
    for line in lines:
        _judge_line(line, judged)
    critique = rest.strip() if word in (PASS, FAIL) else text
    if word != PASS:
        return Verdict(False, critique or "The evaluator said FAIL, and nothing more.", judged)
    data = _json(rest)
    if isinstance(data, dict) and "verdict" in data:  # said again, with what was seen
        again = _from_json(cast("dict[str, Any]", data), criteria)
        if not again.passed:
            return Verdict(False, f"The evaluator said PASS, and then not: {again.critique}", again.criteria)
    if any(each.passed is False for each in judged):
        return Verdict(False, f"The evaluator said PASS, and that a criterion failed:\n{critique}", judged)
    if takes_back:
        return Verdict(False, f"The evaluator said both PASS and FAIL.\n{critique}", judged)
    for verdict in judged:  # the first line was about all of them
        verdict.passed = True
    return Verdict(True, critique, judged)


def _judge_line(line: str, judged: Sequence[CriterionVerdict]) -> None:
    """Take in what a line says of a criterion: PASS or FAIL after its number, or in other words that it fails."""
    found, numbered = _JUDGED.match(line), _NUMBERED.match(line)
    if numbered is None or not 1 <= int(numbered[1]) <= len(judged):
        return
    verdict = judged[int(numbered[1]) - 1]
    if found:
        # Who says both about one criterion has not passed it.
        verdict.passed = found[2].upper() == PASS and verdict.passed is not False
        verdict.evidence = found[3].strip()
    elif _DENIED.search(line, numbered.end()):
        verdict.passed, verdict.evidence = False, line[numbered.end() :].strip(" .:)-–—")


def _takes_back(line: str, judged: Sequence[CriterionVerdict]) -> bool:
    """Whether a line says of all of the work that it fails, or of a criterion that nobody named."""
    numbered, found = _NUMBERED.match(line), _JUDGED.match(line)
    if numbered is None:
        return bool(_FAILS.match(line))
    return not 1 <= int(numbered[1]) <= len(judged) and found is not None and found[2].upper() == FAIL


def _from_json(data: dict[str, Any], criteria: Sequence[str]) -> Verdict:
    judged = [CriterionVerdict(each) for each in criteria]
    listed: list[Any] = data["criteria"] if isinstance(data.get("criteria"), list) else []
    critique = str(data.get("critique") or "")
    takes_back = any(_FAILS.match(line) for line in critique.splitlines())
    for place, item in enumerate(listed):
        if not isinstance(item, dict):
            continue
        said = cast("dict[str, Any]", item)
        number, passed = _number_of(said.get("criterion", place + 1), criteria), said.get("passed")
        if number is None:
            takes_back = takes_back or passed is False
            continue
        verdict = judged[number]
        verdict.passed = passed is True and verdict.passed is not False if isinstance(passed, bool) else None
        verdict.evidence = str(said.get("evidence") or "")
        confidence = said.get("confidence")
        if isinstance(confidence, (int, float)) and not isinstance(confidence, bool):
            verdict.confidence = min(1.0, max(0.0, float(confidence)))
        verdict.file = str(said.get("file") or "")
        line = said.get("line")
        verdict.line = line if isinstance(line, int) and not isinstance(line, bool) and line > 0 else None
    if data["verdict"] != PASS:
        return Verdict(False, critique or "The evaluator said that it fails, and nothing more.", judged)
    if any(each.passed is False for each in judged):
        return Verdict(False, f"The evaluator said PASS, and that a criterion failed.\n{critique}".strip(), judged)
    if takes_back:
        return Verdict(False, f"The evaluator said both PASS and FAIL.\n{critique}".strip(), judged)
    if data.get("criteria") is None:
        judged = [CriterionVerdict(each, True) for each in criteria]
    return _unless_unjudged(judged, critique)


def _unless_unjudged(judged: list[CriterionVerdict], critique: str) -> Verdict:
    left = [each.criterion for each in judged if each.passed is None]
    if not left:
        return Verdict(True, critique, judged)
    return Verdict(False, f"The evaluator said PASS and did not judge: {'; '.join(left)}\n{critique}".strip(), judged)


def _number_of(said: Any, criteria: Sequence[str]) -> int | None:
    """Which criterion is meant, from 0: by its number from 1, or by its words."""
    if isinstance(said, int) and not isinstance(said, bool):
        return said - 1 if 1 <= said <= len(criteria) else None
    words = str(said).strip()
    if words.isdecimal():
        return _number_of(int(words), criteria)
    return next((n for n, each in enumerate(criteria) if each.strip().casefold() == words.casefold()), None)


def _json(text: str) -> Any:
    """The JSON that a text is, bare or in a code fence; None if it is none."""
    fenced = _FENCE.match(text)
    bare = (fenced[1] if fenced else text).strip()
    if not bare.startswith(("{", "[")):
        return None
    try:
        return json.loads(bare, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object that says each thing once; raises ValueError for one that says something twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name is there twice")
    return found


def _unmarked(line: str) -> str:
    while True:
        shorter = _BULLET.sub("", line, count=1)
        if shorter == line:
            return line.strip()
        line = shorter
