"""The door itself, in one thread: takes lines from sockets, batches them by size and time, and stops reading while they
cannot be stored. docs/decisions/0015-logstash-door.md
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ssl import SSLContext

from ingest import limits
from ingest.listener.backlog import Backlog
from ingest.listener.batch import Batch
from ingest.listener.connection import Connection
from ingest.listener.datagrams import Datagrams
from ingest.listener.keeper import Keeper
from ingest.listener.lines import Line, LongLine
from ingest.listener.senders import Sender, Senders
from ingest.listener.tally import Tally

log = logging.getLogger(__name__)

TROUBLE_TOLD_EVERY_S = 10.0
HANDSHAKE_WITHIN_S = 10.0
QUIET_S = 0.05
LAST_READ_S = 0.5  # at the end: what has arrived is taken along


@dataclass(frozen=True, slots=True)
class Caps:
    """What bounds the door's memory and time."""

    line_bytes: int = limits.MAX_LINE_BYTES
    unfinished_bytes: int = 32 * 1024 * 1024  # of all connections; the longest line is shortened then
    connections: int = 1500
    connections_an_address: int = 1000
    half_line_s: float = 60.0  # a connection that says nothing more within a line is closed
    idle_s: float = 24 * 3600.0  # one between two lines: its sender would lose the first event that it sends then
    makes_room_s: float = 60.0  # or this idle, if there are too many
    look_every_s: float = 5.0
    batch_lines: int = 1000
    batch_bytes: int = 1024 * 1024
    batch_s: float = 0.5
    held_bytes: int = 8 * 1024 * 1024  # of lines that are not stored yet: nothing is read beyond
    stop_s: float = 2.5  # to store what was read


