"""Services over the runtime: they know no widget."""
