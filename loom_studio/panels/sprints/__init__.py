"""The Sprints tab."""
