"""Checkpoints: how a workspace's files were, so that what an agent changed can be shown and taken back."""

from loom.checkpoints.changes import FileChange
from loom.checkpoints.plans import RestorePlan, RestoreProblem, RestoreStep
from loom.checkpoints.restore import RestoreResult
from loom.checkpoints.states import CheckpointLimits, FileState, FileStates
from loom.checkpoints.store import CheckpointStore

__all__ = [
    "CheckpointLimits",
    "CheckpointStore",
    "FileChange",
    "FileState",
    "FileStates",
    "RestorePlan",
    "RestoreProblem",
    "RestoreResult",
    "RestoreStep",
]
