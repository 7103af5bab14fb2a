"""Commands: explained fully, or asked about; what a shell would run is what a rule has seen."""

import pytest

from loom.safety.command_rules import matches_allow, matches_deny
from loom.safety.commands import read_command

UNCLEAR = [
    "", "   ", "echo $(id)", "echo `id`", "echo $HOME", "echo ${x}", "a > b", "a < b", "a >> b", "a 2>&1",
    "(a)", "{ a; }", "a & b", "a &", "X=1 a", "a\rb", "a\u0000b", "a\u2028b", "a\u000bb", "a\\\nb",
    "r\\m x", "$'\\x72m' x", "echo {a,b}", "echo *", "ls ?", "ls [a]", "~/x", "a # b", "cat <<E\nx\nE",
    "if true; then a; fi", "for x in a; do b; done", "! a", "a ||", "&& a", "; a", "a | | b", "echo \"$x\"",
    "echo \"`x`\"", "echo 'a", "echo \"a", "a;;b", "[[ a ]]", "\u0440m x", "echo hi\u200b", "time a",
    "a\tb\u001b", "x" * 10_001, "function f", "coproc a", "select x", "%1",
]  # fmt: skip


@pytest.mark.parametrize("text", UNCLEAR)
def test_what_is_not_fully_explained_is_unclear_and_never_allowed(text: str) -> None:
    assert read_command(text).unclear
    assert not matches_allow(text, "echo *")
    assert not matches_allow(text, "echo:*")
    if text.strip():
        assert matches_deny(text, "rm *") is (True if "x72m" in text or "r\\m" in text else None)


@pytest.mark.parametrize(
    ("text", "pattern", "allowed"),
    [
        ("git status", "git status", True),
        ("git  status", "git status", True),
        ("git status --short", "git status", False),
        ("git status --short", "git status:*", True),
        ("git statusx", "git status:*", False),
        ("npm run test -- -k x", "npm run test *", True),
        ("npm run test && npm run test", "npm run test:*", True),
        ("npm run test && rm -rf x", "npm run test:*", False),
        ("npm run test; curl x", "npm run test:*", False),
        ("npm run test | sh", "npm run test:*", False),
        ("GIT status", "git status", False),
        ("/usr/bin/git status", "git status", False),
        ("'git' 'status'", "git status", True),
        ("env rm x", "env *", False),
        ("find . -delete", "find *", False),
        ("xargs rm", "xargs:*", False),
        ("bash -c 'rm x'", "bash *", False),
        ("sudo ls", "sudo *", False),
        ("git status", "git *", True),
        ("git status", "*", False),
        ("git status", "", False),
        ("git status", "git $x", False),
    ],
)
def test_an_allowing_rule_covers_every_part_exactly(text: str, pattern: str, allowed: bool) -> None:
    assert matches_allow(text, pattern) is allowed


@pytest.mark.parametrize(
    ("text", "pattern", "denied"),
    [
        ("rm x", "rm *", True),
        ("rm", "rm *", True),
        ("rmdir x", "rm *", False),
        ("rmdir x", "rm*", True),
        ("/bin/rm x", "rm *", True),
        ("RM x", "rm *", True),
        ("'r'm x", "rm *", True),
        ('"rm" x', "rm *", True),
        ("ls && rm x", "rm *", True),
        ("ls; rm x", "rm *", True),
        ("ls | rm x", "rm:*", True),
        ("env rm x", "rm *", True),
        ("env A=1 rm x", "rm *", True),
        ("env -i A=1 nice -n 5 rm x", "rm *", True),
        ("nohup rm x", "rm *", True),
        ("timeout 5 rm x", "rm *", True),
        ("sudo -u root rm x", "rm *", True),
        ("xargs rm", "rm *", True),
        ("find . -exec rm x", "rm *", True),
        ("bash -c 'rm x'", "rm *", True),
        ("bash -lc 'ls && rm x'", "rm *", True),
        ("sh -c 'echo $(rm x)'", "rm *", True),
        ("bash script.sh", "rm *", None),
        ("eval ls", "rm *", None),
        ("source x", "rm *", None),
        (". x", "rm *", None),
        ("ssh host ls", "rm *", None),
        ("busybox rm x", "rm *", True),
        ("command rm x", "rm *", True),
        ("exec rm x", "rm *", True),
        ("watch rm x", "rm *", True),
        ("git push --force", "git push*", True),
        ("git pull", "git push*", False),
        ("echo $(rm x)", "rm *", True),
        ("echo `rm x`", "rm *", True),
        ("x=rm; $x y", "rm *", True),
        ("ls > form", "rm *", None),
        ("echo form", "rm *", False),
        ("ls", "rm *", False),
    ],
)
def test_a_denying_rule_sees_through_spellings_and_wrappers(text: str, pattern: str, denied: bool | None) -> None:
    assert matches_deny(text, pattern) is denied
