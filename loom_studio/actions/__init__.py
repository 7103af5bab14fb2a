"""The table of actions as Qt has them: with keys, and in menus."""
