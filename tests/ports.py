"""Ports for what tests start, chosen before it listens, and kept while it is killed and started again."""

import contextlib
import fcntl
import os
import random
import socket
import tempfile
from functools import cache
from pathlib import Path
from typing import IO

# Below those that the kernel gives to connections, and to whoever asks for any port.
_PORTS = random.Random(os.getpid()).sample(range(20_000, 30_000), 10_000)


def free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens. No other process of tests is given it before this one ends."""
    while True:
        port = _PORTS.pop()
        with contextlib.suppress(OSError), socket.socket() as probe:
            fcntl.lockf(_taken(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
            probe.bind(("127.0.0.1", port))
            return port


@cache
def _taken() -> IO[bytes]:
    """In this file each process locks the bytes whose places are the numbers of its ports."""
    return Path(tempfile.gettempdir(), f"logviewer-test-ports-{os.geteuid()}").open("ab")
