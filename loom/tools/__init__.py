"""Tools: the registry, the gate that is the only caller of tool bodies, results, and the built-in tools."""
