"""A door in a thread of the test, with caps of the test's own."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from ssl import SSLContext

from ingest.listener.backlog import Backlog
from ingest.listener.door import Caps, Door
from ingest.listener.senders import Senders
from tests.conftest import WATCHDOG_S

SENDERS = (("127.0.0.0/8", "learning-api"),)


class Running:
    """The door and its port. `ask` runs something in its thread."""

    def __init__(self, door: Door, loop: asyncio.AbstractEventLoop, port: int) -> None:
        self.door = door
        self.port = port
        self._loop = loop
        self.left: int | None = None

    def counts(self, address: str = "127.0.0.1"):
        return self.door.tally.of(address)

    def close(self) -> int:
        """Lines that were not stored."""
        if self.left is None:
            self.left = asyncio.run_coroutine_threadsafe(self.door.close(), self._loop).result()
        return self.left


@contextmanager
def open_door(
    folder: Path, *, senders=SENDERS, tls: SSLContext | None = None, host: str = "127.0.0.1", **caps: float
) -> Iterator[Running]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        door = Door(Senders(senders), Backlog(folder), Caps(**{"stop_s": WATCHDOG_S, **caps}))
        port = asyncio.run_coroutine_threadsafe(door.open(host, 0, tls), loop).result()
        running = Running(door, loop, port)
        try:
            yield running
        finally:
            running.close()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def connected(running: Running) -> socket.socket:
    return socket.create_connection(("127.0.0.1", running.port), timeout=WATCHDOG_S)


def is_closed(connection: socket.socket) -> bool:
    """Waits until the door closes it; False if it says something instead."""
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True
