"""How ingest fares while people ask the worst questions, on a store that is there.

scripts/bench mixed --data DIR [--seconds 60] [--rate 500] [--viewers 10]

DIR was made by scripts/bench store. The whole product runs, worker included. Batches of 500 events are due at the given
rate, and a batch counts from when it was due, so that one that waits for another is not forgiven. Every viewer asks a
random question of the worst kinds as soon as the last was answered.
"""

import argparse
import http.client
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks import product, report
from benchmarks.corpus import BLOCK, Block, Corpus
from benchmarks.product import Client
from benchmarks.questions import KINDS, questions
from benchmarks.store import Kept, read_truth, write_truth

BATCH = 500
WORST = ("Q4", "Q5", "Q6", "Q6c", "Q7", "Q8", "Q9")
MOST_TRIES = 100
LIVE_SEED = 2


def main() -> None:
    options = _options()
    kept, truth = Kept.read(options.data), read_truth(options.data)
    paths = [asked.path for kind in KINDS if kind.name in WORST for asked in questions(kind, truth, 10)]
    with product.running(options.data, worker=True, retention_days=kept.retention_days) as running:
        with running.database() as database:
            facts = report.facts(database)
        report.show_facts(facts)
        key, token = running.key(), running.token()
        blocks = _live_blocks(options.rate, options.seconds)
        bodies = [body for block in blocks for body in block.batches(BATCH)]
        with ProcessPoolExecutor(1) as elsewhere:  # so that the viewers do not keep the sender waiting
            seconds = len(bodies) * BATCH / options.rate
            viewing = elsewhere.submit(view, running.port, token, paths, options.viewers, seconds)
            sent = ingest(bodies, running.port, key, BATCH / options.rate)
            viewed = viewing.result()
    for block in blocks:
        truth.extend(block.truth)
    write_truth(options.data, truth)
    rows = [_row("ingest, a batch", sent), _row("searches", viewed)]
    title = f"{options.rate} events/s beside {options.viewers} viewers, on {truth.events:,} events"
    report.show(title, rows)
    report.write(options.json, "mixed", facts, events=truth.events, mixed=rows)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seconds", type=int, default=60, help=f"rounded up, so that whole blocks of {BLOCK} are sent")
    parser.add_argument("--rate", type=int, default=500, help="events a second")
    parser.add_argument("--viewers", type=int, default=10)
    report.add_json_option(parser)
    return parser.parse_args()


def _live_blocks(rate: int, seconds: int) -> list[Block]:
    """What a service logs from now on."""
    corpus = Corpus(datetime.now(UTC), timedelta(seconds=BLOCK / rate), LIVE_SEED)
    return [corpus.block(number) for number in range(-(-rate * seconds // BLOCK))]


@dataclass(slots=True)
class Measured:
    """Seconds of the requests that were answered 200, and how many had another status ("broken": none at all)."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int | str] = field(default_factory=Counter)

    def add(self, status: int | str, seconds: float) -> None:
        self.statuses[status] += 1
        if status == 200:
            self.seconds.append(seconds)


def ingest(bodies: Sequence[bytes], port: int, key: str, every_s: float) -> Measured:
    """Sends a batch every `every_s` seconds. One that is refused is sent again until it is stored."""
    client, measured, began = Client(port, key), Measured(), time.perf_counter()
    for place, body in enumerate(bodies):
        due = began + place * every_s
        time.sleep(max(0, due - time.perf_counter()))
        headers = {"Idempotency-Key": str(uuid4())}
        for _ in range(MOST_TRIES):
            status = _status(partial(client.post, body, headers))
            measured.add(status, time.perf_counter() - due)
            if status == 200:
                break
            time.sleep(0.5)
        else:
            raise SystemExit(f"A batch was refused {MOST_TRIES} times: {status}.")
    return measured


def view(port: int, token: str, paths: Sequence[str], viewers: int, seconds: float) -> Measured:
    """Asks `paths` at random from as many connections as there are viewers."""
    measured, until = Measured(), time.perf_counter() + seconds

    def look(chance: random.Random) -> None:
        client = Client(port, token)
        while time.perf_counter() < until:
            began = time.perf_counter()
            status = _status(partial(client.get, chance.choice(paths)))
            measured.add(status, time.perf_counter() - began)

    threads = [threading.Thread(target=look, args=(random.Random(number),)) for number in range(viewers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return measured


def _status(ask: Callable[[], tuple[int, bytes]]) -> int | str:
    try:
        return ask()[0]
    except (OSError, http.client.HTTPException):
        return "broken"


def _row(what: str, measured: Measured) -> dict[str, Any]:
    refused = measured.statuses[503] + measured.statuses[429]
    answered = measured.statuses[200]
    row: dict[str, Any] = {"what": what, "answered": answered, "refused": refused}
    row["errors"] = measured.statuses.total() - answered - refused
    shares = {"p50 ms": 0.5, "p95 ms": 0.95, "p99 ms": 0.99, "worst ms": 1.0}
    for name, share in shares.items():
        row[name] = round(report.percentile(measured.seconds, share) * 1000, 1) if measured.seconds else None
    row["statuses"] = ", ".join(f"{status}: {number}" for status, number in measured.statuses.most_common())
    return row


if __name__ == "__main__":
    main()
