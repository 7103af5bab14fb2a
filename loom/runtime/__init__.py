"""Sessions, runs, and the loop."""
