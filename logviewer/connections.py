"""This process's open TCP connections, found among its open files: WSGI does not say which one a request came by.

Works on Linux; elsewhere there are none to be found (`can_look`).
"""

import errno
import ipaddress
import os
import socket
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

OPEN_FILES = Path("/proc/self/fd")
# struct tcp_info of linux/tcp.h: tcpi_last_data_sent, tcpi_last_data_recv, tcpi_bytes_received
TCP_INFO = struct.Struct("=44xI4xI72xQ")
_NO_MORE_FILES = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection as it was when it was found. Data was last sent and received so long before; on one that never had
    any, that is how long it is open."""

    descriptor: int
    inode: int  # a descriptor is soon another file's
    sent_ms: int
    received_ms: int
    received_bytes: int

    def is_open(self) -> bool:
        """Whether this process has it still."""
        return _inode(self.descriptor) == self.inode

    def end_reading(self) -> None:
        """Shuts its reading half down: who waits for data is told that there is no more."""
        with _copy(self.descriptor) as connection:
            if os.fstat(connection.fileno()).st_ino == self.inode:
                connection.shutdown(socket.SHUT_RD)


def can_look() -> bool:
    return OPEN_FILES.is_dir()


def connections_from(address: str, port: int) -> Iterator[Connection]:
    """The open connections from `address` to our `port`. Raises OSError if no file can be opened to look at them."""
    if not can_look():
        return
    for name in os.listdir(OPEN_FILES):
        try:
            found = _connection_from(int(name), _plain(address), port)
        except OSError as problem:
            if problem.errno in _NO_MORE_FILES:
                raise
            continue  # closed meanwhile, listening, or no connection
        if found is not None:
            yield found


def _connection_from(descriptor: int, address: str, port: int) -> Connection | None:
    if _inode(descriptor) is None:
        return None
    with _copy(descriptor) as connection:
        if not _is_from(connection, address, port):
            return None
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO.size)
        return Connection(descriptor, os.fstat(connection.fileno()).st_ino, *TCP_INFO.unpack(info))


def _inode(descriptor: int) -> int | None:
    """Of the socket; None if there is none."""
    try:
        status = os.fstat(descriptor)
    except OSError:
        return None
    return status.st_ino if stat.S_ISSOCK(status.st_mode) else None


@contextmanager
def _copy(descriptor: int) -> Iterator[socket.socket]:
    """A descriptor of our own for the socket: the web server may close its one at any time."""
    copy = os.dup(descriptor)
    try:
        connection = socket.socket(fileno=copy)
    except OSError:
        os.close(copy)
        raise
    with connection:
        yield connection


def _is_from(connection: socket.socket, address: str, port: int) -> bool:
    if connection.family not in (socket.AF_INET, socket.AF_INET6) or connection.type != socket.SOCK_STREAM:
        return False
    return connection.getsockname()[1] == port and _plain(connection.getpeername()[0]) == address


def _plain(address: str) -> str:
    """The address without the ways in which IPv6 writes an IPv4 one."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return str(mapped or parsed)
