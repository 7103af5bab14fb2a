"""What a run's journal says of sprints and findings, in the language of the window; in English as the journal does."""

from __future__ import annotations

from loom.orchestration.findings import Finding
from loom.orchestration.record import ChangedFile, Happening, Span, Sprint, ToldRun
from loom_studio.runtime_words import said
from loom_studio.services.harness import how_words
from loom_studio.services.retold import retold
from loom_studio.texts import clauses, marked, tr

STATES = {
    "waiting": marked("waiting"),
    "working": "working",  # is not said: what is done then is
    "passed": marked("passed"),
    "failed": marked("failed"),
    "accepted": marked("accepted"),
}
DOING = (
    marked("its contract waits for approval"),
    marked("its contract is being agreed"),
    marked("the generator works"),
    marked("the evaluator judges"),
    marked("interrupted"),
)
WORK = (
    *DOING,
    marked("the planner wrote the specification"),
    marked("the evaluator proposed criteria"),
    marked("the generator worked"),
    marked("a command ran: {command}"),
    marked("evaluator {number} judged"),
)
FAILED = ", and failed: "
FACTS = {
    "State": marked("State"),
    "Generator": marked("Generator"),
    "Evaluator": marked("Evaluator"),
    "Planner": marked("Planner"),
    "Workspace": marked("Workspace"),
    "Budget": marked("Budget"),
    "Took": marked("Took"),
    "Forked": marked("Forked"),
    "Run": marked("Run"),
}
SAID = ("State", "Budget", "Took", "Forked")
"""The facts whose values are words, parts between commas."""
PARTS = (
    marked("{ended} of {most} sprints"),
    marked("at most {most} sprints"),
    marked("{tokens} tokens"),
    marked("{sprints} sprints without progress"),
    marked("{seconds} s of work"),
    marked("cost not known"),
    marked("from sprint {sprint} of {run}"),
)
HAPPENED = {
    "approval": (marked("{tool} waited for a person"),),
    "veto": (marked("{tool} was refused: {why}"),),
    "files": (marked("{tool} changed {files}"),),
    "failed": (
        marked("{tool} gave the same {times} times in a row"),
        marked("The model was asked again: {why}"),
        marked("{tool} failed: {why}"),
    ),
    "compressed": (marked("The context was made smaller: {level}"), marked("The window was begun anew")),
}
FATES = (
    marked("open"),
    marked("not judged"),
    marked("waived before sprint {sprint}"),
    marked("fixed in sprint {sprint}"),
    marked("came back in {sprint}"),
    marked("waived: {who} accepted sprint {sprint}"),
    marked("not named again since sprint {sprint}"),
    marked("sprint {sprint} passed all the same"),
)
CHANGES = {"added": marked("added"), "changed": marked("changed"), "deleted": marked("deleted")}
PERSON = marked("person")


def sprint_words(sprint: Sprint) -> str:
    """A sprint in a line."""
    if sprint.accepted_by:
        how = tr("accepted by {who}", who=tr(PERSON) if sprint.accepted_by == PERSON else sprint.accepted_by)
    else:
        how = retold(sprint.doing, DOING) or tr(STATES[sprint.state])
    passed, count = sprint.passed_criteria, len(sprint.criteria)
    return tr(
        "Sprint {number}, {how}, {passed} of {count} criteria",
        number=sprint.number,
        how=how,
        passed=passed,
        count=count,
    )


def facts_of(run: ToldRun) -> list[tuple[str, str, str]]:
    """What is known of a run: each fact by its name in English, then its name and value as they are shown."""
    return [(name, tr(FACTS.get(name, name)), _value(value) if name in SAID else value) for name, value in run.facts]


def span_words(span: Span) -> str:
    """What a piece of work was."""
    work, failed, why = span.words.partition(FAILED)
    done = retold(work, WORK)
    return tr("{work}, and failed: {why}", work=done, why=said(why)) if failed else done


def happening_words(each: Happening) -> str:
    """What happened."""
    return retold(each.text, HAPPENED.get(each.kind, ()))


def fate_words(finding: Finding) -> str:
    """What became of a finding."""
    return retold(finding.fate, FATES)


def change_words(change: ChangedFile) -> str:
    """The change of a file in a line."""
    lines = f" (+{change.added_lines} −{change.removed_lines})" if change.added_lines is not None else ""
    return f"{change.path}: {tr(CHANGES.get(change.what, change.what))}{lines}"


def _value(value: str) -> str:
    return clauses(retold(how_words(part), PARTS) for part in value.split(", "))
