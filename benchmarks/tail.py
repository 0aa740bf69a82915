"""How long after it was stored an event reaches those who follow, and whether ingest suffers from them.

scripts/bench tail [--viewers 50] [--searches 20] [--rate 100] [--seconds 20] [--data DIR]

A service sends ten batches a second, first with nobody there, then with viewers who follow as the page does: each asks
a second after the answer before, and every ten seconds for the histogram and the counts. An event counts from the
beginning of the transaction that stored it to the last byte of the answer that brought it, once for every viewer who
got it. Viewers are held to the store and to each other: one of everything gets all of the batches that came meanwhile,
those of one search get the same, each event once. It exits with 1 if one was skipped or doubled, or anybody refused.
"""

import argparse
import http.client
import json
import random
import re
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from benchmarks import product, report
from benchmarks.corpus import BLOCK, Corpus
from benchmarks.mixed import Measured, ingest
from benchmarks.product import READER, Product

EVERY_S = 1.0  # as static/js/tail.js
COUNTS_EVERY_S = 10.0  # as static/js/live_counts.js
MORE_AFTER_S = 0.05
BATCHES_A_SECOND = 10
LOOK_ON_S = 8.0  # before the first and after the last event
SEED = 26
ALONE_SHARE = 0.4  # of the seconds: before anybody looks

_KEY = re.compile(rb'"key":"[0-9]{20}\.([0-9]{20})"')
_SESSION = f"""
from django.test import Client
from logviewer.accounts.models import User
client = Client()
client.force_login(User.objects.get(email="{READER}"), backend="allauth.account.auth_backends.AuthenticationBackend")
print(client.cookies["sessionid"].value)
"""


