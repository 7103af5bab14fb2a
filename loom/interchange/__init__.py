"""Sessions for others to read, as Markdown and HTML, and sessions of other programs as ours.

Everything here blocks: call it in a thread (`loom.threads.in_thread`).
"""
