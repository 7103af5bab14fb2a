"""The work list of a run: what was found, where, and what became of it."""

import pytest

from loom.orchestration.findings import findings_of, place_in
from loom.orchestration.record import Criterion, Sprint


def sprint(number: int, *judged: bool | None, state: str = "failed", **more: object) -> Sprint:
    names = ("It starts", "It ends", "It is short")
    criteria = tuple(Criterion(names[n], passed, f"src/a.py:{n + 1} says so") for n, passed in enumerate(judged))
    return Sprint(number, state, criteria, **more)  # type: ignore[arg-type]


def fates(sprints: list[Sprint], at: int) -> dict[str, str]:
    return {each.criterion or each.text: each.fate for each in findings_of(sprints, at)}


def test_a_finding_is_open_is_fixed_and_comes_back() -> None:
    run = [sprint(1, False, False, True), sprint(2, False, True, True), sprint(3, True, True, True)]
    assert fates(run[:1], 0) == {"It starts": "open", "It ends": "open"}
    assert fates(run, 0) == {"It starts": "fixed in sprint 3", "It ends": "fixed in sprint 2"}
    run.append(sprint(4, True, False, True))
    assert fates(run, 0)["It ends"] == "came back in 4"
    assert fates(run, 3) == {"It ends": "open", "It starts": "fixed in sprint 3"}


def test_a_finding_has_its_place_and_the_sprint_it_was_first_seen_in() -> None:
    run = [sprint(1, False), sprint(2, False)]
    (found,) = findings_of(run, 1)
    assert (found.file, found.line, found.place, found.since) == ("src/a.py", 1, "src/a.py:1", 1)


def test_what_a_person_takes_out_or_accepts_is_waived() -> None:
    run = [sprint(1, False, False), sprint(2, True, dropped=("It ends",))]
    assert fates(run, 0) == {"It starts": "fixed in sprint 2", "It ends": "waived before sprint 2"}
    taken = [sprint(1, False, True), sprint(2, False, True, state="accepted", accepted_by="Ada")]
    assert fates(taken, 0) == {"It starts": "waived: Ada accepted sprint 2"}


def test_what_was_not_judged_is_said_to_be() -> None:
    run = [sprint(1, None), sprint(2, True)]
    assert fates(run[:1], 0) == {"It starts": "not judged"}
    assert fates(run, 0) == {"It starts": "fixed in sprint 2"}


def test_a_place_in_the_critique_is_a_finding_of_its_own() -> None:
    critique = "1. FAIL: src/a.py:1 says so\n- lib/b.c:77 leaks\nNothing else."
    run = [sprint(1, False, critique=critique), sprint(2, False, critique="better")]
    found = {each.text: (each.place, each.fate) for each in findings_of(run, 0) if not each.criterion}
    assert found == {"lib/b.c:77 leaks": ("lib/b.c:77", "not named again since sprint 2")}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("calc.py:12: AssertionError", ("calc.py", 12)),
        ("in a/b/c-d.ts:7, twice", ("a/b/c-d.ts", 7)),
        ("at 10:30 it said 3.5:1", ("", None)),
        ("http://host.example:8080/x", ("", None)),
        ("", ("", None)),
    ],
)
def test_places_are_files_with_lines(text: str, place: tuple[str, int | None]) -> None:
    assert place_in(text) == place
