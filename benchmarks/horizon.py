"""How long an index build holds up the insertion cursor: CREATE INDEX with and without CONCURRENTLY, on one partition.

scripts/bench horizon [--events 300000]

While the index (GIN over data) is built, a writer commits a small batch every few milliseconds and asks whether the
cursor shows it. Printed is how long the build took, and the longest that a committed batch was held back.
"""

import argparse
import os
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from benchmarks.catalogue import set_up, store
from logviewer import embedded_postgres

INDEX = "CREATE INDEX {} horizon_bench ON {} USING gin (data jsonb_path_ops)"


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="logviewer-bench-") as folder:
        os.environ["LOGVIEWER_DATA_DIR"] = folder
        with embedded_postgres.running(Path(folder, "data")) as server:
            os.environ["DATABASE_URL"] = server.url
            set_up()
            store(options.events, 1000)
            _longest_wait_while(lambda connection: time.sleep(2), "nothing else")
            partition = _largest_partition()
            for way in ("CONCURRENTLY", ""):
                build = INDEX.format(way, partition)
                _longest_wait_while(lambda connection, build=build: connection.execute(build), build)
                with _connect() as connection:
                    connection.execute("DROP INDEX horizon_bench")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=300_000)
    return parser.parse_args()


def _connect() -> psycopg.Connection:
    return psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)


def _largest_partition() -> str:
    with _connect() as connection:
        row = connection.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'log_event'::regclass"
            " ORDER BY pg_table_size(inhrelid) DESC LIMIT 1"
        ).fetchone()
    assert row is not None
    return str(row[0])


def _longest_wait_while(work: Callable[[psycopg.Connection], object], name: str) -> None:
    """Runs `work` on a connection of its own, and prints how long batches had to wait meanwhile."""
    with _connect() as connection, _connect() as writer:
        thread = threading.Thread(target=work, args=[connection])
        began = time.perf_counter()
        thread.start()
        waits = []
        while thread.is_alive():
            waits.append(_wait_of_a_batch(writer))
            time.sleep(0.002)
        took = time.perf_counter() - began
    print(f"{took:6.2f} s, {len(waits):5} batches, held back at most {max(waits) * 1000:7.1f} ms: {name}", flush=True)


def _wait_of_a_batch(connection: psycopg.Connection) -> float:
    row = connection.execute(
        "INSERT INTO ingest_batch (service, key, content_hash, answer, rows) VALUES ('b', '', '', '{}', 0)"
        " RETURNING xid::text"
    ).fetchone()
    assert row is not None
    began = time.perf_counter()
    while connection.execute("SELECT %s::xid8 >= pg_snapshot_xmin(pg_current_snapshot())", row).fetchone() == (True,):
        time.sleep(0.0005)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
