"""The audit: append-only, and every change shows."""

import json
import sqlite3
import time
from dataclasses import replace
from pathlib import Path

import pytest

from loom.cli import main
from loom.errors import AuditError
from loom.safety.audit import AuditLog, AuditRecord
from loom.safety.profile import Profile
from loom.safety.redaction import HIDDEN, redact, redacted
from loom.safety.rule_trial import try_rule

RECORD = AuditRecord("allowed", "run_command", "c1", "r1", "s1", arguments='{"command": "git status"}')


@pytest.fixture
def log(tmp_path: Path) -> AuditLog:
    made = AuditLog(tmp_path / "audit.db")
    for number in range(5):
        made.append(replace(RECORD, call_id=f"c{number}"))
    return made


def test_the_chain_holds_and_the_file_is_for_its_owner(log: AuditLog) -> None:
    assert log.verify() == 5
    assert log.file.stat().st_mode & 0o077 == 0
    assert [entry.record.call_id for entry in log.entries(limit=2)] == ["c4", "c3"]
    assert [entry.record.call_id for entry in log.entries(search="C2")] == ["c2"]
    assert [json.loads(line)["seq"] for line in log.export()] == [1, 2, 3, 4, 5]


def test_records_can_be_neither_changed_nor_removed(log: AuditLog) -> None:
    with sqlite3.connect(log.file) as direct:
        for statement in ("UPDATE audit SET record = 'x'", "DELETE FROM audit"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                direct.execute(statement)
    direct.close()
    log.close()


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE audit SET record = replace(record, 'git', 'rm') WHERE seq = 3", "Record 3"),
        ("UPDATE audit SET at = at + 1 WHERE seq = 2", "Record 2"),
        ("DELETE FROM audit WHERE seq = 4", "Record 4"),
        ("DELETE FROM audit WHERE seq = 1", "Record 1"),
    ],
)
def test_a_change_behind_its_back_is_found(log: AuditLog, statement: str, said: str) -> None:
    with sqlite3.connect(log.file) as direct:
        direct.execute("DROP TRIGGER audit_no_update")
        direct.execute("DROP TRIGGER audit_no_delete")
        direct.execute(statement)
    direct.close()
    with pytest.raises(AuditError, match=said):
        log.verify()
    log.close()


def test_two_writers_make_one_chain(tmp_path: Path) -> None:
    first, second = AuditLog(tmp_path / "a.db"), AuditLog(tmp_path / "a.db")
    for _ in range(10):
        first.append(RECORD)
        second.append(RECORD)
    assert first.verify() == 20
    first.close()
    second.close()


def test_ten_thousand_records_are_verified_in_a_second(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "a.db")
    log.append(RECORD)
    connection = log._open()
    connection.execute("BEGIN")
    from loom.safety.audit import _hash

    (_, at, text, _, previous) = connection.execute("SELECT * FROM audit").fetchone()
    for seq in range(2, 10_001):
        chained = _hash(seq, at, text, previous)
        connection.execute("INSERT INTO audit VALUES (?, ?, ?, ?, ?)", (seq, at, text, previous, chained))
        previous = chained
    connection.execute("COMMIT")
    began = time.process_time()
    assert log.verify() == 10_000
    assert time.process_time() - began < 5  # a loose bound for a slow machine; the goal is one second
    log.close()


def test_the_command_line_verifies_exports_and_tries_rules(capsys: pytest.CaptureFixture[str]) -> None:
    profile = Profile.default()
    profile.audit.append(RECORD)
    profile.audit.append(replace(RECORD, arguments='{"command": "sudo rm x"}'))
    profile.audit.close()
    assert main(["audit", "verify"]) == 0
    assert "2 records, unchanged" in capsys.readouterr().out
    assert main(["audit", "export"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert main(["rules", "test", "deny", "run_command(rm *)"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("1 of the last 2 calls")
    assert "sudo rm x" in shown
    assert main(["rules", "test", "allow", "run_*"]) == 2
    assert "name the tool" in capsys.readouterr().err


def test_a_rule_is_tried_by_the_functions_that_decide(log: AuditLog) -> None:
    trial = try_rule("run_command(git status)", "allow", log.entries())
    assert (trial.tried, len(trial.about)) == (5, 5)
    assert try_rule("run_command(git push)", "allow", log.entries()).about == ()
    log.close()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "curl -H 'Authorization: Bearer abcdef123456' https://x",
            f"curl -H 'Authorization: Bearer {HIDDEN}' https://x",
        ),
        ("curl -H 'Authorization: Basic YW5uYTp0dWxpcA==' x", f"curl -H 'Authorization: Basic {HIDDEN}' x"),
        ("curl -H 'x-api-key: abcd1234efgh'", f"curl -H 'x-api-key: {HIDDEN}'"),
        ("export API_KEY=abcd1234efgh && make", f"export API_KEY={HIDDEN} && make"),
        ("git clone https://me:hunter2hunter2@host/x", f"git clone https://me:{HIDDEN}@host/x"),
        ("echo sk-abcdefghijklmnop1234", f"echo {HIDDEN}"),
        ("the token is in the file", "the token is in the file"),
        ("grep password README.md", "grep password README.md"),
        ("echo $API_KEY", "echo $API_KEY"),
        ("mysql --password hunter22 -u me", f"mysql --password {HIDDEN} -u me"),
    ],
)
def test_the_secret_goes_and_the_command_around_it_stays(text: str, shown: str) -> None:
    assert redact(text) == shown
    assert redacted({"command": [text]}) == {"command": [shown]}


def test_a_field_named_for_a_secret_is_hidden_whole() -> None:
    assert redacted({"api_key": "plain words here", "name": "x"}) == {"api_key": HIDDEN, "name": "x"}


@pytest.mark.parametrize(
    "text",
    [
        "token = self.next_token(source)", "password: Optional[str] = None", "api_key=settings.api_key,",
        "secret = user_secret", "max_tokens = 128_000_000", "tokens: 12345678,", "password:\n  minLength: 8",
        "the token\n12345678 is a number",
        "authorization = request.headers", "Basic functions: alphabetical",
    ],
)  # fmt: skip
def test_program_text_about_secrets_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    "text", ["DB_PASSWORD=correct-horse-battery", '{"token": "abcd1234efgh"}', "api_key: 'qwertyuiop12'"]
)
def test_secrets_in_files_of_settings_are_hidden(text: str) -> None:
    assert HIDDEN in redact(text)
    assert not any(part in redact(text) for part in ("horse", "1234", "qwerty"))


@pytest.mark.parametrize(
    "text", ["token" * 20_000, "://a:" * 20_000, "-----BEGIN A PRIVATE KEY-----" * 4000, "a_" * 50_000]
)
def test_no_text_takes_long_to_look_through(text: str) -> None:
    began = time.process_time()
    redact(text)
    assert time.process_time() - began < 0.5
