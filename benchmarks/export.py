"""Exports everything a store has, as CSV and as NDJSON: events a second, and the memory of the web server meanwhile.

scripts/bench export --data DIR

DIR was made by scripts/bench store. Memory is the proportional set size of the web server and its processes: before, at
most while a file is read, and after it. It exits with 1 if a file does not have every event, or does not say so.
"""

import argparse
import http.client
import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks import machine, product, report
from benchmarks.product import READER, Product
from benchmarks.store import Kept

LOOK_EVERY_S = 0.2
PIECE = 1 << 20

_MADE = """
from django.test import Client
from django.utils import timezone
from logviewer.accounts.models import User
from logviewer.viewer.models import Export
user = User.objects.get(email="{reader}")
client = Client()
client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
export = Export.objects.create(owner=user, query="", format="{file_format}", created=timezone.now())
print(export.pk, client.cookies["sessionid"].value)
"""
_LAST = {"csv": rb"# Complete: ([0-9,]+) events", "ndjson": rb'"complete":true,"events":([0-9]+)'}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    report.add_json_option(parser)
    options = parser.parse_args()
    kept = Kept.read(options.data)
    with product.running(options.data, retention_days=kept.retention_days) as running:
        with running.database() as database:
            facts = report.facts(database)
            [(events,)] = database.execute("SELECT count(*) FROM log_event").fetchall()
        report.show_facts(facts)
        running.token()
        rows = [_export(running, file_format) for file_format in _LAST]
    report.show(f"Exports of {events:,} events", rows)
    report.write(options.json, "export", facts, events=events, exports=rows)
    sys.exit(0 if all(row["events"] == events for row in rows) else 1)


def _export(running: Product, file_format: str) -> dict[str, Any]:
    made = running.manage("shell", "-c", _MADE.format(reader=READER, file_format=file_format))
    number, session = made.split()
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=120)
    before = _memory(running)
    began, size, end = time.perf_counter(), 0, b""
    with _most_memory(running) as seen:
        connection.request("GET", f"/exports/{number}/file", headers={"Cookie": f"sessionid={session}"})
        response = connection.getresponse()
        while piece := response.read(PIECE):
            size, end = size + len(piece), (end + piece)[-1000:]
    seconds = time.perf_counter() - began
    said = re.search(_LAST[file_format], end)
    written = int(said[1].replace(b",", b"")) if said else 0
    row = {
        "format": file_format,
        "events": written,
        "MiB": round(size / 2**20),
        "seconds": round(seconds, 1),
        "events/s": round(written / seconds),
        "PSS before, MiB": round(before),
        "PSS at a tenth, MiB": round(max(seen[: max(len(seen) // 10, 1)])),
        "PSS at most, MiB": round(max(seen)),
        "PSS after, MiB": round(_memory(running)),
    }
    print(row, flush=True)
    return row


def _memory(running: Product) -> float:
    return sum(machine.pss_mib(pid) for pid in machine.tree(running.web_pid))


@contextmanager
def _most_memory(running: Product) -> Iterator[list[float]]:
    """What the web server had, every LOOK_EVERY_S seconds of the block."""
    seen, over = [_memory(running)], threading.Event()

    def look() -> None:
        while not over.wait(LOOK_EVERY_S):
            seen.append(_memory(running))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


if __name__ == "__main__":
    main()
