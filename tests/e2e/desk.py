"""Drives a program's real window by accessible names, over AT-SPI; run by the system's Python, which has its bindings.

    /usr/bin/python3 tests/e2e/desk.py STEPS.json PROGRAM …

A step is [what, name, value]: wait, gone, press, type (value is the text), expect (value is part of the text below),
or kill: the program is killed with SIGKILL and started again.
Exit code 0 when every step held; else 1, with the step on standard error.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi  # noqa: E402

LIMIT_S = 40


def children(node, depth=0):
    if depth > 30:
        return
    yield node
    for index in range(min(node.get_child_count(), 300)):
        child = node.get_child_at_index(index)
        if child is not None:
            yield from children(child, depth + 1)


def application(pid):
    desktop = Atspi.get_desktop(0)
    for index in range(desktop.get_child_count()):
        found = desktop.get_child_at_index(index)
        if found is not None and found.get_process_id() == pid:
            return found
    return None


def find(pid, name, role=None):
    root = application(pid)
    for node in children(root) if root is not None else ():
        is_it = node.get_name() == name and (role is None or node.get_role() == role)
        if is_it and node.get_state_set().contains(Atspi.StateType.SHOWING):
            return node
    return None


def take(pid, what, name, value):
    node = find(pid, name, Atspi.Role.COMBO_BOX if what == "choose" else None)
    if what == "gone":
        return node is None
    if node is None:
        return False
    if what == "wait":
        return True
    if what == "press":
        return node.get_state_set().contains(Atspi.StateType.ENABLED) and Atspi.Action.do_action(node, 0)
    if what == "type":
        return Atspi.EditableText.set_text_contents(node, value)
    if what == "choose":
        item = next((child for child in children(node) if child.get_name() == value), None)
        return item is not None and Atspi.Action.do_action(item, 0)
    return any(value in text(child) for child in children(node))


def text(node):
    """What a node says: its name, or its text."""
    said = node.get_name() or ""
    if "Text" in node.get_interfaces():
        said += Atspi.Text.get_text(node, 0, -1)
    return said


def main(steps, command):
    Atspi.init()
    program = subprocess.Popen(command)
    try:
        for what, name, value in steps:
            if what == "kill":
                program.kill()
                program.wait(10)
                program = subprocess.Popen(command)
                continue
            deadline = time.time() + LIMIT_S
            while True:
                try:
                    if take(program.pid, what, name, value):
                        break
                except Exception as error:  # the tree changes under our hands
                    print(f"  ({error})", file=sys.stderr)
                if program.poll() is not None:
                    print(f"the program ended with {program.returncode} at {what} {name!r}", file=sys.stderr)
                    return 1
                if time.time() > deadline:
                    print(f"did not happen in {LIMIT_S} s: {what} {name!r} {value!r}", file=sys.stderr)
                    return 1
                time.sleep(0.1)
        return 0
    finally:
        program.terminate()
        program.wait(10)


if __name__ == "__main__":
    sys.exit(main(json.loads(Path(sys.argv[1]).read_text()), sys.argv[2:]))
