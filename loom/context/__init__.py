"""The context that the model sees."""

from loom.config.context import CompressionPolicy
from loom.context.compression import Compression
from loom.context.partitions import ContextPartitions, SentRequest
from loom.context.renewal import ContextRenewer
from loom.context.window import ContextManager

__all__ = [
    "Compression",
    "CompressionPolicy",
    "ContextManager",
    "ContextPartitions",
    "ContextRenewer",
    "SentRequest",
]
