"""Partitions that are missing, dropped, or held by a reader: ingest goes on, and maintenance may die at any step."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from logviewer.store.maintenance import ONE_SEALER
from tests.faults.maintenance import disorder, kill_again_and_again, maintain
from tests.faults.product import Product, until
from tests.faults.senders import post

EXPIRE_SOON = {"LOGVIEWER_RETENTION_DAYS": "1"}  # for a maintainer, while the web server still takes older events


@pytest.fixture
def noon() -> Callable[[int], str]:
    """Noon so many days before the test began: in a partition of its own, however long partitions are."""
    today = datetime.now(UTC).date()
    return lambda days_ago: f"{today - timedelta(days=days_ago)}T12:00:00Z"


def put_events(under_load, *times: str) -> None:
    """Stores an event that nobody counts at each of these times, and thereby makes their partitions."""
    events = [{"event": "old", "service": "uncounted", "timestamp": time} for time in times]

    def are_stored() -> bool:
        status = post(under_load.product.url, under_load.secret, events).status
        assert status in (200, 503)
        return status == 200

    until(are_stored)


def partition_of(product: Product, time: str) -> str:
    [(name,)] = product.query("SELECT DISTINCT tableoid::regclass::text FROM log_event WHERE time = %s", time)
    return str(name)


def slices(product: Product) -> list[str]:
    """The names of the slices, oldest first."""
    return [
        name
        for (name,) in product.query(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'log_event'::regclass ORDER BY 1"
        )
    ]


def exists(product: Product, table: str) -> bool:
    return product.query("SELECT to_regclass(%s) IS NOT NULL", table) == [(True,)]


def test_events_of_days_without_a_partition_are_stored(under_load, judged):
    def some_day() -> str:
        return (datetime.now(UTC) - timedelta(days=random.randrange(2, 10))).isoformat()

    product, senders = under_load.product, under_load.senders(timestamp=some_day)
    maintain(product, **EXPIRE_SOON)
    [(before,)] = product.query("SELECT count(*) FROM pg_inherits WHERE inhparent = 'log_event'::regclass")
    with senders.sending():
        senders.wait_for_more(500)
        senders.record.fault_happened()
        senders.wait_for_more(500)

    assert judged(product, senders).complaints == []
    [(after,)] = product.query("SELECT count(*) FROM pg_inherits WHERE inhparent = 'log_event'::regclass")
    assert after > before + 5


def test_partitions_are_detached_behind_the_back_of_ingest(under_load, judged, noon):
    """As by a maintainer that is killed before it drops them."""
    noons = [noon(days_ago) for days_ago in (11, 12, 13, 14)]
    put_events(under_load, *noons)
    stamps = [None]
    product, senders = under_load.product, under_load.senders(timestamp=lambda: stamps[-1])
    with senders.sending():
        senders.wait_for_more(300)
        senders.record.fault_happened()
        for time in noons:
            product.query(f"ALTER TABLE log_event DETACH PARTITION {partition_of(product, time)} CONCURRENTLY")
            stamps.append(time)
            senders.wait_for_more(300)
    maintain(product)

    assert judged(product, senders).complaints == []
    assert disorder(product) == []


def test_a_long_reader_is_in_the_way_of_retention(under_load, judged, noon, capsys):
    product, senders = under_load.product, under_load.senders()
    put_events(under_load, noon(5))
    maintain(product)  # seals it: the product's own worker would begin to, and wait for the reader to end
    expired = partition_of(product, noon(5))
    with product.connect() as reader:
        reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")  # as a backup does

        def read() -> int:
            return reader.execute("SELECT count(*) FROM log_event WHERE time = %s", [noon(5)]).fetchone()[0]

        seen = read()
        with senders.sending():
            senders.wait_for_more(500)
            senders.record.fault_happened()
            for _ in range(2):  # one that begins to drop, one that finds it begun
                maintain(product, **EXPIRE_SOON)
            put_events(under_load, noon(12))  # while a partition is half gone another one is made
            senders.wait_for_more(500)
        assert exists(product, expired)
        assert read() == seen >= 1
    maintain(product, **EXPIRE_SOON)

    verdict = judged(product, senders)
    assert verdict.complaints == []
    assert verdict.answers.keys() == {"200"}
    assert not exists(product, expired)
    with capsys.disabled():
        print(f"\nThe longest batch while retention waited for a reader: {verdict.longest_s * 1000:.0f} ms")


def test_two_maintainers_at_once_drop_and_seal_during_ingest(under_load, judged, noon, capsys):
    product, senders = under_load.product, under_load.senders()
    many = under_load.senders(service="many", batch=1000, timestamp=lambda: noon(17))
    with product.connect() as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [ONE_SEALER])  # the product's own worker waits, too
        with many.sending():
            many.wait_for_more(5000)
        put_events(under_load, *map(noon, (22, 23, 24)))
        assert ("ended and not sealed", partition_of(product, noon(17))) in disorder(product)
    with senders.sending():
        senders.wait_for_more(300)
        senders.record.fault_happened()
        both = [product.command("maintain_store", LOGVIEWER_RETENTION_DAYS="20") for _ in range(2)]
        errors = [process.communicate()[1] for process in both]
        senders.wait_for_more(300)

    assert [process.returncode for process in both] == [0, 0], errors
    verdict = judged(product, senders)
    assert verdict.complaints == []
    assert verdict.answers.keys() == {"200"}
    until(lambda: disorder(product) == [])  # one of them does it, or the worker, and the other does not wait
    with capsys.disabled():
        print(f"\nThe longest batch while two maintainers dropped and sealed: {verdict.longest_s * 1000:.0f} ms")


def test_retention_by_size_drops_the_oldest_that_have_ended_during_ingest(under_load, judged, noon):
    product, senders = under_load.product, under_load.senders()
    put_events(under_load, *map(noon, range(2, 6)))
    todays = f"log_event_{datetime.now(UTC):%Y%m%d}"
    before = slices(product)
    [(limit,)] = product.query("SELECT sum(pg_total_relation_size(relid)) - 1 FROM pg_partition_tree('log_event')")
    with senders.sending():
        senders.wait_for_more(300)
        senders.record.fault_happened()
        maintain(product, DJANGO_SETTINGS_MODULE="tests.faults.settings_with_little_retention", MOST_BYTES=str(limit))
        senders.wait_for_more(300)

    assert judged(product, senders).complaints == []
    kept = [name for name in slices(product) if name in before]
    assert 0 < len(kept) < len(before)
    assert kept == before[-len(kept) :]
    assert todays in kept


def test_maintainers_are_killed_at_any_step(under_load, judged, noon):
    product, senders = under_load.product, under_load.senders(threads=1)
    with senders.sending():
        senders.wait_for_more(300)
        senders.record.fault_happened()
        make_work = partial(put_events, under_load, *map(noon, range(3, 8)))
        kill_again_and_again(product, make_work, rounds=3, seed=1, **EXPIRE_SOON)
        maintain(product, **EXPIRE_SOON)
        senders.wait_for_more(300)

    assert judged(product, senders).complaints == []
    assert disorder(product) == []
    assert product.query("SELECT count(*) FROM log_event WHERE service = 'uncounted'") == [(0,)]
