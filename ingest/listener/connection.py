"""One connection of a sender."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import TYPE_CHECKING

from ingest.listener.lines import LineCutter
from ingest.listener.senders import Sender, in_certificate

if TYPE_CHECKING:
    from ingest.listener.door import Door


class Connection(asyncio.Protocol):
    """Cuts what arrives into lines for the door, if its sender may send."""

    def __init__(self, door: Door, tls: bool) -> None:
        self.address = ""
        self._door = door
        self._way = "tls" if tls else "tcp"
        self._cutter = LineCutter(door.caps.line_bytes)
        self._sender: Sender | None = None
        self._heard = time.monotonic()
        self._transport: asyncio.Transport

    # The loop's calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.address = str((transport.get_extra_info("peername") or ["unknown"])[0])
        self._sender = self._who(transport)
        self._door.connections.add(self)
        if self._sender is None or not self._door.has_room_for(self.address):
            self._sender = None
            self._door.tally.of(self.address).refused += 1
            transport.abort()
            return
        self._door.tally.of(self.address).connections += 1
        # So that a machine that vanished is noticed.
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if not self._door.is_reading:
            self.pause()

    def data_received(self, data: bytes) -> None:
        if self._sender is None:
            return
        self._heard = time.monotonic()
        self._door.tally.of(self.address).bytes += len(data)
        lines = self._cutter.feed(data)
        if lines:
            self._door.take(self._sender, self._way, self.address, lines)
        self._door.bound_unfinished(self.held)

    def connection_lost(self, exc: Exception | None) -> None:
        self._door.connections.discard(self)
        half = self._cutter.end()
        if half is not None and self._sender is not None:
            self._door.take(self._sender, self._way, self.address, [half], half=True)

    # The door's

    @property
    def held(self) -> int:
        """Bytes of a line that has no end yet."""
        return self._cutter.held

    @property
    def within_line(self) -> bool:
        return self._cutter.within_line

    def idle_s(self) -> float:
        return time.monotonic() - self._heard

    def shorten(self) -> None:
        self._cutter.shorten()

    def pause(self) -> None:
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def resume(self) -> None:
        self._heard = time.monotonic()
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def end(self) -> None:
        """Closes it, because it was idle."""
        self._door.tally.of(self.address).closed += 1
        self._transport.abort()

    def abort(self) -> None:
        self._transport.abort()

    def _who(self, transport: asyncio.Transport) -> Sender | None:
        """By its address, or by its certificate."""
        return self._door.senders.at(self.address) or in_certificate(transport.get_extra_info("peercert"))
