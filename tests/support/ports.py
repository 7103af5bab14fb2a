"""Ports for programs that have to be told theirs before they take it."""

import random
import socket


def free_port() -> int:
    """A port that nobody has, and that the system gives nobody who asks for any, as most servers of tests do."""
    while True:
        port = random.SystemRandom().randrange(15_000, 30_000)  # below those of all systems
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
