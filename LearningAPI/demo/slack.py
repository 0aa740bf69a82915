"""A Slack on this machine that takes messages and, like the real one, sometimes does not.

It answers `chat.postMessage` (https://api.slack.com/methods/chat.postMessage) and keeps nothing.
"""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Event

TOKEN = "-".join(("xoxb", "demo", "not-a-secret"))  # opens nothing; in one piece, scanners would take it for one
FAILS_EVERY = 4
# What goes wrong, in turn: the status and the body. The last is what a proxy in between answers.
FAILURES: tuple[tuple[int, bytes], ...] = (
    (200, b'{"ok": false, "error": "channel_not_found"}'),
    (429, b'{"ok": false, "error": "ratelimited"}'),
    (200, b'{"ok": false, "error": "is_archived"}'),
    (503, b"<html><body>upstream connect error</body></html>"),
)
TAKEN = b'{"ok": true, "channel": "C024BE91L", "ts": "1700000000.000100"}'
POLL_S = 0.2


class Slack(ThreadingHTTPServer):
    """Listens on a free port of this machine from the start; answers while `serve_until` runs."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.asked = count(1)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/api"

    def serve_until(self, stop: Event) -> None:
        """Answers until `stop`, then closes."""
        self.timeout = POLL_S
        while not stop.is_set():
            self.handle_request()
        self.server_close()


class _Answer(BaseHTTPRequestHandler):
    server: Slack

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, body = self._decide()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _decide(self) -> tuple[int, bytes]:
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return 200, json.dumps({"ok": False, "error": "invalid_auth"}).encode()
        turn = next(self.server.asked)
        if turn % FAILS_EVERY:
            return 200, TAKEN
        return FAILURES[(turn // FAILS_EVERY - 1) % len(FAILURES)]

    def log_message(self, *args: object) -> None:
        """What the service logs about its requests is the point; not what this says."""
