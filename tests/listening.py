"""The Logstash door as a process of its own, on the tests' database."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT, WATCHDOG_S
from tests.ports import free_port

SENDERS = "127.0.0.0/8=learning-api"


@dataclass
class Listening:
    """A door that runs, and what it has printed."""

    port: int
    process: "subprocess.Popen[bytes]"
    log: Path

    def said(self) -> str:
        return self.log.read_text()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=WATCHDOG_S)

    def send(self, *lines: bytes) -> None:
        """Lines over a connection of their own, which is ended politely."""
        with self.connect() as connection:
            connection.sendall(b"".join(line + b"\n" for line in lines))

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(WATCHDOG_S)


@contextmanager
def listening(environment: dict[str, str], folder: Path, **variables: str) -> Iterator[Listening]:
    """`manage.py listen` on a free port, ended after the block. `variables` are more of its environment."""
    port, log = free_port(), folder / "listen.log"
    given = {
        "LOGVIEWER_LOGSTASH_PORT": str(port),
        "LOGVIEWER_LOGSTASH_SENDERS": SENDERS,
        "LOGVIEWER_DATA_DIR": str(folder / "data"),
        **variables,
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "listen"], cwd=ROOT, env={**environment, **given}, stdout=output,
            stderr=output,
        )  # fmt: skip
    door = Listening(int(given["LOGVIEWER_LOGSTASH_PORT"]), process, log)
    try:
        _wait_until_open(door)
        yield door
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(WATCHDOG_S)


def _wait_until_open(door: Listening) -> None:
    give_up = time.monotonic() + WATCHDOG_S
    while "no acknowledgement" not in door.said():
        assert door.process.poll() is None, door.said()
        assert time.monotonic() < give_up, "the door did not open in time"
        time.sleep(0.05)
