"""The client that a search answers: whether it still waits, and how long its statements ran outside the heavy places.

WSGI does not say when a client leaves, but the web server (granian) then closes the connection at once. So one thread
looks whether the connections by which a long request may have come are still open: those of its address on which the
latest request was received before this one began, and is not answered. When all of them are closed, the request's own
is, and its statement is cancelled. Requests of the same address that came before it, through a proxy say, may keep that
from being noticed while they last. A client that is still there is never taken for one that left, unless it sends more
behind a request that is not answered yet, which HTTP libraries do not do; it is told so then (499).
"""

import logging
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import psycopg

from logviewer.connections import Connection, can_look, connections_from
from logviewer.query.errors import ClientLeft

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.25  # and at no request that is younger
CANCEL_WITHIN_S = 5.0
CLOCKS_DIFFER_MS = 50  # at most: the kernel counts a connection's time in ticks of up to 10 ms


@dataclass(slots=True, eq=False)
class Client:
    """Who asked. An empty `address`: nobody to be looked for."""

    address: str = ""
    port: int = 0  # of ours, to which it connected
    began: float = field(default_factory=time.monotonic)
    without_place_s: float = 0.0  # see database.py
    left: bool = False
    _connections: list[Connection] | None = None  # None: not looked for yet
    _running: psycopg.Connection[Any] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def look(self) -> None:
        """If the client has left, `left` is so from now on and the statement that runs is cancelled."""
        with self._lock:
            if self._connections is None:
                self._connections = self._possible_connections()
            if not self.watched or any(connection.is_open() for connection in self._connections):
                return
            self.left = True
            if self._running is not None:  # again at every look: a cancellation may come before the statement does
                self._running.cancel_safe(timeout=CANCEL_WITHIN_S)

    def raise_if_left(self) -> None:
        if self.left:
            raise ClientLeft("The client has closed its connection.")

    @contextmanager
    def runs_on(self, connection: psycopg.Connection[Any]) -> Iterator[None]:
        """While this lasts, the connection's statement is cancelled when the client leaves."""
        self._running = connection
        try:
            yield
        finally:
            with self._lock:  # a cancellation under way must not hit the connection's next statement
                self._running = None

    @property
    def watched(self) -> bool:
        return bool(self.address) and can_look()

    def _possible_connections(self) -> list[Connection]:
        elapsed_ms = (time.monotonic() - self.began) * 1000
        try:
            return [
                connection
                for connection in connections_from(self.address, self.port)
                if connection.received_bytes
                and connection.sent_ms >= connection.received_ms >= elapsed_ms - CLOCKS_DIFFER_MS
            ]
        except OSError:
            log.exception("It cannot be seen whether a client leaves.")
            self.address = ""
            return []


_current: ContextVar[Client | None] = ContextVar("client", default=None)
_clients: set[Client] = set()
_changed = threading.Condition()
_watchman: threading.Thread | None = None


def current_client() -> Client:
    """Whom this thread serves; outside of requests somebody new who never leaves."""
    return _current.get() or Client()


@contextmanager
def serving(client: Client) -> Iterator[None]:
    """While this lasts, the searches of this thread are `client`'s, and end when it leaves."""
    token = _current.set(client)
    _watch(client)
    try:
        yield
    finally:
        with _changed:
            _clients.discard(client)
        _current.reset(token)


def served(steps: Iterable[bytes], client: Client) -> Iterator[bytes]:
    """`steps`, each made for `client`. Raises ClientLeft rather than to end as if they were complete."""
    remaining = iter(steps)
    while True:
        try:
            with serving(client):
                step = next(remaining, None)
        except ClientLeft as problem:
            raise problem.with_traceback(None) from None  # the web server logs it
        if step is None:
            return
        yield step


def _watch(client: Client) -> None:
    global _watchman  # noqa: PLW0603 -- one thread a process, made when it is first needed
    if not client.watched:
        return
    with _changed:
        _clients.add(client)
        _changed.notify()
        if _watchman is None or not _watchman.is_alive():
            _watchman = threading.Thread(target=_look, name="search-clients", daemon=True)
            _watchman.start()


def _look() -> None:
    while True:
        with _changed:
            while not _clients:
                _changed.wait()
            waiting = [one for one in _clients if time.monotonic() - one.began >= LOOK_EVERY_S]
        for client in waiting:
            try:
                client.look()
            except Exception:  # the one thread that looks must outlive whatever it meets
                log.exception("The search of a client that left could not be ended.")
        time.sleep(LOOK_EVERY_S)
