"""loom: an asyncio agent runtime."""
