"""The Context tab."""
