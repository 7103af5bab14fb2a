"""The Heartbeat tab."""
