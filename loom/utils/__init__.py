"""The 0.7.3 names of errors and token counts; nothing inside loom imports it."""