def main() -> None:
    options = _options()
    with ExitStack() as stack:
        data = options.data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="logviewer-bench-")), "data")
        running = stack.enter_context(product.running(data, worker=True, retention_days=options.retention_days))
        with running.database() as database:
            facts = report.facts(database)
        report.show_facts(facts)
        rows, wrong = _measure(options, running)
    report.show(
        f"{options.viewers} viewers with {options.searches} searches, {options.rate} events/s for {options.seconds} s",
        rows,
    )
    report.write(options.json, "tail", facts, tail=rows)
    for one in wrong:
        print(one)
    sys.exit(1 if wrong else 0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--viewers", type=int, default=50)
    parser.add_argument("--searches", type=int, default=20)
    parser.add_argument("--rate", type=int, default=100, help="events a second")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--data", type=Path, help="a store that is there; by default an empty one")
    parser.add_argument("--retention-days", type=int, default=30)
    report.add_json_option(parser)
    return parser.parse_args()


def searches(count: int) -> list[str]:
    """What staff follow, as the parameters of the page: everything, levels, services, cohorts, words, fields."""
    asked = [
        "", "level=warning", "level=error", "service=learning-api", "service=auth-api", "service=report-worker",
        "service=notification-worker", "q=has:exception", "q=duration_ms>500", "q=status_code>=400", "q=method:POST",
        "q=path:/cohorts/*", "q=timeout", 'q="took longer"',
    ]  # fmt: skip
    asked += [f"cohort_id={number}" for number in range(1, 1 + max(count - len(asked), 0))]
    return asked[:count]


def _measure(options: argparse.Namespace, running: Product) -> tuple[list[dict[str, Any]], list[str]]:
    key, _ = running.key(), running.token()
    session = running.manage("shell", "-c", _SESSION)
    asked = searches(options.searches)
    addresses = [f"/tail?{quote(asked[number % len(asked)], safe='=&:/*')}" for number in range(options.viewers)]
    alone_s = options.seconds * ALONE_SHARE
    bodies = _bodies(options.rate, alone_s + options.seconds)
    first = int(alone_s * BATCHES_A_SECOND)
    alone, cpu_alone = _send(running, key, bodies[:first])
    with ProcessPoolExecutor(1) as elsewhere:
        following = elsewhere.submit(follow, running.port, session, addresses, options.seconds + LOOK_ON_S)
        time.sleep(LOOK_ON_S / 2)
        beside, cpu_beside = _send(running, key, bodies[first:])
        viewers = following.result()
    received, wrong = _judge(running, viewers, asked)
    rows = [
        _row("ingest alone, a batch", alone.seconds, cpu_alone / alone_s),
        _row("ingest beside them, a batch", beside.seconds, cpu_beside / options.seconds),
        _row("stored to received", received, None),
        _row("an answer", [second for one in viewers for second in one.answers], None),
        _row("an answer with the histogram", [second for one in viewers for second in one.counts], None),
    ]
    refused = beside.statuses.total() - beside.statuses[200]
    if refused:
        wrong.append(f"{refused} posts were refused: {dict(beside.statuses)}")
    return rows, wrong + [
        f"a viewer was refused: {dict(one.statuses)}" for one in viewers if set(one.statuses) != {200}
    ]


def _bodies(rate: int, seconds: float) -> list[bytes]:
    """Batches of what a service logs from now on, ten a second."""
    corpus = Corpus(datetime.now(UTC), timedelta(seconds=BLOCK / rate), SEED)
    blocks = [corpus.block(number) for number in range(-(-int(rate * seconds) // BLOCK))]
    bodies = [body for block in blocks for body in block.batches(rate // BATCHES_A_SECOND)]
    return bodies[: int(seconds * BATCHES_A_SECOND)]


def _send(running: Product, key: str, bodies: Sequence[bytes]) -> tuple[Measured, float]:
    """The posts, and the CPU seconds of Postgres and the web server meanwhile."""
    before = running.cpu_seconds()
    measured = ingest(bodies, running.port, key, 1 / BATCHES_A_SECOND)
    return measured, running.cpu_seconds() - before


@dataclass(slots=True)
class Viewer:
    """What one got: (event id, wall clock when it was there) of each event, seconds an answer, and of those
    with the histogram."""

    address: str
    begin: int = 0  # batches up to this one were there before
    got: list[tuple[int, float]] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    counts: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)


def follow(port: int, session: str, addresses: Sequence[str], seconds: float) -> list[Viewer]:
    """Viewers who all look for `seconds`, and then until nothing more comes."""
    viewers = [Viewer(address) for address in addresses]
    until = time.monotonic() + seconds
    threads = [threading.Thread(target=_look, args=(port, session, one, until)) for one in viewers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return viewers


def _look(port: int, session: str, viewer: Viewer, until: float) -> None:
    time.sleep(random.random() * EVERY_S)  # people do not begin at once
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    cursor, more, counted = "", True, time.monotonic() - random.random() * COUNTS_EVERY_S
    while more or time.monotonic() < until:
        began = time.monotonic()
        body = _get(connection, session, f"{viewer.address}&cursor={cursor}", viewer)
        now = time.time()
        answer = json.loads(body)
        if cursor:
            viewer.answers.append(time.monotonic() - began)
            viewer.got += [(int(id_), now) for id_ in _KEY.findall(body)]
        else:
            viewer.begin = int(answer["cursor"].split(".")[1])
        cursor, more = answer["cursor"], answer.get("more", False)
        if time.monotonic() - counted >= COUNTS_EVERY_S:
            counted = time.monotonic()
            _get(connection, session, viewer.address.replace("/tail?", "/tail/counts?shown=100&", 1), viewer)
            viewer.counts.append(time.monotonic() - counted)
        time.sleep(MORE_AFTER_S if more else EVERY_S)


def _get(connection: http.client.HTTPConnection, session: str, path: str, viewer: Viewer) -> bytes:
    connection.request("GET", path, headers={"Cookie": f"sessionid={session}"})
    response = connection.getresponse()
    viewer.statuses[response.status] += 1
    return response.read()


def _judge(running: Product, viewers: Sequence[Viewer], asked: Sequence[str]) -> tuple[list[float], list[str]]:
    """Seconds from stored to received of every event and viewer, and what is wrong with what viewers got."""
    with running.database() as database:
        stored_at = dict(
            database.execute("SELECT batch, extract(epoch FROM received)::float FROM ingest_batch").fetchall()
        )
        everything = [id_ for (id_,) in database.execute("SELECT id FROM log_event").fetchall()]
    received = [now - stored_at[id_ >> 20] for one in viewers for id_, now in one.got]
    wrong = []
    for number, one in enumerate(viewers):
        ids = [id_ for id_, _ in one.got]
        if len(ids) != len(set(ids)):
            wrong.append(f"{one.address}: {len(ids) - len(set(ids))} events came twice")
        # Of one search all viewers get the same; who began last says from where on. Of "" that is all there is.
        same = viewers[number % len(asked) :: len(asked)]
        begin = max(other.begin for other in same)
        expected = everything if asked[number % len(asked)] == "" else [id_ for other in same for id_, _ in other.got]
        missing = {id_ for id_ in expected if id_ >> 20 > begin} - set(ids)
        if missing:
            wrong.append(f"{one.address}: {len(missing)} events were skipped")
    return received, wrong


def _row(what: str, seconds: Sequence[float], cpu: float | None) -> dict[str, Any]:
    row: dict[str, Any] = {"what": what, "number": len(seconds)}
    for name, share in {"p50 ms": 0.5, "p95 ms": 0.95, "p99 ms": 0.99, "worst ms": 1.0}.items():
        row[name] = round(report.percentile(seconds, share) * 1000, 1) if seconds else None
    return {**row, "CPU s a second": None if cpu is None else round(cpu, 2)}


if __name__ == "__main__":
    main()
