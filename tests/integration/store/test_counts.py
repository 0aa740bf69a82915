"""The counts by minute and hour are those of the rows, whatever happens to both at the same time."""

import random
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connections, transaction

from logviewer.store import counts, partitions, writer
from logviewer.store.event import Event
from logviewer.store.maintenance import maintain
from logviewer.store.partitions import Slice
from logviewer.store.writer import Batch
from tests.miscounted import MISCOUNTED

NOW = datetime.now(UTC)
TODAY = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
DAY = timedelta(days=1)


class Crash(Exception):
    """Ends a transaction in the middle."""


def event(time: datetime, level: int = 20, service: str = "s") -> Event:
    return Event(time, level, service, "it happened", "l", None, None, "{}")


def store(events, key=None):
    return writer.write(events, Batch("s", "k", key, b"x", lambda refused: {"refused": list(refused)}))


def random_events(chance: random.Random, count: int = 50) -> list[Event]:
    """Most are of now, some late by hours or days."""
    late = [0, 0, 0, 90, 3 * 3600, 2 * 24 * 3600]
    return [
        event(
            NOW - timedelta(seconds=chance.choice(late) + chance.random() * 90),
            chance.choice([10, 20, 30, 40]),
            chance.choice(["api", "worker"]),
        )
        for _ in range(count)
    ]


def answers(query: str, alias: str = "default") -> list[tuple[object, ...]]:
    with connections[alias].cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def assert_exact() -> None:
    assert answers(MISCOUNTED) == []


def test_counts_are_those_of_the_rows_before_and_after_compaction():
    chance = random.Random(1)
    for _ in range(5):
        store(random_events(chance))
    assert_exact()

    assert counts.compact() > 0
    assert answers("SELECT count(*) FROM event_count_new") == [(0,)]
    assert_exact()

    store(random_events(chance))
    assert_exact()


def test_a_repeated_batch_and_refused_events_are_not_counted():
    key = uuid4()
    events = [event(NOW), event(NOW, 40), Event(NOW, 20, "s", "poison", "l", None, None, "not json")]
    store(events, key)
    store(events, key)

    assert answers("SELECT sum(events) FROM event_count_new") == [(2,)]
    assert_exact()


def test_they_are_exact_at_every_moment_while_many_write_compact_and_crash():
    """Writers that store, repeat and are rolled back; compactors, some of which crash; and readers that compare."""
    enough = threading.Event()
    failures: list[BaseException] = []

    def repeatedly(work):
        chance = random.Random(work.__name__)
        try:
            while not enough.is_set():
                work(chance)
        except BaseException as problem:  # noqa: BLE001 -- shown by the test
            failures.append(problem)
        finally:
            connections.close_all()

    def write(chance):
        key = uuid4()
        events = random_events(chance)
        store(events, key)
        if chance.random() < 0.3:
            store(events, key)

    def crash_in_a_write(chance):
        with suppress(Crash), transaction.atomic(using="ingest"):
            store(random_events(chance))
            raise Crash

    def compact(chance):
        counts.compact()

    def crash_in_a_compaction(chance):
        with suppress(Crash), transaction.atomic():
            counts.compact()
            raise Crash

    workers = [write, write, crash_in_a_write, compact, crash_in_a_compaction]
    threads = [threading.Thread(target=repeatedly, args=(work,)) for work in workers]
    for thread in threads:
        thread.start()
    until = time.monotonic() + 300
    looks = 0
    while (looks < 40 or answers("SELECT count(*) > 1000 FROM log_event") == [(False,)]) and time.monotonic() < until:
        assert_exact()
        looks += 1
    enough.set()
    for thread in threads:
        thread.join()

    assert failures == []
    assert answers("SELECT count(*) > 1000 FROM log_event") == [(True,)]
    assert_exact()
    counts.compact()
    assert_exact()


@pytest.mark.parametrize("made_again", [False, True])
@pytest.mark.parametrize("compacted", [False, True])
def test_a_dropped_slice_takes_its_counts_along(made_again, compacted):
    old = TODAY - 40 * DAY
    store([event(old + timedelta(minutes=n), service="old") for n in range(200)])
    store([event(NOW), event(old - DAY), event(old + DAY)])
    if compacted:
        counts.compact()
    [partition] = [one for one in partitions.existing() if one.start == old]
    partitions.detach(partition)
    late = event(old + timedelta(minutes=5), service="late")
    if made_again:  # before the detached one could be dropped, as after a kill
        assert store([late]).answer == {"refused": []}
        assert len(partitions.detached()) == 1

    maintain()

    assert partitions.detached() == []
    assert_exact()
    counts.compact()
    assert_exact()


def test_a_slice_with_odd_bounds_leaves_the_counts_of_its_neighbour():
    edge = TODAY - 40 * DAY + timedelta(minutes=90)
    partitions.make([Slice(edge - timedelta(minutes=90), edge), Slice(edge, edge + DAY)])
    store([event(edge - timedelta(minutes=1)), event(edge + timedelta(minutes=1)), event(NOW)])
    counts.compact()
    partitions.detach(next(one for one in partitions.existing() if one.end == edge))

    with partitions.only_maker() as cursor:
        [name] = partitions.detached()
        counts.forget(cursor, name, partitions.existing())
        cursor.execute(f"DROP TABLE {name}")

    assert_exact()
