"""What an agent can look up: sources, their index, and evidence with its citations."""