class Door:
    """Everything that the connections share. All methods run in the loop's thread."""

    def __init__(self, senders: Senders, backlog: Backlog, caps: Caps | None = None) -> None:
        self.senders = senders
        self.caps = caps or Caps()
        self.tally = Tally()
        self.connections: set[Connection] = set()
        self.is_reading = True
        self.backlog = backlog
        self._filling: dict[tuple[Sender, str], Batch] = {}
        self._held = 0
        self._in_trouble = False
        self._trouble_told = -TROUBLE_TOLD_EVERY_S
        self._last_line = 0.0
        self._servers: list[asyncio.Server] = []
        self._datagrams: Datagrams | None = None
        self._keeper = Keeper(self._stored_in_thread, self._trouble_in_thread)

    # From the start to the end

    async def open(self, host: str, port: int, tls: SSLContext | None, *, is_first: bool = True) -> int:
        """Listens and returns the port, which doors of other processes may share; the first of them has the backlog.

        Raises OSError. With TLS there is no UDP, which has none.
        """
        self._loop = asyncio.get_running_loop()
        self._keeper.start()
        for batch in self.backlog.batches() if is_first else ():
            self._take(batch)
        server = await self._loop.create_server(
            lambda: Connection(self, tls is not None),
            host,
            port,
            ssl=tls,
            ssl_handshake_timeout=HANDSHAKE_WITHIN_S if tls else None,
            backlog=512,
            reuse_port=True,
        )
        self._servers.append(server)
        port = int(server.sockets[0].getsockname()[1])
        if tls is None:
            self._datagrams = Datagrams(self, server.sockets[0].family, host, port)
        self._looking = self._loop.create_task(self._look_after_connections())
        return port

    async def close(self) -> int:
        """Takes what has arrived, stores it, and returns how many lines went to the backlog instead."""
        self._looking.cancel()
        await self._read_the_last()  # the server is open still: some connections are not accepted yet
        for server in self._servers:
            server.close()
        if self._datagrams is not None:
            self._datagrams.close()
        for connection in list(self.connections):
            connection.abort()
        give_up = time.monotonic() + LAST_READ_S
        while self.connections and time.monotonic() < give_up:  # they leave one after the other, with half lines
            await asyncio.sleep(0)
        for key in list(self._filling):
            self._send_off(key)
        left = await asyncio.to_thread(self._keeper.stop, self.caps.stop_s)
        self.backlog.keep(left)
        return sum(len(batch.lines) for batch in left)

    async def _read_the_last(self) -> None:
        give_up = time.monotonic() + LAST_READ_S
        while self.is_reading and time.monotonic() < give_up:
            seen = self._last_line
            await asyncio.sleep(QUIET_S)
            if self._last_line == seen:
                return

    # Lines

    def take(self, sender: Sender, way: str, address: str, lines: Sequence[Line], *, half: bool = False) -> None:
        """Lines that arrived. Blank ones are none."""
        lines = [line for line in lines if not isinstance(line, bytes) or line.strip()]
        if not lines:
            return
        self._last_line = time.monotonic()
        key = sender, way
        batch = self._filling.get(key)
        if batch is None:
            batch = self._filling[key] = Batch.empty(sender, way)
            self._loop.call_later(self.caps.batch_s, self._send_off_if, key, batch)
        size = batch.size
        batch.add(lines, address, half=half)
        self._held += batch.size - size
        counts = self.tally.of(address)
        counts.lines += len(lines)
        counts.half += half
        counts.long += sum(isinstance(line, LongLine) for line in lines)
        if len(batch.lines) >= self.caps.batch_lines or batch.size >= self.caps.batch_bytes:
            self._send_off(key)
        self._read_or_wait()

    def _send_off_if(self, key: tuple[Sender, str], batch: Batch) -> None:
        if self._filling.get(key) is batch:
            self._send_off(key)

    def _send_off(self, key: tuple[Sender, str]) -> None:
        self._keeper.put(self._filling.pop(key))

    def _take(self, batch: Batch) -> None:
        """One from the backlog."""
        self._held += batch.size
        self._keeper.put(batch)

    # What becomes of them

    def _stored_in_thread(self, batch: Batch, events: int) -> None:
        self.backlog.forget(batch)
        self._tell(self._stored, batch, events)

    def _trouble_in_thread(self, reason: str) -> None:
        self._tell(self._trouble, reason)

    def _tell(self, method: Callable[..., None], *arguments: object) -> None:
        """Calls a method in the loop's thread, unless that has ended meanwhile."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(method, *arguments)

    def _stored(self, batch: Batch, events: int) -> None:
        self._held -= batch.size
        self.tally.stored(batch.addresses, events)
        if self._in_trouble:
            self._in_trouble = False
            log.warning("Lines are stored again.")
        self._read_or_wait()

    def _trouble(self, reason: str) -> None:
        if not self._in_trouble or time.monotonic() - self._trouble_told > TROUBLE_TOLD_EVERY_S:
            self._trouble_told = time.monotonic()
            log.warning("Nothing is read from senders: lines cannot be stored: %s", reason)
        self._in_trouble = True
        self._read_or_wait()

    def _read_or_wait(self) -> None:
        """Nothing is read that cannot be kept: senders wait, or lose it themselves."""
        limit = self.caps.held_bytes if self.is_reading else self.caps.held_bytes // 2
        may_read = not self._in_trouble and self._held < limit
        if may_read == self.is_reading:
            return
        self.is_reading = may_read
        readable: list[Connection | Datagrams] = [*self.connections, *filter(None, [self._datagrams])]
        for one in readable:
            one.resume() if may_read else one.pause()

    # Connections

    def has_room_for(self, address: str) -> bool:
        """Whether another connection of `address` may stay. One that is idle is closed for it."""
        if sum(one.address == address for one in self.connections) > self.caps.connections_an_address:
            return False
        if len(self.connections) <= self.caps.connections:
            return True
        idle = max((one for one in self.connections if not one.within_line), key=lambda one: one.idle_s(), default=None)
        if idle is None or idle.idle_s() < self.caps.makes_room_s:
            return False
        idle.end()
        return True

    def bound_unfinished(self, grown: int) -> None:
        """Called when a connection holds `grown` bytes of a line: shortens the longest if all hold too many."""
        if grown < limits.STUB_TEXT_BYTES:
            return
        while sum(one.held for one in self.connections) > self.caps.unfinished_bytes:
            longest = max(self.connections, key=lambda one: one.held)
            if longest.held <= limits.STUB_TEXT_BYTES:
                return
            longest.shorten()

    async def _look_after_connections(self) -> None:
        while True:
            await asyncio.sleep(self.caps.look_every_s)
            if not self.is_reading:
                continue  # they may have said something: nobody listens
            for one in list(self.connections):
                if one.idle_s() > (self.caps.half_line_s if one.within_line else self.caps.idle_s):
                    one.end()
