"""The files of a workspace as each sprint left them: kept, and compared with the sprint before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loom.checkpoints import CheckpointStore, FileChange
from loom.errors import CheckpointError, LoomError
from loom.threads import in_thread

MOST_DIFF_CHARS = 200_000
MOST_LISTED = 500


@dataclass(frozen=True, slots=True)
class SprintFiles:
    """Looks at `workspace` after each sprint and keeps its files in `folder`, which is outside of it.

    What the workspace's ignore files leave out is not looked at. A look that fails is told and ends no sprint.
    """

    workspace: Path | str
    folder: Path | str

    async def look(self, run_id: str, earlier: Sequence[str]) -> dict[str, Any]:
        """How the files are: `checkpoint` (its name), and against the last of the `earlier` ones `files` and `diff`.

        `notes` are sentences about what was left out. Where it fails, `checkpoint` is empty and the notes say why.
        """
        try:
            return await in_thread(self._look, run_id, [each for each in earlier if each])
        except (CheckpointError, OSError) as error:
            return {"checkpoint": "", "files": [], "diff": "", "notes": [f"The files could not be kept: {error}"]}

    async def restore(self, wanted: str, left_as: str = "") -> list[str]:
        """Make the workspace what it was at a checkpoint; gives sentences about files that were left alone.

        `left_as` is the checkpoint that the run itself left: what differs from that is somebody else's, and stays.
        Without it every file becomes as it was. What is there now is kept. Raises CheckpointError.
        """
        return await in_thread(self._restore, wanted, left_as)

    def _look(self, run_id: str, earlier: list[str]) -> dict[str, Any]:
        store = CheckpointStore(Path(self.folder), Path(self.workspace))
        known = [store.load(name) for name in earlier]
        states = store.scan(known[-1] if known else None)
        name = store.save(states)
        held = {*states.hashes(), name, *earlier}.union(*(each.hashes() for each in known))
        store.hold(f"harness-{run_id}", held)
        changes = store.changes(known[-1], states) if known else []
        diff, notes = list[str](), list(states.notes)
        room = MOST_DIFF_CHARS
        for change in changes:
            text = "" if change.added_lines is None else store.diff(change.path, known[-1], states)
            if len(text) > room:
                notes.append(f"The difference of {change.path} is too long to be kept with the sprint")
                continue
            room -= len(text)
            diff.append(text if text.endswith("\n") or not text else f"{text}\n")
        if len(changes) > MOST_LISTED:
            notes.append(f"{len(changes) - MOST_LISTED:,} more files changed")
        return {
            "checkpoint": name,
            "files": [_told(each) for each in changes[:MOST_LISTED]],
            "diff": "".join(diff),
            "notes": notes,
        }

    def _restore(self, wanted: str, left_as: str) -> list[str]:
        workspace = Path(self.workspace)
        workspace.mkdir(parents=True, exist_ok=True)
        store = CheckpointStore(Path(self.folder), workspace)
        states = store.load(wanted)
        plan = store.plan_restore(states, expected=store.load(left_as) if left_as else None)
        result = store.restore(plan, include_conflicts=not left_as)
        return [each.message for each in result.problems]


async def copied(folder: Path | str, checkpoint: str, into: Path) -> list[str]:
    """Write the files of a checkpoint into a new folder; gives sentences about what is not there.

    Raises LoomError where there is something already.
    """
    if await in_thread(_is_taken, into):
        raise LoomError(f"{into} is there already and is not empty: name another folder for the copy")
    return await SprintFiles(into, folder).restore(checkpoint)


def _is_taken(folder: Path) -> bool:
    return folder.exists() and (not folder.is_dir() or any(folder.iterdir()))


def _told(change: FileChange) -> dict[str, Any]:
    return {
        "path": change.path,
        "what": change.what,
        "added_lines": change.added_lines,
        "removed_lines": change.removed_lines,
    }
