"""A server of the tests' own that answers as told, and a client that is set back after each test."""

import contextlib
import gzip
import json
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import structlog

import logviewer_client
from logviewer_client import plain, redaction
from logviewer_client.shipper import Shipper

WATCHDOG_S = 60.0


class Door(ThreadingHTTPServer):
    """Stores what is posted, each Idempotency-Key once, as logviewer does.

    `replies` are (status, headers, body) for the next requests; then all is accepted.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests, self.replies, self.ledger = [], [], {}
        self.arrived = threading.Condition()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def stored(self):
        return [event for request in self.requests if request["is_stored"] for event in request["events"]]

    def wait_for(self, count):
        """Waits until `count` requests have been answered."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.requests) >= count, WATCHDOG_S), self.requests
        return self.requests


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        door: Door = self.server
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        if len(raw) != int(self.headers["Content-Length"]):
            return  # killed on the way
        text = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
        request = {"events": [json.loads(line) for line in text.splitlines()], "raw": raw, "path": self.path}
        with door.arrived:
            is_repeat = self.headers["Idempotency-Key"] in door.ledger
            status, headers, body = door.replies.pop(0) if door.replies else self.take(text, len(request["events"]))
            is_stored = status == 200 and not is_repeat
            door.requests.append({**request, "status": status, "headers": dict(self.headers), "is_stored": is_stored})
            door.arrived.notify_all()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def take(self, text, count):
        """What logviewer answers; a batch counts once, whatever is repeated."""
        first = self.server.ledger.setdefault(self.headers["Idempotency-Key"], text)
        if first != text:
            return 409, {}, b""
        answer = {"accepted": count, "rejected": [], "below_level": 0, "duplicate": False, "min_level": None}
        return 200, {}, json.dumps(answer).encode()

    def log_message(self, *args):
        """Silence."""

    def handle(self):
        with contextlib.suppress(ConnectionError):  # clients get killed
            super().handle()


@pytest.fixture
def door() -> Iterator[Door]:
    server = Door()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def _put_back(monkeypatch) -> Iterator[None]:
    for name in ("LOGVIEWER_URL", "LOGVIEWER_KEY", "LOGVIEWER_SERVICE", "LOGVIEWER_KEY_FILE", "LOGVIEWER_MODE"):
        monkeypatch.delenv(name, raising=False)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    redaction.use(redaction.Redaction())
    logviewer_client.shutdown(0)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture(autouse=True)
def _patient(monkeypatch) -> None:
    """A busy machine may stand still for longer than a client waits in a service."""
    monkeypatch.setattr(Shipper.flush, "__defaults__", (WATCHDOG_S,))
    monkeypatch.setattr(logviewer_client.flush, "__defaults__", (WATCHDOG_S,))
    monkeypatch.setattr(plain, "MAX_LOOKING_S", WATCHDOG_S)


@pytest.fixture
def shipped():
    """Configures the client without a network and returns its RecordingTransport."""
    from logviewer_client.testing import RecordingTransport

    transport = RecordingTransport()
    logviewer_client.start_shipping(transport=transport, service="tests")
    return transport
