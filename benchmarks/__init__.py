"""Measurements of loom and the Studio, with peers from PyPI beside them: `make bench`."""
