"""Making a history smaller, a level at a time: pure functions from messages to fewer or shorter ones."""

from loom.context.compression.levels import LEVELS, Compression, compress, level_due

__all__ = ["LEVELS", "Compression", "compress", "level_due"]
