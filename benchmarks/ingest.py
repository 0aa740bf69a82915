"""How fast events are stored, against the floor: COPY of the same rows into the same table, in the same run.

scripts/bench ingest [--events 200000] [--senders 4] [--rounds 3]

Each round empties the table, posts gzip batches of 1000 events from `senders` processes through the real web server
(each answer means committed), then empties it again and copies the same rows, 1000 a transaction, over as many
connections. It prints each round and the median ratio.
"""

import argparse
import gzip
import http.client
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from benchmarks import corpus, machine
from logviewer import embedded_postgres
from logviewer.store import copy_text

ROOT = Path(__file__).parent.parent
BATCH = 1000


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="logviewer-bench-") as folder:
        data_dir = Path(folder)
        os.environ["LOGVIEWER_DATA_DIR"] = str(data_dir / "data")
        with embedded_postgres.running(data_dir / "data") as server:
            os.environ["DATABASE_URL"] = server.url
            _manage("prepare")
            key = _manage("create_key", "--service", "*", "--label", "benchmark")
            bodies = _bodies(options.events)
            with _web_server(options.port) as web:
                rounds = [_round(options, bodies, key, server.pid, web.pid) for _ in range(options.rounds)]
    ratio = statistics.median(http_rate / copy_rate for http_rate, copy_rate in rounds)
    print(f"median ratio HTTP / COPY: {ratio:.2f}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--senders", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--port", type=int, default=18765)
    return parser.parse_args()


def _bodies(events: int) -> list[bytes]:
    """gzip bodies of BATCH events each, ending a minute ago."""
    start = datetime.now(UTC) - timedelta(hours=24, minutes=1)
    lines = list(corpus.lines(events, start=start))
    size = sum(map(len, lines)) / len(lines)
    print(f"{events:,} events of {size:.0f} bytes, {BATCH} a batch")
    return [gzip.compress(b"".join(lines[at : at + BATCH]), 6) for at in range(0, len(lines), BATCH)]


def _round(
    options: argparse.Namespace, bodies: Sequence[bytes], key: str, postgres: int, web: int
) -> tuple[float, float]:
    events = options.events
    _truncate()
    cpu = machine.cpu_seconds(postgres) + machine.cpu_seconds(web)
    seconds = _post(bodies, options.port, key, options.senders)
    cpu = machine.cpu_seconds(postgres) + machine.cpu_seconds(web) - cpu
    http_rate = events / seconds
    blocks = _stored_blocks(events)
    _truncate()
    copy_cpu = machine.cpu_seconds(postgres)
    copy_rate = events / _copy(blocks, options.senders)
    copy_cpu = machine.cpu_seconds(postgres) - copy_cpu
    million = 1_000_000 / events
    print(
        f"HTTP {http_rate:>9,.0f} events/s {cpu * million:5.1f} CPU s/M   "
        f"COPY {copy_rate:>9,.0f} rows/s {copy_cpu * million:5.1f} CPU s/M   ratio {http_rate / copy_rate:.2f}",
        flush=True,
    )
    return http_rate, copy_rate


def _post(bodies: Sequence[bytes], port: int, key: str, senders: int) -> float:
    """Seconds until every body was answered 200, all events accepted."""
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
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for body in bodies:
        connection.request("POST", "/ingest/v1/events", body, {"Authorization": f"Bearer {key}"})
        response = connection.getresponse()
        answer = json.loads(response.read())
        if response.status != 200 or answer["rejected"]:
            raise SystemExit(f"{response.status} {answer}")


def _stored_blocks(events: int) -> list[bytes]:
    """What is stored, as blocks of COPY text of BATCH rows."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection, connection.cursor() as cursor:
        columns = copy_text.STATEMENT.partition("(")[2].partition(")")[0]
        with cursor.copy(f"COPY (SELECT {columns} FROM log_event) TO STDOUT") as copy:
            rows = b"".join(bytes(part) for part in copy).splitlines(keepends=True)
    if len(rows) != events:
        raise SystemExit(f"{events} events were acknowledged, {len(rows)} are stored.")
    return [b"".join(rows[at : at + BATCH]) for at in range(0, len(rows), BATCH)]


def _copy(blocks: Sequence[bytes], connections: int) -> float:
    def work(share: Sequence[bytes]) -> None:
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
            for block in share:
                with connection.cursor() as cursor, cursor.copy(copy_text.STATEMENT) as copy:
                    copy.write(block)

    threads = [threading.Thread(target=work, args=(blocks[n::connections],)) for n in range(connections)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began


def _truncate() -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("TRUNCATE log_event, ingest_batch")


def _manage(*arguments: str) -> str:
    """Runs a command of ours and returns the last line that it printed."""
    done = subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, check=True, stdout=subprocess.PIPE)
    lines = done.stdout.decode().strip().splitlines()
    return lines[-1] if lines else ""


class _web_server:  # noqa: N801 -- reads as a function: with _web_server(port) as web
    def __init__(self, port: int) -> None:
        self.port = port

    def __enter__(self) -> subprocess.Popen[bytes]:
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--no-worker"],
            cwd=ROOT,
            env={**os.environ, "LOGVIEWER_PORT": str(self.port)},
            stdout=subprocess.DEVNULL,
        )
        for _ in range(600):
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
                connection.request("GET", "/readyz")
                if connection.getresponse().status == 200:
                    return self.process
            except OSError:
                pass
            time.sleep(0.1)
        raise SystemExit("The web server did not get ready within a minute.")

    def __exit__(self, *problem: object) -> None:
        self.process.terminate()
        self.process.wait(30)


if __name__ == "__main__":
    main()
