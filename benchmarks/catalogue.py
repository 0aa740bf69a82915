"""What the field catalogue costs the worker: CPU seconds per million events, its own and Postgres'.

scripts/bench catalogue [--events 200000] [--batch 1000] [--rounds 3]

Stores the corpus as batches of `batch` events, as the pipeline makes them, then lets the catalogue take them in; each
round begins with an empty catalogue. The reference in the same run is what
storing the events costs Postgres.
"""

import argparse
import io
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks import corpus, machine
from logviewer import embedded_postgres


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="logviewer-bench-") as folder:
        os.environ["LOGVIEWER_DATA_DIR"] = folder
        with embedded_postgres.running(Path(folder, "data")) as server:
            os.environ["DATABASE_URL"] = server.url
            set_up()
            stored = _cost_of(lambda: store(options.events, options.batch), server.pid, options.events)
            print(f"storing {options.events:,} events, {options.batch} a batch: Postgres {stored[1]:.2f} CPU s/M")
            rounds = [_round(server.pid, options.events) for _ in range(options.rounds)]
    own, postgres = (statistics.median(column) for column in zip(*rounds, strict=True))
    print(f"median: {own:.2f} + Postgres {postgres:.2f} CPU s/M, {(own + postgres) / stored[1]:.2f} of storing")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--batch", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def set_up() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "logviewer.settings"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("prepare", stdout=io.StringIO())


def store(events: int, size: int) -> None:
    from ingest.pipeline import Source, in_portions, read_events
    from logviewer.store import writer

    start = datetime.now(UTC) - timedelta(hours=24, minutes=1)
    for texts in _batches(corpus.lines(events, start=start), size):
        read = read_events(in_portions(texts), Source(key=""))
        writer.write(read.events, writer.Batch("benchmark", "", None, b"", lambda refused: {}))


def _batches(lines: Iterator[bytes], size: int) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    for line in lines:
        batch.append(line)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _cost_of(work: Callable[[], object], postgres: int, events: int) -> tuple[float, float]:
    """CPU seconds per million events: of this process, and of Postgres."""
    servers, own = machine.cpu_seconds(postgres), time.process_time()
    work()
    own, servers = time.process_time() - own, machine.cpu_seconds(postgres) - servers
    return own * 1_000_000 / events, servers * 1_000_000 / events


def _round(postgres: int, events: int) -> tuple[float, float]:
    from django.db import connections

    from logviewer.store import catalogue

    with connections["default"].cursor() as cursor:
        cursor.execute("TRUNCATE log_field, cursor_position")
    began = time.perf_counter()
    own, servers = _cost_of(lambda: catalogue.catch_up(600), postgres, events)
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT count(*), sum(events) FROM log_field")
        rows, counted = cursor.fetchone()
    print(
        f"{own:.2f} + Postgres {servers:.2f} CPU s/M, {time.perf_counter() - began:.2f} s;"
        f" {rows} fields, {counted / events:.2f} an event",
        flush=True,
    )
    return own, servers


if __name__ == "__main__":
    main()
