"""The table of what can be done with keys or from a menu: palette, menus and the Shortcuts page come from it."""

from __future__ import annotations

import sys
from typing import NamedTuple

from loom_studio.texts import marked

WINDOW = marked("Window")
"""The place of an action that works wherever the focus is in a window."""
DELETE = "Backspace" if sys.platform == "darwin" else "Del"
"""The key that deletes in a list: a keyboard of Apple's has no other."""
SESSIONS, AGENTS, EDITOR = marked("Sessions list"), marked("Agents list"), marked("Agent editor")
MENUS = (marked("File"), marked("Session"), marked("Agent"), marked("View"), marked("Go"), marked("Help"))


class Action(NamedTuple):
    """What can be done: its name, its words, its menu ("" for none), its first shortcut, what it does, and where.

    `begins_group` puts a line above it in its menu. All words are English here, and given to `tr` where they are shown.
    """

    name: str
    text: str
    menu: str = ""
    keys: str = ""
    what: str = ""
    place: str = WINDOW
    begins_group: bool = False


ACTIONS = (
    Action("new_session", "New session", "File", "Ctrl+N", "Begin a session with the agent in view"),
    Action("new_window", "New window", "File", "Ctrl+Shift+N", "Open another window on the same sessions"),
    Action("workspace", "Open workspace…", "File", "Ctrl+Shift+O", "Choose the folder that new sessions work in"),
    Action("import_session", "Import a session…", "File", what="Read a session of loom, Claude Code or Codex"),
    Action("add_model", "Add a model…", "File", what="Set up a key, a server or the local model", begins_group=True),
    Action("settings", "Settings…", "File", "Ctrl+,", "Open the settings"),
    Action("close_window", "Close window", "File", "Ctrl+W", "Close this window", begins_group=True),
    Action("quit", "Quit", "File", "Ctrl+Q", "Close every window; what runs is asked about"),
    Action("undo", "Undo the deletion", "File", "Ctrl+Z", "Bring back what was deleted last", begins_group=True),
    Action("attach", "Attach files…", "Session", "Ctrl+Shift+A", "Attach files to the message"),
    Action("stop", "Stop the run", "Session", "Ctrl+.", "End the run in view, with what its tools started"),
    Action("regenerate", "Regenerate the answer", "Session", what="Take the last answer back and ask for it again"),
    Action("review", "Review changes", "Session", "Ctrl+R", "Show what the session changed in files"),
    Action("compress", "Compress the context", "Session", what="Make room in the model's context now"),
    Action("renew", "Renew the context", "Session", what="Go on with a fresh context and a handoff"),
    Action("rename", "Rename session…", "Session", what="Give the session in view another title", begins_group=True),
    Action("title", "Let the model write a title", "Session", what="Title the session in view by what was said"),
    Action("tags", "Tags…", "Session", what="Give the session in view tags"),
    Action("pin", "Pin or unpin session", "Session", what="Keep the session in view at the top of the list"),
    Action("archive", "Archive or unarchive session", "Session", what="Put the session in view out of the way"),
    Action("fork", "Fork session", "Session", what="Copy the session in view and go on in the copy"),
    Action("own_window", "Open session in a new window", "Session", what="Show the session in view in its own window"),
    Action("export", "Export session…", "Session", "Ctrl+Shift+E", "Write the session in view to a file"),
    Action("delete", "Delete session", "Session", what="Delete the session in view"),
    Action("edit_agent", "Edit agent…", "Agent", "Ctrl+E", "Edit the agent of the session in view"),
    Action("new_agent", "New agent…", "Agent", what="Make an agent"),
    Action("duplicate_agent", "Duplicate agent", "Agent", what="Copy the agent of the session in view"),
    Action("import_agent", "Import an agent…", "Agent", what="Copy an agent file into the library"),
    Action("export_agent", "Export agent…", "Agent", what="Write the agent of the session in view to a file"),
    Action(
        "delete_agent", "Delete agent", "Agent", what="Delete the agent of the session in view; Undo brings it back"
    ),
    Action("harness", "New harness run…", "Agent", what="Have agents work in sprints on a brief", begins_group=True),
    Action("sidebar", "Show or hide the sidebar", "View", "Ctrl+B", "Fold the sessions and agents away"),
    Action("inspector", "Show or hide the inspector", "View", "Ctrl+J", "Fold the tabs beside the chat away"),
    Action("density", "More or less detail", "View", "Ctrl+O", "Change between normal, verbose and summary"),
    Action("tab_approvals", "Show Approvals", "View", "Ctrl+1", "Show the Approvals tab", begins_group=True),
    Action("tab_context", "Show Context", "View", "Ctrl+2", "Show the Context tab"),
    Action("tab_heartbeat", "Show Heartbeat", "View", "Ctrl+3", "Show the Heartbeat tab"),
    Action("tab_sprints", "Show Sprints", "View", "Ctrl+4", "Show the Sprints tab"),
    Action("tab_trace", "Show Trace", "View", "Ctrl+5", "Show the Trace tab"),
    Action("tab_changes", "Show Changes", "View", "Ctrl+6", "Show the Changes tab"),
    Action(
        "centre_approvals",
        "Approvals in the centre",
        "View",
        "Ctrl+Shift+1",
        "Show Approvals in the chat's place",
        begins_group=True,
    ),
    Action("centre_context", "Context in the centre", "View", "Ctrl+Shift+2", "Show Context in the chat's place"),
    Action("centre_heartbeat", "Heartbeat in the centre", "View", "Ctrl+Shift+3", "Show Heartbeat in the chat's place"),
    Action("centre_sprints", "Sprints in the centre", "View", "Ctrl+Shift+4", "Show Sprints in the chat's place"),
    Action("centre_trace", "Trace in the centre", "View", "Ctrl+Shift+5", "Show Trace in the chat's place"),
    Action("centre_changes", "Changes in the centre", "View", "Ctrl+Shift+6", "Show Changes in the chat's place"),
    Action("palette", "Command palette…", "Go", "Ctrl+K", "Find anything that can be done or opened"),
    Action("compose", "Message box", "Go", "Ctrl+L", "Put the cursor into the message box"),
    Action("find", "Find in the conversation", "Go", "Ctrl+F", "Find words in the session in view"),
    Action("search", "Search sessions", "Go", "Ctrl+Shift+F", "Find words in every session"),
    Action("next_waiting", "Next that needs you", "Go", "F8", "Show the next call that waits", begins_group=True),
    Action("next_trouble", "Next error", "Go", "Shift+F8", "Show the next error of the session in view"),
    Action("menu", "Menu", "", "F10", "Open the menu"),
    Action("manual", "Manual", "Help", "F1", "Read how things are done here"),
    Action("tour", "Take the tour", "Help", what="See what the Studio does, on a script in a scratch folder"),
    Action("shortcuts", "Keyboard shortcuts…", "Help", "Ctrl+Shift+K", "List the shortcuts, and change them"),
    Action("about", "About Loom Studio", "Help", what="Versions and licences", begins_group=True),
    Action("list_rename", "Rename the chosen session", "", "F2", "Give it another title", SESSIONS),
    Action("list_delete", "Delete the chosen session", "", DELETE, "Delete it", SESSIONS),
    Action("agents_edit", "Edit the chosen agent", "", "F2", "Open it in the editor", AGENTS),
    Action("agents_delete", "Delete the chosen agent", "", DELETE, "Delete it; Undo brings it back", AGENTS),
    Action("save_agent", "Save the agent", "", "Ctrl+S", "Write the agent's file", EDITOR),
)

BY_NAME = {action.name: action for action in ACTIONS}

FIXED = (
    (marked("Send the message"), "Return", marked("Message box")),
    (marked("Break the line"), "Shift+Return", marked("Message box")),
    (marked("Stop the run"), "Esc", marked("Message box")),
    (marked("Allow the call once"), "Y", marked("Approval card")),
    (marked("Deny the call, with a reason"), "N", marked("Approval card")),
    (marked("Edit the call's arguments"), "E", marked("Approval card")),
    (marked("Copy what is selected"), "Ctrl+C", marked("Transcript")),
    (marked("Select everything"), "Ctrl+A", marked("Transcript")),
    (marked("Close the find bar"), "Esc", marked("Find bar")),
    (marked("Put the inspector away where it covers the chat"), "Esc", marked("Inspector")),
)
"""Keys with one meaning everywhere, which are not changed: what they do, the keys, and where; words for `tr`."""


def scoped(place: str) -> list[Action]:
    """The actions of a place."""
    return [action for action in ACTIONS if action.place == place]
