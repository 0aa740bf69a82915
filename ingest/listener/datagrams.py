"""UDP: a datagram is an event, or lines of them. What arrives while nothing is read, the kernel throws away."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingest.listener.door import Door

MAX_DATAGRAM_BYTES = 65_535
AT_ONCE = 200  # then connections have their turn
BUFFER_BYTES = 4 * 1024 * 1024  # in the kernel, which may give less


class Datagrams:
    """The socket, on the port of the connections."""

    def __init__(self, door: Door, family: int, host: str, port: int) -> None:
        self._door = door
        self._loop = asyncio.get_running_loop()
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        try:
            self._socket.setblocking(False)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
            self._socket.bind((host, port))
        except OSError:
            self._socket.close()
            raise
        self.resume()

    def resume(self) -> None:
        self._loop.add_reader(self._socket, self._read)

    def pause(self) -> None:
        self._loop.remove_reader(self._socket)

    def close(self) -> None:
        self.pause()
        self._socket.close()

    def _read(self) -> None:
        with contextlib.suppress(BlockingIOError, InterruptedError):
            for _ in range(AT_ONCE):
                if not self._door.is_reading:
                    return
                data, peer = self._socket.recvfrom(MAX_DATAGRAM_BYTES)
                self._take(data, str(peer[0]))

    def _take(self, data: bytes, address: str) -> None:
        sender, counts = self._door.senders.at(address), self._door.tally.of(address)
        if sender is None:
            counts.refused += 1
            return
        counts.bytes += len(data)
        self._door.take(sender, "udp", address, data.split(b"\n"))
