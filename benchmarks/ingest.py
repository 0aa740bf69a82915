"""How fast events are stored, against the floor: COPY of the same rows into the same table, in the same run.

scripts/bench ingest [--events 200000] [--senders 4] [--rounds 3] [--json FILE]

Each round empties the table, posts gzip batches of 1000 events from `senders` processes through the real web server
(each answer means committed), then empties it again and copies the same rows, 1000 a transaction, over as many
connections. It prints each round and the median ratio.
"""

import argparse
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks import machine, product, report
from benchmarks.corpus import BATCH, BLOCK, Corpus
from benchmarks.product import Product
from logviewer.store import copy_text

GIN_SETTING = "SET gin_pending_list_limit = 512"  # kB, as settings.py has it for ingest


def main() -> None:
    options = _options()
    with (
        tempfile.TemporaryDirectory(prefix="logviewer-bench-") as folder,
        product.running(Path(folder, "data")) as running,
        running.database() as database,
    ):
        facts = report.facts(database)
        report.show_facts(facts)
        bodies, key = _bodies(options.events), running.key()
        rows = [_round(options, bodies, key, running) for _ in range(options.rounds)]
    report.show(f"Ingest of {options.events:,} events, {options.senders} senders, {BATCH} a batch", rows)
    ratio = statistics.median(row["ratio"] for row in rows)
    print(f"median ratio HTTP / COPY: {ratio:.2f}")
    report.write(options.json, "ingest", facts, events=options.events, rounds=rows, median_ratio=ratio)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=200_000, help=f"a multiple of {BLOCK}")
    parser.add_argument("--senders", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    report.add_json_option(parser)
    options = parser.parse_args()
    if options.events % BLOCK:
        parser.error(f"--events is not a multiple of {BLOCK}")
    return options


def _bodies(events: int) -> list[bytes]:
    """gzip bodies of BATCH events each, of the last 24 hours."""
    corpus = Corpus.ending(datetime.now(UTC), timedelta(hours=24), events)
    return [body for bodies, _ in corpus.batches(range(events // BLOCK)) for body in bodies]


def _round(options: argparse.Namespace, bodies: Sequence[bytes], key: str, running: Product) -> dict[str, Any]:
    events, million = options.events, 1_000_000 / options.events
    running.empty()
    web_s, postgres_s = (machine.cpu_seconds(pid) for pid in (running.web_pid, running.postgres_pid))
    http_rate = events / product.send(bodies, running.port, key, options.senders)
    web_s, postgres_s = (
        machine.cpu_seconds(running.web_pid) - web_s,
        machine.cpu_seconds(running.postgres_pid) - postgres_s,
    )
    blocks = _stored_blocks(running, events)
    running.empty()
    copy_cpu_s = machine.cpu_seconds(running.postgres_pid)
    copy_rate = events / _copy(running, blocks, options.senders)
    copy_cpu_s = machine.cpu_seconds(running.postgres_pid) - copy_cpu_s
    row = {
        "HTTP events/s": round(http_rate),
        "HTTP CPU s/M": round((web_s + postgres_s) * million, 1),
        "of it Postgres": round(postgres_s * million, 1),
        "COPY rows/s": round(copy_rate),
        "COPY CPU s/M": round(copy_cpu_s * million, 1),
        "ratio": round(http_rate / copy_rate, 3),
    }
    print(row, flush=True)
    return row


def _stored_blocks(running: Product, events: int) -> list[bytes]:
    """What is stored, as blocks of COPY text of BATCH rows."""
    with running.database() as connection, connection.cursor() as cursor:
        columns = copy_text.STATEMENT.partition("(")[2].partition(")")[0]
        with cursor.copy(f"COPY (SELECT {columns} FROM log_event) TO STDOUT") as copy:
            rows = b"".join(bytes(part) for part in copy).splitlines(keepends=True)
    if len(rows) != events:
        raise SystemExit(f"{events} events were acknowledged, {len(rows)} are stored.")
    return [b"".join(rows[at : at + BATCH]) for at in range(0, len(rows), BATCH)]


def _copy(running: Product, blocks: Sequence[bytes], connections: int) -> float:
    def work(share: Sequence[bytes]) -> None:
        with running.database() as connection:
            connection.execute(GIN_SETTING)
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


if __name__ == "__main__":
    main()
