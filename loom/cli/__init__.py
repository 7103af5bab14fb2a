"""The command line: its commands, what each takes, and where its work is done."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import inspect
import sys
from collections.abc import Sequence

from loom.cli.harness_options import MODES, WORDS, add_harness, add_worker, days
from loom.cli.learnt_options import add_learnt
from loom.cli.skills_options import add_skills
from loom.cli.streams import close_output, disarm_terminals, mend_streams

_FORMATS = "jsonl keeps all; trace and har have what models were sent and what came back"
COMMANDS = {
    "run": ("loom.cli.run", "run_once"),
    "chat": ("loom.cli.chat", "chat"),
    "watch": ("loom.cli.watch", "watch"),
    "harness": ("loom.cli.harness", "manage"),
    "worker": ("loom.cli.worker", "work"),
    "knowledge": ("loom.cli.knowledge", "manage"),
    "sessions": ("loom.cli.sessions", "manage"),
    "usage": ("loom.cli.usage", "show"),
    "memory": ("loom.cli.memory", "manage"),
    "insights": ("loom.cli.insights", "manage"),
    "models": ("loom.cli.models", "manage"),
    "audit": ("loom.cli.audit", "manage"),
    "rules": ("loom.cli.rules", "manage"),
    "mcp": ("loom.cli.mcp", "manage"),
    "skills": ("loom.cli.skills", "manage_skills"),
    "plugins": ("loom.cli.skills", "manage_plugins"),
    "doctor": ("loom.cli.doctor", "examine"),
}
"""What does each command: a function of the parsed arguments, imported when asked for, which returns the exit code."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code.

    0 completed, 1 failed, 2 wrong use or configuration, 3 a limit ended the run, 130 cancelled.
    """
    mend_streams()
    parsed = _parsed(_parser(), arguments)
    disarm_terminals()
    from loom.errors import LoomError

    try:
        code = _dispatch(parsed)
        sys.stdout.flush()
    except LoomError as error:
        print(f"loom: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        close_output()
        return 1
    except OSError as error:
        close_output()
        print(f"loom: {f'{error.filename}: ' if error.filename else ''}{error.strerror or error}", file=sys.stderr)
        return 1
    return code


def _parsed(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> argparse.Namespace:
    """What was typed. Words that end a command (`words` names their option) may stand behind options, too."""
    parsed, rest = parser.parse_known_args(arguments)
    words = getattr(parsed, "words", "")
    given = rest[: rest.index("--")] if "--" in rest else rest
    if rest and (not words or any(word.startswith("-") for word in given)):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if rest:
        setattr(parsed, words, [*getattr(parsed, words), *rest[rest[0] == "--" :]])
    return parsed


def _dispatch(parsed: argparse.Namespace) -> int:
    module, name = COMMANDS[parsed.command]
    work = getattr(importlib.import_module(module), name)
    if inspect.iscoroutinefunction(work):
        return asyncio.run(work(parsed))
    return work(parsed)


def _parser() -> argparse.ArgumentParser:
    from loom import __version__

    parser = argparse.ArgumentParser(prog="loom", description="Run AI agents from the command line.")
    parser.add_argument("--version", action="version", version=f"loom {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="one prompt, its answer streamed to standard output")
    run.add_argument("prompt", nargs="?", help="what to do; - reads it from standard input")
    run.add_argument("--resume", metavar="ID", help="go on with a session's interrupted run, instead of a prompt")
    run.add_argument("--json", action="store_true", help="print every event as a line of JSON")
    chat = commands.add_parser("chat", help="a conversation; /help lists its commands")
    for command in (run, chat):
        command.add_argument("--agent", metavar="FILE", help="an agent file (TOML)")
        command.add_argument("--workspace", metavar="DIR", default=".", help="the folder that tools work in")
        command.add_argument("--model", metavar="PROVIDER:NAME", help="a model instead of the agent's")
        command.add_argument("--session", metavar="ID", help="go on with a session (its id, or how that begins)")
        command.add_argument("--mode", choices=MODES, default="ask", help="how much runs without being asked about")
    watched = commands.add_parser("watch", help="an agent's watches without a run, until Ctrl+C")
    watched.add_argument(
        "--agent", metavar="FILE", help="an agent file (TOML) with a heartbeat; else files are watched"
    )
    watched.add_argument("--workspace", metavar="DIR", default=".", help="the folder that is watched")
    watched.add_argument("--json", action="store_true", help="print every event as a line of JSON")
    add_harness(commands.add_parser("harness", help=f"work in sprints that are judged: {WORDS}"))
    add_worker(commands.add_parser("worker", help="work on the harness runs of a database's queue, until Ctrl+C"))
    models = commands.add_parser("models", help="list models, or install the local one")
    actions = models.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="providers, their keys and some of their models")
    install = actions.add_parser("install", help="install a model that runs on this machine")
    install.add_argument("name", choices=["local"])
    _add_sessions(commands.add_parser("sessions", help="what was said and done: list, search, export, fork, delete"))
    _add_usage(commands.add_parser("usage", help="tokens and cost of all sessions"))
    _add_audit(commands.add_parser("audit", help="every decision about a tool call: check the chain, or print it"))
    _add_rules(commands.add_parser("rules", help="permission rules: list them, or try one on past calls"))
    _add_mcp(commands.add_parser("mcp", help="tool servers: list, test, add, approve; or serve an agent as one"))
    add_skills(commands)
    add_learnt(commands)
    doctor = commands.add_parser("doctor", help="what is installed, which keys are set, which models answer")
    doctor.add_argument("--json", action="store_true", help="as JSON")
    return parser


def _add_usage(usage: argparse.ArgumentParser) -> None:
    groups = ("day", "model", "agent", "session", "workspace")
    usage.add_argument("--by", choices=groups, default="day", help="what to sum up by")
    usage.add_argument("--since", metavar="DAY", default="", help="from this day on: 2026-01-31, or 7d for a week")
    how = usage.add_mutually_exclusive_group()
    how.add_argument("--csv", action="store_true", help="as CSV")
    how.add_argument("--json", action="store_true", help="as JSON")


def _add_audit(audit: argparse.ArgumentParser) -> None:
    audits = audit.add_subparsers(dest="action", required=True)
    audits.add_parser("verify", help="check that no record was changed or removed")
    audits.add_parser("export", help="print every record as a line of JSON, oldest first")


def _add_rules(rules: argparse.ArgumentParser) -> None:
    trials = rules.add_subparsers(dest="action", required=True)
    shown = trials.add_parser("list", help="the rules and grants in force")
    shown.add_argument("--workspace", metavar="DIR", default=".", help="the folder whose rules count too")
    trial = trials.add_parser("test", help="which of the last 200 calls a rule is about")
    trial.add_argument("effect", choices=["allow", "ask", "deny"])
    trial.add_argument("rule", help="such as 'run_command(git status)' or 'edit_file(src/**)'")


def _add_mcp(mcp: argparse.ArgumentParser) -> None:
    actions = mcp.add_subparsers(dest="action", required=True)
    listed = actions.add_parser("list", help="every server, and whether it may be started")
    listed.add_argument("--json", action="store_true", help="as JSON")
    tested = actions.add_parser("test", help="connect one, and show its tools")
    agreed = actions.add_parser("approve", help="see how one is started and what changed of its tools, and agree")
    agreed.add_argument("--yes", action="store_true", help="agree to what is shown without a question")
    added = actions.add_parser(
        "add", help="put one into your profile: NAME -- COMMAND …, NAME --url URL, or --json TEXT"
    )
    added.add_argument("name", nargs="?", help="how its tools' names begin")
    added.add_argument("command_line", nargs="*", metavar="COMMAND", help="the program and its arguments")
    added.set_defaults(words="command_line")
    added.add_argument("--url", help="the address of a server that runs already")
    added.add_argument("--env", action="append", default=[], metavar="NAME=VALUE", help="a variable that it gets")
    added.add_argument("--header", action="append", default=[], metavar="NAME=VALUE", help="a header for its address")
    added.add_argument("--json", dest="json_text", metavar="TEXT", help='as others write it: {"mcpServers": …}')
    removed = actions.add_parser("remove", help="take one out of your profile")
    for action in (tested, agreed, removed):
        action.add_argument("name", help="the server's name")
    served = actions.add_parser("serve", help="answer as a server that gives an agent work")
    served.add_argument("--http", type=int, metavar="PORT", help="on a port of this machine, instead of stdio")
    served.add_argument("--model", metavar="PROVIDER:NAME", help="a model instead of the agent's")
    served.add_argument("--mode", choices=MODES, default="ask", help="how much runs without being asked about")
    for action in (listed, tested, agreed, served):
        action.add_argument("--agent", metavar="FILE", help="an agent file (TOML), whose servers count too")
        action.add_argument("--workspace", metavar="DIR", default=".", help="the folder whose .mcp.json counts too")


def _add_sessions(sessions: argparse.ArgumentParser) -> None:
    actions = sessions.add_subparsers(dest="action", required=True)
    listed = actions.add_parser("list", help="every session, the last used first")
    listed.add_argument("--all", action="store_true", help="with archived ones")
    shown = actions.add_parser("show", help="one session, to read")
    searched = actions.add_parser("search", help="find words in all sessions")
    searched.add_argument("query", help='the words; "in quotes" they must follow each other')
    searched.add_argument("--limit", type=int, default=100, metavar="N", help="at most this many places")
    exported = actions.add_parser("export", help="a session as a file that others can read")
    exported.add_argument("--output", "-o", metavar="FILE", help="where to; else to standard output")
    exported.add_argument(
        "--format", choices=["jsonl", "markdown", "html", "trace", "har"], default="jsonl", help=_FORMATS
    )
    exported.add_argument("--with-secrets", action="store_true", help="keys and tokens in Markdown and HTML, too")
    imported = actions.add_parser("import", help="put a session from a file beside the others")
    imported.add_argument("file", help="JSONL of loom, Claude Code or Codex")
    forked = actions.add_parser("fork", help="copy a session, whole or up to a record")
    forked.add_argument("--at", type=int, metavar="N", help="the last record to copy, as show numbers them")
    deleted = actions.add_parser("delete", help="delete sessions for good")
    deleted.add_argument("ids", nargs="+", metavar="ID", help="a session's id, or how it begins")
    pruned = actions.add_parser("prune", help="delete for good what was not used for long; pinned sessions stay")
    pruned.add_argument("--days", type=days, required=True, metavar="N", help="not used for so many days")
    verified = actions.add_parser("verify", help="check that every record is what was written")
    verified.add_argument("--repair", action="store_true", help="set a damaged file aside and save what can be read")
    for action in (shown, exported, forked):
        action.add_argument("id", metavar="ID", help="a session's id, or how it begins")
    for action in (listed, shown, searched):
        action.add_argument("--json", action="store_true", help="as JSON")
