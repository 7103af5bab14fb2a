"""What may be typed after `loom harness` and `loom worker`."""

from __future__ import annotations

import argparse
import math
from typing import Any

Actions = Any
"""What `add_subparsers` gives, which has no public type."""
MODES = ("ask", "plan", "accept-edits", "auto")
SIGNALS = ("stop", "remark", "criterion", "accept", "contract", "refuse", "cancel")
WORDS = "run, batch, status, resume, signal, fork, report, approvals, approve, deny, revoke, delete, prune"


def add_harness(harness: argparse.ArgumentParser) -> None:
    """The actions of `loom harness`."""
    actions = harness.add_subparsers(dest="action", required=True)
    run = actions.add_parser("run", help="do what a brief asks, in sprints, until every criterion holds")
    run.add_argument("brief", help="what to make; - reads it from standard input")
    run.add_argument("--id", default="", metavar="ID", help="the run's id; else one is made")
    batch = actions.add_parser("batch", help="many briefs: a line of JSON each, with brief, id and what else differs")
    batch.add_argument("file", help="JSON lines; - reads them from standard input")
    batch.add_argument("--parallel", type=int, default=2, metavar="N", help="so many at a time, without a database")
    batch.add_argument("--no-wait", action="store_true", help="put them into the queue, and leave")
    batch.add_argument("--resume", action="store_true", help="go on with those of the file that are known and not done")
    for action in (run, batch):
        _add_work(action)
    resumed = actions.add_parser("resume", help="go on with a run whose process ended")
    status = actions.add_parser("status", help="every run, or one with its sprints")
    status.add_argument("id", nargs="?", help="a run's id, or how it begins")
    said = actions.add_parser("signal", help="say something to a run that works, here or elsewhere")
    approvals = actions.add_parser("approvals", help="calls that wait for a person, and what is allowed for a run")
    approvals.add_argument("id", nargs="?", help="a run's id, or how it begins")
    approved = actions.add_parser("approve", help="let a call that waits run")
    _add_approving(approved)
    denied = actions.add_parser("deny", help="refuse a call that waits")
    revoked = actions.add_parser("revoke", help="take back what was allowed for the whole of a run")
    deleted = actions.add_parser("delete", help="delete a run for good, with what its agents did")
    pruned = actions.add_parser("prune", help="delete for good the runs that are done and were not used for long")
    pruned.add_argument("--days", type=days, required=True, metavar="N", help="not used for so many days")
    forked, reported = _add_fork(actions), _add_report(actions)
    for action in (resumed, said, approved, denied, revoked, deleted, forked, reported):
        action.add_argument("id", help="a run's id, or how it begins")
    for action in (approved, denied, revoked):
        action.add_argument("request", help="the request's id, or how it begins")
    for action in (approved, denied):
        action.add_argument("--hash", default="", metavar="SHA256", help="refuse unless it is about these arguments")
    denied.add_argument("reason", nargs="*", help="what the model is told")
    denied.set_defaults(words="reason")
    denied.add_argument("--stop", action="store_true", help="end the agent's run, too")
    said.add_argument("kind", choices=SIGNALS)
    said.add_argument("text", nargs="*", help="the remark or criterion; for a contract its criteria, if they change")
    said.set_defaults(words="text")
    said.add_argument("--sprint", type=int, metavar="N", help="the sprint to accept; else the one that runs")
    for action in (run, batch, resumed, status, approvals, forked):
        action.add_argument("--json", action="store_true", help="print lines of JSON")
    for action in set(actions.choices.values()):
        add_database(action)


def _add_approving(approved: argparse.ArgumentParser) -> None:
    how = approved.add_mutually_exclusive_group()
    how.add_argument("--for-run", action="store_true", help="and later ones of the run that its rule covers")
    told = "and from now on what this rule covers in the workspace; without one, what the request offers"
    how.add_argument("--always", nargs="?", const=True, metavar="RULE", help=told)
    how.add_argument("--arguments", metavar="JSON", help="with these instead; - reads them from standard input")
    approved.add_argument("--days", type=float, metavar="N", help="--always for so long; else until it is revoked")


