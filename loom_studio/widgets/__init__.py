"""Widgets that know nothing of agents."""
