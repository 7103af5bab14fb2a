"""Events in, rows out: what panels show, without a window."""
