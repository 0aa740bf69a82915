"""A proxy between client and logviewer that does to requests what networks do: it delays, cuts, swallows, refuses."""

import contextlib
import http.client
import io
import json
import random
import socket
import socketserver
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message

from tests.ports import free_port

MOST_HEAD_BYTES = 64 * 1024
UPSTREAM_TIMEOUT_S = 30
PORTAL = b"<html><title>Sign in to the network</title></html>"


class Gone(Exception):
    """One of the two ends is no longer there."""


@dataclass
class Exchange:
    """One request whose head has arrived, with what a deed may do with it."""

    proxy: "FaultProxy"
    client: socket.socket
    head: bytes

    @property
    def headers(self) -> Message:
        return http.client.parse_headers(io.BytesIO(self.head.partition(b"\r\n")[2]))

    @property
    def length(self) -> int:
        return int(self.headers.get("Content-Length", "0"))

    def body(self, most: int | None = None) -> bytes:
        """What follows the head, or the first `most` bytes of it."""
        wanted, parts = self.length if most is None else min(most, self.length), []
        while wanted:
            part = self.client.recv(min(wanted, 65536))
            if not part:
                raise Gone
            parts.append(part)
            wanted -= len(part)
        return b"".join(parts)

    def answer_of_logviewer(self, body: bytes) -> bytes:
        """Sends the whole request on; the answer's bytes. When it comes the batch is committed, or refused."""
        method, path, _ = self.head.split(b" ", 2)
        connection = http.client.HTTPConnection("127.0.0.1", self.proxy.upstream, timeout=UPSTREAM_TIMEOUT_S)
        try:
            connection.request(method.decode(), path.decode(), body, dict(self.headers.items()))
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as problem:
            raise Gone from problem
        finally:
            connection.close()
        self.proxy.noted(response.status, content)
        kept = [(name, value) for name, value in response.getheaders() if name.lower() == "retry-after"]
        return answer(response.status, content, dict(kept))

    def reset(self) -> None:
        """Ends the connection with RST instead of FIN."""
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Gone


def answer(status: int, content: bytes, headers: dict[str, str] | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status} {http.client.responses.get(status, '')}", f"Content-Length: {len(content)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


# What may happen to a request.
Deed = Callable[[Exchange], None]


def pass_on(exchange: Exchange) -> None:
    exchange.client.sendall(exchange.answer_of_logviewer(exchange.body()))


def delay(exchange: Exchange) -> None:
    time.sleep(exchange.proxy.dice.uniform(0.05, 0.5))
    pass_on(exchange)


def drip(exchange: Exchange) -> None:
    """The answer comes byte by byte."""
    for byte in exchange.answer_of_logviewer(exchange.body()):
        exchange.client.sendall(bytes([byte]))
        time.sleep(0.001)


def reset_at_once(exchange: Exchange) -> None:
    exchange.reset()


def reset_in_body(exchange: Exchange) -> None:
    """A part of the body reaches logviewer, then both connections break."""
    part = exchange.body(exchange.proxy.dice.randrange(exchange.length + 1))
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", exchange.proxy.upstream), 5) as upstream:
        upstream.sendall(exchange.head + part)
        upstream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    exchange.reset()


def lose_answer(exchange: Exchange) -> None:
    """Logviewer commits the batch, and the client does not hear so."""
    exchange.answer_of_logviewer(exchange.body())
    exchange.reset()


def swallow(exchange: Exchange) -> None:
    """Nothing comes back until the fault is over."""
    exchange.body()
    deeds = exchange.proxy.deeds
    while exchange.proxy.deeds is deeds and not exchange.proxy.is_closed:
        time.sleep(0.05)
    exchange.reset()


def refuse(exchange: Exchange) -> None:
    exchange.body()
    exchange.client.sendall(answer(503, b"{}", {"Retry-After": "1"}))


def answer_for_another(exchange: Exchange) -> None:
    """200 from something that is not logviewer, like the sign-in page of a network."""
    exchange.body()
    exchange.client.sendall(answer(200, PORTAL, {"Content-Type": "text/html"}))


class FaultProxy:
    """Serves on `port` what logviewer serves on `upstream`; each request suffers one of `deeds`, by the dice."""

    def __init__(self, upstream: int, seed: int) -> None:
        self.upstream = upstream
        self.dice = random.Random(seed)
        self.deeds: Sequence[Deed] = (pass_on,)
        self.done: Counter[str] = Counter()  # by the deed's name
        self.statuses: Counter[int] = Counter()  # logviewer's answers, heard or not
        self.duplicates = 0  # answers of logviewer with duplicate:true
        self.is_closed = False
        self._lock = threading.Lock()
        self._door: _Door | None = None
        self.port = free_port()
        self._open()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def doing(self, *deeds: Deed) -> Iterator[None]:
        """For the length of the block, requests suffer these."""
        before, self.deeds = self.deeds, deeds
        try:
            yield
        finally:
            self.deeds = before

    @contextmanager
    def refusing_connections(self) -> Iterator[None]:
        """For the length of the block nothing listens."""
        self._shut()
        try:
            yield
        finally:
            self._open()

    def close(self) -> None:
        self.is_closed = True
        self._shut()

    def next_deed(self) -> Deed:
        with self._lock:
            deed = self.dice.choice(self.deeds)
            self.done[deed.__name__] += 1
        return deed

    def noted(self, status: int, content: bytes) -> None:
        with self._lock:
            self.statuses[status] += 1
            with contextlib.suppress(ValueError, AttributeError):
                self.duplicates += bool(json.loads(content).get("duplicate"))

    def _open(self) -> None:
        self._door = _Door(("127.0.0.1", self.port), _Handler)
        self._door.proxy = self
        threading.Thread(target=self._door.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def _shut(self) -> None:
        if self._door is not None:
            self._door.shutdown()
            self._door.server_close()
            self._door = None


class _Door(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    proxy: FaultProxy


class _Handler(socketserver.BaseRequestHandler):
    server: _Door

    def handle(self) -> None:
        with contextlib.suppress(OSError, Gone):
            while head := self._head():
                self.server.proxy.next_deed()(Exchange(self.server.proxy, self.request, head))

    def _head(self) -> bytes:
        """Up to the blank line, byte by byte: what follows belongs to the body. Empty if the client has left."""
        head = b""
        while not head.endswith(b"\r\n\r\n") and len(head) < MOST_HEAD_BYTES:
            byte = self.request.recv(1)
            if not byte:
                return b""
            head += byte
        return head
