"""The Trace tab."""
