"""The command line: run, chat, models, doctor."""
