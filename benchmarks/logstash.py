"""How fast events are stored that come as python-logstash sends structlog's, beside the native endpoint.

scripts/bench logstash [--events 200000] [--senders 4] [--rounds 3] [--tags django,school] [--json FILE]

Each round posts gzip batches of 1000 events from `senders` processes, empties the store, and sends the same events over
TCP from as many processes, three connections each as a service with three workers has: a line each, whose message is
the repr of the event dict, until the last is stored.
"""

import argparse
import json
import multiprocessing
import os
import socket
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks import corpus, machine, product, report
from benchmarks.product import Product

BATCH = 1000
WORKERS = 3  # connections of a sender
LINES_AT_ONCE = 50
STORED_WITHIN_S = 300


def main() -> None:
    options = _options()
    port = product.free_port()
    os.environ |= {"LOGVIEWER_LOGSTASH_PORT": str(port), "LOGVIEWER_LOGSTASH_SENDERS": "127.0.0.0/8=*"}
    start = datetime.now(UTC) - timedelta(hours=24)
    events = list(corpus.lines(options.events, start=start))
    tags = [tag for tag in options.tags.split(",") if tag]
    lines = [_as_python_logstash_sends(event, tags) for event in events]
    bodies = [product.packed(events[at : at + BATCH]) for at in range(0, len(events), BATCH)]
    with (
        tempfile.TemporaryDirectory(prefix="logviewer-bench-") as folder,
        product.running(Path(folder, "data")) as running,
        running.database() as database,
    ):
        facts = report.facts(database)
        report.show_facts(facts)
        key = running.key()
        _send_lines(lines[:BATCH], running, port, 1)  # the doors are open, and their ways are warm
        rows = [_round(options, running, bodies, lines, key, port) for _ in range(options.rounds)]
    size = sum(map(len, lines)) / len(lines)
    report.show(f"{options.events:,} events from {options.senders} senders, {size:.0f} bytes a line", rows)
    ratio = statistics.median(row["ratio"] for row in rows)
    print(f"median ratio Logstash / native: {ratio:.2f}")
    report.write(options.json, "logstash", facts, events=options.events, rounds=rows, median_ratio=ratio)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--senders", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tags", default="", help="of the handler, with commas; a list makes an event more work")
    report.add_json_option(parser)
    return parser.parse_args()


def _as_python_logstash_sends(event: bytes, tags: Sequence[str]) -> bytes:
    """The line of version 1 for an event dict that no formatter of structlog's has rendered."""
    fields = json.loads(event)
    record = {
        "@timestamp": fields["timestamp"][:23] + "Z",
        "@version": "1",
        "message": repr(fields),
        "host": "benchmark",
        "path": "/app/lib/python3.11/site-packages/structlog/_base.py",
        "tags": tags,
        "type": "learning_platform",
        "level": fields["level"].upper(),
        "logger_name": fields.get("logger", ""),
        "_logger": f"<Logger {fields.get('logger')} (DEBUG)>",
        "_name": fields["level"],
    }
    return json.dumps(record).encode() + b"\n"


def _round(
    options: argparse.Namespace, running: Product, bodies: Sequence[bytes], lines: Sequence[bytes], key: str, port: int
) -> dict[str, Any]:
    million = 1_000_000 / options.events
    running.empty()
    cpu_s = running.cpu_seconds()
    native = options.events / product.send(bodies, running.port, key, options.senders)
    native_cpu_s = running.cpu_seconds() - cpu_s
    running.empty()
    cpu_s = running.cpu_seconds()
    logstash = options.events / _send_lines(lines, running, port, options.senders)
    row = {
        "native events/s": round(native),
        "native CPU s/M": round(native_cpu_s * million, 1),
        "Logstash events/s": round(logstash),
        "Logstash CPU s/M": round((running.cpu_seconds() - cpu_s) * million, 1),
        "doors' memory MiB": round(sum(machine.pss_mib(pid) for pid in _doors(running))),
        "ratio": round(logstash / native, 3),
    }
    print(row, flush=True)
    return row


def _doors(running: Product) -> list[int]:
    return [pid for pid in machine.tree(running.web_pid) if " listen" in machine.command(pid)]


def _send_lines(lines: Sequence[bytes], running: Product, port: int, senders: int) -> float:
    """Sends all lines, and returns the seconds until the last is stored."""
    parts = [lines[n::senders] for n in range(senders)]
    processes = [multiprocessing.Process(target=_send, args=(part, port)) for part in parts]
    began = time.perf_counter()
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    if any(process.exitcode for process in processes):
        raise SystemExit("A sender failed: see above.")
    with running.database() as connection:
        while (row := connection.execute("SELECT coalesce(sum(rows), 0) FROM ingest_batch").fetchone()) != (
            len(lines),
        ):
            if time.perf_counter() - began > STORED_WITHIN_S:
                raise SystemExit(f"{len(lines)} lines were sent, {row} are stored.")
            time.sleep(0.02)
    return time.perf_counter() - began


def _send(lines: Sequence[bytes], port: int) -> None:
    with ExitStack() as stack:
        connections = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=STORED_WITHIN_S))
            for _ in range(WORKERS)
        ]
        for turn, at in enumerate(range(0, len(lines), LINES_AT_ONCE)):
            connections[turn % WORKERS].sendall(b"".join(lines[at : at + LINES_AT_ONCE]))


if __name__ == "__main__":
    main()
