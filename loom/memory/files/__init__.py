"""What agents remember beyond their sessions: Markdown files that a person can read, change and delete."""