def _add_fork(actions: Actions) -> argparse.ArgumentParser:
    forked = actions.add_parser("fork", help="go on from a sprint of a run, with another model")
    forked.add_argument("--sprint", type=int, required=True, metavar="N", help="begin after this one; 0: anew")
    forked.add_argument("--model", metavar="PROVIDER:NAME", help="a model instead of the run's")
    forked.add_argument("--agent", metavar="FILE", help="the agent file of the one that works, instead of the run's")
    forked.add_argument("--max-sprints", type=int, metavar="N", help="end after so many sprints, those before included")
    where = forked.add_mutually_exclusive_group()
    where.add_argument("--into", metavar="DIR", help="the folder for the copy of the files; else beside the run's")
    where.add_argument("--in-place", action="store_true", help="work in the run's own folder, taken back to the sprint")
    forked.add_argument("--no-work", action="store_true", help="only make it; `loom harness resume` goes on")
    return forked


def _add_report(actions: Actions) -> argparse.ArgumentParser:
    reported = actions.add_parser("report", help="a run as a report that others can read")
    reported.add_argument("--format", choices=["markdown", "html"], default="markdown", help="html is one page")
    reported.add_argument("--output", "-o", metavar="FILE", help="where to; else to standard output")
    return reported


def add_worker(worker: argparse.ArgumentParser) -> None:
    """The options of `loom worker`."""
    worker.add_argument("--queue", default="harness", metavar="NAME", help="the queue to work on")
    worker.add_argument("--id", default="", metavar="NAME", help="this worker's name, unlike that of every other")
    worker.add_argument("--concurrency", type=int, default=2, metavar="N", help="so many runs at a time")
    worker.add_argument("--lease", type=float, default=15.0, metavar="S", help="when others may take a dead one's runs")
    worker.add_argument("--json", action="store_true", help="print lines of JSON")
    add_database(worker)


def add_database(action: argparse.ArgumentParser) -> None:
    """The option that says where runs are kept."""
    told = "runs are kept there, for workers on many machines; else LOOM_DATABASE_URL, else the profile"
    action.add_argument("--database-url", default="", metavar="URL", help=told)


def _add_work(action: argparse.ArgumentParser) -> None:
    action.add_argument("--agent", default="", metavar="FILE", help="the agent file of the one that works")
    action.add_argument("--evaluator", default="", metavar="FILE", help="the one that judges; else the agent's model")
    action.add_argument("--planner", default="", metavar="FILE", help="the one that makes a specification of the brief")
    action.add_argument("--model", default="", metavar="PROVIDER:NAME", help="a model instead of the agents'")
    for role, dest in (("generator", "agent"), ("evaluator", "evaluator"), ("planner", "planner")):
        told = f"the {role}'s, whatever --model says" + ("; without --planner one is made" if role == "planner" else "")
        option = f"--{role}-model"
        action.add_argument(option, default="", metavar="PROVIDER:NAME", dest=f"{dest}_model", help=told)
    action.add_argument("--workspace", metavar="DIR", default=".", help="the folder that tools and commands work in")
    action.add_argument("--max-sprints", type=int, default=5, metavar="N", help="end after so many sprints")
    action.add_argument("--max-tokens", type=int, metavar="N", help="begin no sprint once so many tokens are used")
    action.add_argument("--max-cost", type=float, metavar="USD", dest="max_cost_usd", help="nor once so much is spent")
    action.add_argument("--patience", type=int, metavar="N", help="end after so many in a row without progress")
    action.add_argument(
        "--also-evaluator", action="append", default=[], metavar="FILE", dest="evaluators", help="another that judges"
    )
    action.add_argument("--quorum", type=int, metavar="N", help="how many evaluators must pass a sprint; else each")
    action.add_argument(
        "--eval-tool", action="append", default=[], metavar="NAME", dest="eval_tools", help="judge with this tool"
    )
    action.add_argument("--criterion", action="append", default=[], metavar="TEXT", help="a criterion from the start")
    action.add_argument(
        "--command", action="append", default=[], metavar="LINE", dest="commands", help="must exit with 0"
    )
    action.add_argument("--approve-contract", action="store_true", help="wait for `loom harness signal ID contract`")
    action.add_argument("--mode", choices=MODES, default="ask", help="how much runs without being asked about")
    told = "calls that must be asked about where nobody sits: refuse them, or wait for `loom harness approve`"
    action.add_argument("--asks", choices=["refuse", "wait"], default=None, help=told)
    action.add_argument("--queue", default="", metavar="NAME", help="have a worker of this queue do it")


def days(text: str) -> float:
    """A number of days, 0 or more: less would be in the future, and everything older than that."""
    number = float(text)
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is no number of days from 0 on")
    return number
