"""Built-in tools for a workspace folder."""
