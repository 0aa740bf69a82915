"""Addresses: whether ours are free, and whether those of others answer yet."""

import errno
import socket
import struct
import time
from urllib.parse import parse_qs, unquote, urlsplit

PATIENCE_S = 2.0
PROTOCOL_3_0 = 196608
STARTING_UP = b"C57P03\0"  # the field of Postgres' answer with SQLSTATE cannot_connect_now


class PortProblem(Exception):
    """An address cannot be listened on. The message names the variable to set."""


class PortBusy(PortProblem):
    """Another program listens there."""


def require_free(host: str, port: int, *, host_variable: str, port_variable: str) -> None:
    """Raises PortProblem unless a server can listen on `host`:`port`.

    Looks again for two seconds: the port of a server that was killed a moment ago may not be free yet.
    """
    give_up = time.monotonic() + PATIENCE_S
    while True:
        try:
            return _try_to_bind(host, port)
        except OSError as problem:
            if problem.errno == errno.EADDRINUSE and time.monotonic() < give_up:
                time.sleep(0.1)
                continue
            raise _explained(problem, host, port, host_variable, port_variable) from problem


def _try_to_bind(host: str, port: int) -> None:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)
        probe.listen(1)


def _explained(problem: OSError, host: str, port: int, host_variable: str, port_variable: str) -> PortProblem:
    if problem.errno == errno.EADDRINUSE:
        return PortBusy(
            f"Port {port} on {host} is in use by another program: stop that one,"
            f" or set {port_variable} to another port."
        )
    if problem.errno in (errno.EACCES, errno.EPERM):
        return PortProblem(f"This user may not listen on port {port}: set {port_variable} to 1024 or above.")
    return PortProblem(
        f"{host_variable}={host} is not an address of this machine ({problem.strerror}):"
        f" set {host_variable} to 127.0.0.1, or to 0.0.0.0 for all."
    )


def reachable(host: str) -> str:
    """The address by which this machine reaches a server that listens on `host`, ready for a URL."""
    address = _local(host)
    return f"[{address}]" if ":" in address else address


def _local(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 -- compared, not bound


def web_answers(host: str, port: int) -> bool:
    """Whether our web server answers on `host`:`port`."""
    return _status_of(host, port, "GET /healthz HTTP/1.1", timeout_s=2) == 200


def takes_events(host: str, port: int, ingest_key: str) -> bool:
    """Whether the ingest door of our web server knows `ingest_key`. Stores nothing."""
    request = "POST /ingest/v1/events?dry_run=1 HTTP/1.1"
    authorization = f"Authorization: Bearer {ingest_key}"
    return _status_of(host, port, request, authorization, body='{"event":"hello"}', timeout_s=10) == 200


def _status_of(host: str, port: int, *lines: str, body: str = "", timeout_s: float) -> int | None:
    """The status of one HTTP request; None without an answer. http.client would cost the supervisor 4 MiB."""
    head = [*lines, "Host: localhost", "Connection: close", f"Content-Length: {len(body)}", "", body]
    try:
        with socket.create_connection((_local(host), port), timeout_s) as connection:
            connection.sendall("\r\n".join(head).encode())
            words = connection.recv(64).split(maxsplit=2)
            return int(words[1])
    except (OSError, IndexError, ValueError):
        return None


def why_postgres_is_away(database_url: str) -> str | None:
    """None if the server of `database_url` answers (be it with a refusal), else what is the matter."""
    parts = urlsplit(database_url)
    host = parse_qs(parts.query).get("host", [unquote(parts.hostname or "localhost")])[0]
    try:
        with _connect(host, parts.port or 5432) as connection:
            connection.sendall(_startup_message(parts.username or "postgres", parts.path.lstrip("/")))
            answer = connection.recv(1024)
    except OSError as problem:
        return problem.strerror or str(problem)
    return "it is starting up" if STARTING_UP in answer else None


def _connect(host: str, port: int) -> socket.socket:
    if not host.startswith("/"):
        return socket.create_connection((host, port), timeout=5)
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(5)
    try:
        connection.connect(f"{host}/.s.PGSQL.{port}")
    except OSError:
        connection.close()
        raise
    return connection


def _startup_message(user: str, database: str) -> bytes:
    words = ("user", unquote(user), "database", unquote(database) or "postgres", "")
    body = struct.pack("!i", PROTOCOL_3_0) + b"".join(word.encode() + b"\0" for word in words)
    return struct.pack("!i", len(body) + 4) + body
