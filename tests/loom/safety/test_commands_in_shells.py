"""A clear reading is what real shells run: bash and sh run exactly its words, in its order, and nothing else."""

import os
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from loom.safety.commands import read_command

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(os.name == "nt" or not shutil.which("bash"), reason="there is no bash"),
]

# Each command is this script under the command's name: it notes how it was called, in order, and ends with $STATUS.
RECORDER = """#!/bin/sh
printf '%s\\0' "${0##*/}" "$@" > "$RECORD/$$"
echo $$ >> "$RECORD/order"
exit $STATUS
"""
# In bash, nothing is the shell's own any more, and what is not on the path is noted, too.
STRICT_BASH = """
shopt -u expand_aliases
command_not_found_handle() { "$RECORDER" "not-in-the-reading:$1"; }
enable -n $(compgen -b)
"""
OWN_OF_SH = {"cd", "echo", "printf", "pwd", "true", "false", ":", "test", "exit", "kill", "."}


class Shells:
    """Runs a text in a shell whose every program is the recorder, and says how each was called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.recorder = folder / "recorder"
        self.recorder.write_text(RECORDER)
        self.recorder.chmod(0o755)
        (folder / "strict").write_text(STRICT_BASH)
        self.count = 0

    def run(self, shell: str, text: str, names: set[str], status: int) -> list[tuple[str, ...]]:
        self.count += 1
        here = self.folder / f"run{self.count}"
        for name in ("bin", "record", "work"):
            (here / name).mkdir(parents=True)
        for name in names:
            (here / "bin" / name).symlink_to(self.recorder)
        (here / "work" / "file.txt").touch()  # something for a pattern to match
        environment = {
            "PATH": str(here / "bin"),
            "RECORD": str(here / "record"),
            "RECORDER": str(self.recorder),
            "STATUS": str(status),
            "HOME": "/somewhere",
            "x": "y z",
            "LANG": "C.UTF-8",
        }
        if shell == "bash":
            environment["BASH_ENV"] = str(self.folder / "strict")
        program = shutil.which(shell)
        assert program is not None
        subprocess.run(
            [program, "-c", text],
            cwd=here / "work", env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=150,
        )  # fmt: skip
        order = here / "record" / "order"
        pids = order.read_text().split() if order.exists() else []
        called = [(here / "record" / pid).read_bytes().decode().split("\0")[:-1] for pid in pids]
        left_behind = [path.name for path in (here / "work").iterdir()]
        assert left_behind == ["file.txt"], f"{text!r} made {left_behind}"
        shutil.rmtree(here)
        return [tuple(words) for words in called]


@pytest.fixture(scope="module")
def shells() -> Iterator[Shells]:
    with tempfile.TemporaryDirectory() as folder:
        yield Shells(Path(folder))


def assert_a_shell_agrees(shells: Shells, shell: str, text: str) -> None:
    """The shell accepts the text; and over one run where all succeeds and one where all fails, it runs the reading.

    What `&&` leaves out in the one run runs in the other, and so with `||`; neither runs anything else.
    """
    reading = read_command(text)
    accepted = subprocess.run([shell, "-n", "-c", text], capture_output=True, check=False, timeout=150)
    assert accepted.returncode == 0, f"{shell} does not accept {text!r}: {accepted.stderr!r}"
    wanted = list(reading.simple)
    names = {words[0] for words in wanted}
    together: Counter[tuple[str, ...]] = Counter()
    for status in (0, 1):
        called = shells.run(shell, text, names, status)
        assert not Counter(called) - Counter(wanted), f"{shell} ran {called} for {text!r}, read as {wanted}"
        if "|" not in text:  # in a pipe, they run at the same time
            rest = iter(wanted)
            assert all(words in rest for words in called), f"{shell} ran {called} for {text!r}, not in order"
        together += Counter(called)
    assert not Counter(wanted) - together, f"{shell} ran {together} for {text!r}, read as {wanted}"


WORDS = st.sampled_from(
    ["ls", "rm", "-rf", "git", "x=1", "a", "b", "echo", "printf", "-v", "test", "cd", "HEAD~1", "a:~", "~", "{}",
    "@{1}",
     "{a,b}", "{1..3}", "*", "?", "[a-z]*", "#", "a#b", "!", "!x", "%1", "time", "if", "do", "then", "in", "\\", "\\n",
     "r\\m", "'r'm", "r''m", '"r"m', "''", '""', "'a b'", '"a b"', '"a\\b"', '"\\""', '"\\\\"', '"\\$x"', '"$x"', "$x",
     "'$x'", "$'\\x72m'", '$"x"', "`ls`", "$(ls)", "'`ls`'", "'#'", "'*'", '"*"', "a'\n'b", '"\n"', "'\\\n'", "\\\n",
     "2", "2>&1", ">f", "<f", "&", "&>f", "(", ")", "{", "}", "[[", "[", "]", "é", "ｒｍ", "\u2024", "\u00a0", "\u2028",
     "\r", "\v", "\f", "\u200b", "--", "-", "=", "+", "@", ",", ".", "..", ":", "^", "alias", "eval", "exec", "set",
     "export", "unset", "function", "coproc", "<<E", "E", "f()", "select", "a\\", "'", '"', "'\\''", "trap", "type"]
)  # fmt: skip
GAPS = st.sampled_from(
    [" ", " ", " ", "  ", "\t", "", "\n", ";", "; ", " && ", " || ", " | ", "|", "&&", "||", " \n ", ";;", "|&"]
)
LINES = st.lists(st.tuples(WORDS, GAPS), min_size=1, max_size=8).map(lambda parts: "".join(w + g for w, g in parts))
CHARACTERS = st.text(alphabet="ab '\"\\$;|&\n#=~{}!*`,-", min_size=1, max_size=14)
PLAIN = st.lists(
    st.tuples(
        st.sampled_from(["ls", "'rm'", '"g"it', "a'b'", "-x", "x:y", "'a b'", '"\\"$"', '"\\`"', "'$x'", "#a", "a~",
                         "{}"]),
        st.sampled_from([" ", " ", " ", " && ", " || ", "; ", "\n", " | ", "|", "\t"]),
    ),
    min_size=1, max_size=9,
).map(lambda parts: "".join(w + g for w, g in parts).rstrip("&|; \t\n"))  # fmt: skip


@pytest.mark.parametrize("shell", ["bash", "sh"])
@settings(
    max_examples=250,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much, HealthCheck.too_slow],
)  # fmt: skip
@given(text=LINES | CHARACTERS | PLAIN)
def test_what_is_clear_is_what_the_shell_runs(shells: Shells, shell: str, text: str) -> None:
    reading = read_command(text)
    assume(reading.is_clear)
    names = {words[0] for words in reading.simple}
    assume(all("/" not in name and name != ".." for name in names))
    assume(shell == "bash" or not names & OWN_OF_SH)  # a command that sh has itself can't be recorded
    assert_a_shell_agrees(shells, shell, text)


@pytest.mark.parametrize("shell", ["bash", "sh"])
@pytest.mark.parametrize(
    "text",
    [
        "ls -la",
        "git commit -m 'two\n\nparagraphs' && git push || git status; ls | wc -l\nmake X=1",
        'python -c "\nprint(\\"x\\")\n"',
        "git show HEAD~1 stash@{0} a...b {} x:y",
        "grep -n 'a|b;c&&d' \"e\\.f\" '*' \"g h\"",
        "'r'm r\"m\" \"\" ''",
        "ls a#b '#c' d",
        "a\t-b  'c'\t;\n\n  d |\n e &&\n f ;",
        "docker ps --format '{{.Names}}' !x %1 ^ , @",
    ],
)
def test_ordinary_lines_are_clear_and_run_as_read(shells: Shells, shell: str, text: str) -> None:
    assert read_command(text).unclear == ""
    assert_a_shell_agrees(shells, shell, text)
