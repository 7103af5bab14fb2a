"""Watches: what happens around an agent while it works, and what of it is worth telling."""
