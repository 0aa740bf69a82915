"""Makes a store of the corpus through the real ingest endpoint, and lets it maintain itself.

scripts/bench store --data DIR [--events 1000000] [--planned N] [--days 1] [--senders 4] [--sealed | --unsealed]

Prints the rate of every million as the store grows. `--data DIR` is kept, so that searches can be measured again; a
later call with more `--events` lets it grow. `--planned` is how many events it shall have in the end: so many fill
`--days` up to the time of the first call, or with `--sealed` up to the midnight (UTC) before, so that all slices have
ended and get their word index. `--unsealed` puts all events into the slice that is being written, which has none.
"""

import argparse
import json
import pickle
import re
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks import product, report
from benchmarks.corpus import BLOCK, Corpus
from benchmarks.product import Product
from benchmarks.truth import Truth

STEP = 1_000_000  # events between two lines of the report
FEWEST_RETENTION_DAYS = 30
SETTLED_AFTER = timedelta(hours=1)  # a slice that ended so long ago can be sealed
MOST_MAINTENANCE_RUNS = 100


@dataclass(slots=True)
class Kept:
    """What is written down beside a store: which corpus is in it, and how much of it."""

    start: str  # RFC 3339
    block_span_us: int
    planned: int  # events up to the time of the first call
    retention_days: int
    unsealed: bool
    blocks: int = 0
    complete: bool = True  # False while events are being sent: what is stored is not known

    @property
    def corpus(self) -> Corpus:
        return Corpus(datetime.fromisoformat(self.start), timedelta(microseconds=self.block_span_us))

    @classmethod
    def read(cls, data: Path) -> "Kept":
        kept = cls(**json.loads((data / "corpus.json").read_text()))
        if not kept.complete:
            raise SystemExit(f"Loading {data} was interrupted: what it holds is not known. Delete it.")
        return kept

    def write(self, data: Path) -> None:
        (data / "corpus.json").write_text(json.dumps(asdict(self)))


def read_truth(data: Path) -> Truth:
    truth: Truth = pickle.loads((data / "truth.pickle").read_bytes())
    return truth


def write_truth(data: Path, truth: Truth) -> None:
    (data / "truth.pickle").write_bytes(pickle.dumps(truth))


def main() -> None:
    options = _options()
    options.data.mkdir(parents=True, exist_ok=True)
    kept = Kept.read(options.data) if (options.data / "corpus.json").exists() else None
    if kept and options.events > kept.planned:
        raise SystemExit(f"{options.data} was planned for {kept.planned:,} events: see --planned.")
    retention_days = kept.retention_days if kept else max(FEWEST_RETENTION_DAYS, options.days + 2)
    with product.running(options.data, retention_days=retention_days) as running, running.database() as database:
        facts = report.facts(database)
        report.show_facts(facts)
        kept = kept or _new(options, running, retention_days)
        rows = grow(running, options.data, kept, options.events, options.senders)
        report.show(f"Loading, {options.senders} senders, 1000 events a batch", rows)
        maintained = maintain(running)
        report.write(options.json, "store", facts, loading=rows, maintenance=maintained)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--events", type=int, default=1_000_000, help=f"in all, a multiple of {BLOCK}")
    parser.add_argument("--planned", type=int, help="events that fill --days; default: --events")
    parser.add_argument("--days", type=int, default=1)
    parser.add_argument("--senders", type=int, default=4)
    slices = parser.add_mutually_exclusive_group()
    slices.add_argument("--sealed", action="store_true")
    slices.add_argument("--unsealed", action="store_true")
    report.add_json_option(parser)
    options = parser.parse_args()
    if options.events % BLOCK:
        parser.error(f"--events is not a multiple of {BLOCK}")
    return options


def _new(options: argparse.Namespace, running: Product, retention_days: int) -> Kept:
    """A corpus whose planned events fill the time up to now, or to where the options want it to end."""
    planned = max(options.planned or 0, options.events)
    now = datetime.now(UTC)
    end = (now - SETTLED_AFTER).replace(hour=0, minute=0, second=0, microsecond=0) if options.sealed else now
    start = _start_of_slice(running, end) if options.unsealed else end - timedelta(days=options.days)
    block_us = (end - start) * BLOCK / planned // timedelta(microseconds=1)
    return Kept(start.isoformat(), block_us, planned, retention_days, options.unsealed)


def _start_of_slice(running: Product, now: datetime) -> datetime:
    """Where the partition of `now` begins."""
    bounds = re.compile(r"FROM \('([^']+)'\) TO \('([^']+)'\)")
    with running.database() as database:
        rows = database.execute("""
            SELECT pg_get_expr(relpartbound, pg_class.oid) FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
            WHERE inhparent = 'log_event'::regclass
        """).fetchall()
    slices = [tuple(map(datetime.fromisoformat, found.groups())) for (text,) in rows if (found := bounds.search(text))]
    return next(start for start, end in slices if start <= now < end)


def grow(running: Product, data: Path, kept: Kept, events: int, senders: int) -> list[dict[str, Any]]:
    """Sends the corpus from where the store ends up to `events` events, and returns a row for every STEP of them."""
    truth = read_truth(data) if kept.blocks else Truth()
    key, rows = running.key(), []
    while kept.blocks * BLOCK < events:
        until = min(kept.blocks + STEP // BLOCK, events // BLOCK)
        began = time.perf_counter()
        made = list(kept.corpus.batches(range(kept.blocks, until)))
        bodies = [body for batches, _ in made for body in batches]
        making_s, cpu_s = time.perf_counter() - began, running.cpu_seconds()
        kept.complete = False
        kept.write(data)
        seconds = product.send(bodies, running.port, key, senders)
        sent = (until - kept.blocks) * BLOCK
        for _, part in made:
            truth.extend(part)
        kept.blocks, kept.complete = until, True
        write_truth(data, truth)
        kept.write(data)
        rows.append(
            {
                "events": until * BLOCK,
                "events/s": round(sent / seconds),
                "CPU s/M": round((running.cpu_seconds() - cpu_s) * 1_000_000 / sent, 1),
                "made in s": round(making_s, 1),
                "gzip B/event": round(sum(map(len, bodies)) / sent, 1),
            }
        )
        print(rows[-1], flush=True)
    return rows


def maintain(running: Product) -> dict[str, Any]:
    """Has the store do what it would do by itself in the next hours, and returns what it said and took.

    That is its own maintenance until nothing is left to do, then what autovacuum does: each slice, not their parent.
    """
    began, cpu_s = time.perf_counter(), running.cpu_seconds()
    said: list[str] = []
    while len(said) < MOST_MAINTENANCE_RUNS:
        said.append(running.manage("maintain_store"))
        print(said[-1], flush=True)
        if not any(map(int, re.findall(r"\d+", said[-1]))):
            break
    maintaining_s = time.perf_counter() - began
    _vacuum(running)
    return {
        "said": said,
        "maintenance_s": round(maintaining_s, 1),
        "vacuum_s": round(time.perf_counter() - began - maintaining_s, 1),
        "cpu_s": round(running.cpu_seconds() - cpu_s, 1),
    }


def _vacuum(running: Product) -> None:
    with running.database() as database:
        tables = database.execute("SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND oid >= 16384")
        for (table,) in tables.fetchall():
            database.execute(f"VACUUM (ANALYZE) {table}")


if __name__ == "__main__":
    main()
