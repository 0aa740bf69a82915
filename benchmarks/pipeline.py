"""What each stage of ingest costs in this process, in us of CPU an event: scripts/bench pipeline [--events 20000]

No web server and no Postgres: the corpus in gzip bodies of 1000 events, each stage over all of them, the best of
`rounds`. "careful" is what the rare event takes instead of "read".
"""

import argparse
import gzip
import hashlib
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import chain
from typing import Any

from benchmarks import corpus
from ingest import pipeline
from ingest.body import Body, inflate
from ingest.protocols import Text
from ingest.redaction import redact
from ingest.validation import Policy, Validator
from logviewer.store import copy_text
from logviewer.store.event import Event

BATCH = 1000
SOURCE = pipeline.Source(key="benchmark")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    start = datetime.now(UTC) - timedelta(hours=24)
    lines = list(corpus.lines(options.events, start=start))
    sent = [gzip.compress(b"".join(lines[at : at + BATCH]), 6) for at in range(0, len(lines), BATCH)]

    def measured(stage: str, work: Callable[[Any], Any], batches: Sequence[Any]) -> list[Any]:
        """Prints the stage's cost and returns what it made of the batches."""
        seconds = min(_cpu_seconds(work, batches) for _ in range(options.rounds))
        print(f"{stage:>10} {seconds / options.events * 1e6:6.2f} us", flush=True)
        return [work(batch) for batch in batches]

    bodies = measured("inflate", lambda body: inflate(BytesIO(body)), sent)
    measured("hash", lambda body: hashlib.sha256(body).digest(), bodies)
    texts = measured("cut", lambda body: list(pipeline.decode(Body(body), "ndjson")), bodies)
    events = measured("read", lambda batch: pipeline.read_events(batch, SOURCE).events, texts)
    measured("rows", lambda batch: list(copy_text.blocks(batch, first_id=1 << 40)), events)
    measured("careful", _carefully, texts)


def _carefully(portions: Sequence[Sequence[Text]]) -> list[Event]:
    validator = Validator(Policy())
    events = []
    for text in chain.from_iterable(portions):
        draft = validator.read(text)
        redact(draft, text)
        events.append(draft.sealed())
    return events


def _cpu_seconds(work: Callable[[Any], Any], batches: Sequence[Any]) -> float:
    began = time.process_time()
    for batch in batches:
        work(batch)
    return time.process_time() - began


if __name__ == "__main__":
    main()
