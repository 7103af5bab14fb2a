"""Loom Studio: a native desktop studio for AI agents, on the loom runtime."""
