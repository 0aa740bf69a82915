"""One POST to logviewer over a kept connection. Redirects are not followed: the key would go with them."""

from __future__ import annotations

import contextlib
import http.client
import os
import ssl
from collections.abc import Callable
from typing import Protocol
from urllib.parse import urlsplit

from logviewer_client.batch import Batch
from logviewer_client.verdict import MAX_ANSWER_BYTES, Answer

TIMEOUT_S = 15.0
PATH = "/ingest/v1/events"


class Unreachable(Exception):
    """No answer came: network, TLS or a protocol that is not HTTP."""


class Transport(Protocol):
    """Sends a batch. Raises Unreachable if no answer came."""

    def send(self, batch: Batch, *, compressed: bool) -> Answer: ...

    def close(self) -> None: ...

    def abandon(self) -> None:
        """Called in a forked child: what is open belongs to the parent, whose thread may be using it."""


_inherited: list[http.client.HTTPConnection] = []


class HttpTransport:
    """Posts to `url` (http or https, with or without a path) as `key`. For one thread."""

    def __init__(self, url: str, key: str, *, timeout_s: float = TIMEOUT_S) -> None:
        """Raises ValueError with a sentence if the URL cannot be used."""
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"LOGVIEWER_URL={url} is not like https://logs.example.org")
        if not key.isascii() or not key.isprintable():
            raise ValueError("LOGVIEWER_KEY holds characters that no key has.")
        self._path = parts.path.rstrip("/") + PATH
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/x-ndjson"}
        self._connect = _connector(parts.scheme, parts.hostname, parts.port, timeout_s)
        self._connection: http.client.HTTPConnection | None = None

    def send(self, batch: Batch, *, compressed: bool) -> Answer:
        headers = {**self._headers, "Idempotency-Key": str(batch.id)}
        if compressed:
            headers["Content-Encoding"] = "gzip"
        body = batch.gzipped if compressed else batch.plain
        kept = self._connection is not None
        try:
            return self._post(body, headers)
        except (http.client.HTTPException, OSError) as problem:
            self.close()
            if not kept:
                raise Unreachable(_sentence(problem)) from problem
        try:  # the server may have closed the kept connection meanwhile, which says nothing about the server
            return self._post(body, headers)
        except (http.client.HTTPException, OSError) as problem:
            self.close()
            raise Unreachable(_sentence(problem)) from problem

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def abandon(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        # Neither closed nor let go: both wait for a lock that the parent's thread holds while it reads, and which
        # nobody in this process will ever release. Only the descriptor is closed.
        _inherited.append(connection)
        if connection.sock is not None:
            os.close(connection.sock.detach())

    def _post(self, body: bytes, headers: dict[str, str]) -> Answer:
        if self._connection is None:
            self._connection = self._connect()
        # A refusal may arrive before the body has left, and the connection close on the rest of it.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._connection.request("POST", self._path, body, headers)
        response = self._connection.getresponse()
        text = response.read(MAX_ANSWER_BYTES + 1)
        if not response.isclosed() or len(text) > MAX_ANSWER_BYTES:
            self.close()  # more is coming than any answer of ours
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, text)


def _connector(scheme: str, host: str, port: int | None, timeout_s: float) -> Callable[[], http.client.HTTPConnection]:
    if scheme == "http":
        return lambda: http.client.HTTPConnection(host, port, timeout=timeout_s)
    context = ssl.create_default_context()
    return lambda: http.client.HTTPSConnection(host, port, timeout=timeout_s, context=context)


def _sentence(problem: Exception) -> str:
    return f"{type(problem).__name__}: {problem}"[:200]
