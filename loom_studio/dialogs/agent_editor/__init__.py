"""The agent editor: a form made from the configuration's classes, the file's text beside it, a trial of the agent."""
