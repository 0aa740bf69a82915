"""Runs the whole product on a data folder for the length of a block, as an operator would, and sends it events."""

import gzip
import http.client
import json
import multiprocessing
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from benchmarks import machine
from logviewer import embedded_postgres

ROOT = Path(__file__).parent.parent
READY_WITHIN_S = 60
READER = "benchmark@localhost.test"


@dataclass(frozen=True, slots=True)
class Product:
    """A running one. Its web server writes to web.log in the data folder."""

    port: int
    database_url: str
    postgres_pid: int
    web_pid: int
    environment: Mapping[str, str]

    def manage(self, *arguments: str) -> str:
        """Runs a command of ours and returns the last line that it printed."""
        return _manage(self.environment, *arguments)

    def key(self) -> str:
        return self.manage("create_key", "--service", "*", "--label", "benchmark")

    def token(self) -> str:
        self.manage("create_user", "--email", READER, "--role", "viewer")
        return self.manage("create_token", "--user", READER, "--label", "benchmark")

    def database(self) -> psycopg.Connection[Any]:
        """A connection of the owner's. No prepared statements: a generic plan is not what we compare with."""
        return psycopg.connect(self.database_url, autocommit=True, prepare_threshold=None)

    def empty(self) -> None:
        """Of events and all that follows from them."""
        with self.database() as connection:
            connection.execute(
                "TRUNCATE log_event, ingest_batch, event_count_new, event_count_minute, event_count_hour,"
                " event_rollup_slice CASCADE"
            )

    def cpu_seconds(self) -> float:
        """Of Postgres and the web server so far."""
        return machine.cpu_seconds(self.postgres_pid) + machine.cpu_seconds(self.web_pid)


@contextmanager
def running(data: Path, *, worker: bool = False, retention_days: int = 30) -> Iterator[Product]:
    """The product on `data`, with its own Postgres and settings. Without a worker nothing happens by itself."""
    port = free_port()
    with embedded_postgres.running(data) as server:
        environment = {
            **os.environ,
            "LOGVIEWER_DATA_DIR": str(data),
            "DATABASE_URL": server.url,
            "LOGVIEWER_PORT": str(port),
            "LOGVIEWER_RETENTION_DAYS": str(retention_days),
        }
        _manage(environment, "prepare")
        command = [sys.executable, "manage.py", "up", *([] if worker else ["--no-worker"])]
        with (data / "web.log").open("ab") as log:
            web = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            _wait_until_ready(port)
            yield Product(port, server.url, server.pid, web.pid, environment)
        finally:
            web.terminate()
            web.wait(30)


class Client:
    """Asks over one kept-open connection."""

    def __init__(self, port: int, secret: str, timeout_s: float = 60, *, cookie: str = "") -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)
        self._headers = {"Cookie": cookie} if cookie else {"Authorization": f"Bearer {secret}"}

    def get(self, path: str) -> tuple[int, bytes]:
        """The status and the body, read to its last byte."""
        self._connection.request("GET", path, headers=self._headers)
        response = self._connection.getresponse()
        return response.status, response.read()

    def post(self, body: bytes, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        """Sends a batch of events."""
        self._connection.request("POST", "/ingest/v1/events", body, {**self._headers, **(headers or {})})
        response = self._connection.getresponse()
        return response.status, response.read()

    def close(self) -> None:
        self._connection.close()


def packed(events: Sequence[bytes]) -> bytes:
    """A body of events, as senders send it."""
    return gzip.compress(b"".join(events), 6)


def send(bodies: Sequence[bytes], port: int, key: str, senders: int) -> float:
    """Sends every body from as many processes, and returns the seconds until the last was stored whole."""
    shares = [bodies[n::senders] for n in range(senders)]
    processes = [multiprocessing.Process(target=_send, args=(share, port, key)) for share in shares]
    began = time.perf_counter()
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    seconds = time.perf_counter() - began
    if any(process.exitcode for process in processes):
        raise SystemExit("A sender failed: see above.")
    return seconds


def _send(bodies: Sequence[bytes], port: int, key: str) -> None:
    client = Client(port, key)
    for body in bodies:
        status, answer = client.post(body)
        if status != 200 or json.loads(answer)["rejected"]:
            raise SystemExit(f"{status} {answer.decode()[:1000]}, for {gzip.decompress(body)[:300]!r}")


def _manage(environment: Mapping[str, str], *arguments: str) -> str:
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"manage.py {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    lines = done.stdout.strip().splitlines()
    return lines[-1] if lines else ""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def _wait_until_ready(port: int) -> None:
    give_up = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < give_up:
        client = Client(port, "")
        try:
            if client.get("/readyz")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            client.close()
    raise SystemExit(f"The web server did not get ready within {READY_WITHIN_S} s.")
