"""Whether a large store takes events as fast as an empty one: both run at once and are sent the same, by turns.

scripts/bench growth --data DIR [--events 200000] [--senders 4] [--rounds 3] [--json FILE]

DIR is a store that `store` has made. What is sent, events of the last half hour, stays in it, so that searches can no
longer be checked on it. One machine's speed changes within minutes; by turns, and first one store and then the other
at first, that falls on both.
"""

import argparse
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks import product, report
from benchmarks.corpus import BATCH, BLOCK, Corpus
from benchmarks.product import Product
from benchmarks.store import Kept


def main() -> None:
    options = _options()
    kept = Kept.read(options.data)
    with (
        tempfile.TemporaryDirectory(prefix="logviewer-bench-") as folder,
        product.running(Path(folder, "data")) as empty,
        product.running(options.data, retention_days=kept.retention_days) as large,
        large.database() as database,
    ):
        facts = report.facts(database)
        report.show_facts(facts)
        kept.complete = False
        kept.write(options.data)
        stored = kept.blocks * BLOCK
        rows = list(_rounds(options, {"empty": empty, "large": large}))
    report.show(f"Ingest into an empty store and into one of {stored:,} events, {BATCH} a batch", rows)
    ratio = statistics.median(row["large / empty"] for row in rows)
    print(f"median of large / empty: {ratio:.2f}")
    report.write(options.json, "growth", facts, stored=stored, rounds=rows, median_ratio=ratio)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--events", type=int, default=200_000, help=f"a round and store, a multiple of {BLOCK}")
    parser.add_argument("--senders", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    report.add_json_option(parser)
    options = parser.parse_args()
    if options.events % BLOCK:
        parser.error(f"--events is not a multiple of {BLOCK}")
    return options


def _rounds(options: argparse.Namespace, stores: dict[str, Product]) -> Iterator[dict[str, Any]]:
    """A row for every round; the empty store is emptied again before each."""
    keys = {name: running.key() for name, running in stores.items()}
    corpus = Corpus.ending(datetime.now(UTC), timedelta(minutes=30), options.events * options.rounds)
    blocks = options.events // BLOCK
    for number in range(options.rounds):
        made = corpus.batches(range(number * blocks, (number + 1) * blocks))
        bodies = [body for batches, _ in made for body in batches]
        stores["empty"].empty()
        order = list(stores)[:: -1 if number % 2 else 1]
        measured = {name: _send(bodies, stores[name], keys[name], options) for name in order}
        row = {f"{name}: {what}": figure for name in stores for what, figure in measured[name].items()}
        row["large / empty"] = round(measured["large"]["events/s"] / measured["empty"]["events/s"], 3)
        print(row, flush=True)
        yield row


def _send(bodies: Sequence[bytes], running: Product, key: str, options: argparse.Namespace) -> dict[str, Any]:
    cpu_s = running.cpu_seconds()
    seconds = product.send(bodies, running.port, key, options.senders)
    cpu_s = running.cpu_seconds() - cpu_s
    return {"events/s": round(options.events / seconds), "CPU s/M": round(cpu_s * 1_000_000 / options.events, 1)}


if __name__ == "__main__":
    main()
