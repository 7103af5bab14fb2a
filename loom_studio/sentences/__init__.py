"""The sentences by which `loom_studio/runtime_words.py` knows what the runtime says to a person; by subject."""
