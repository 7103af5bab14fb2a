"""Wire formats: request bodies from messages serialised once, and answers read off event streams."""
