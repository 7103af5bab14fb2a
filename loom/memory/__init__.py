"""The log of sessions: what was said and done, kept in memory or in SQLite, searched, resumed, forked."""
