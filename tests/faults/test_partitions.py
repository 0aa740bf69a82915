"""Partitions that are missing, dropped, or held by a reader: ingest goes on, and maintenance may die at any step."""

import random
from datetime import UTC, datetime, timedelta

from tests.faults.maintenance import disorder, killed_again_and_again, maintain
from tests.faults.product import Product
from tests.faults.senders import post

EXPIRE_SOON = {"LOGVIEWER_RETENTION_DAYS": "1"}  # for a maintainer, while the web server still takes older events


def noon(days_ago: int) -> str:
    """In a partition of its own, however long partitions are."""
    return f"{datetime.now(UTC).date() - timedelta(days=days_ago)}T12:00:00Z"


def put_events(under_load, *days_ago: int) -> None:
    """Stores an event that nobody counts on each of these days, and thereby makes their partitions."""
    events = [{"event": "old", "service": "uncounted", "timestamp": noon(days)} for days in days_ago]
    assert post(under_load.product.url, under_load.secret, events).status == 200


def partition_of(product: Product, days_ago: int) -> str:
    [(name,)] = product.query("SELECT DISTINCT tableoid::regclass::text FROM log_event WHERE time = %s", noon(days_ago))
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


def test_partitions_are_detached_behind_the_back_of_ingest(under_load, judged):
    """As by a maintainer that is killed before it drops them."""
    days = [11, 12, 13, 14]
    put_events(under_load, *days)
    stamps = [None]
    product, senders = under_load.product, under_load.senders(timestamp=lambda: stamps[-1])
    with senders.sending():
        senders.wait_for_more(300)
        senders.record.fault_happened()
        for day in days:
            product.query(f"ALTER TABLE log_event DETACH PARTITION {partition_of(product, day)} CONCURRENTLY")
            stamps.append(noon(day))
            senders.wait_for_more(300)
    maintain(product)

    assert judged(product, senders).complaints == []
    assert disorder(product) == []


def test_a_long_reader_is_in_the_way_of_retention(under_load, judged, capsys):
    product, senders = under_load.product, under_load.senders()
    put_events(under_load, 5)
    expired = partition_of(product, 5)
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
            put_events(under_load, 12)  # while a partition is half gone another one is made
            senders.wait_for_more(500)
        assert exists(product, expired)
        assert read() == seen == 1
    maintain(product, **EXPIRE_SOON)

    verdict = judged(product, senders)
    assert verdict.complaints == []
    assert verdict.answers.keys() == {"200"}
    assert not exists(product, expired)
    with capsys.disabled():
        print(f"\nThe longest batch while retention waited for a reader: {verdict.longest_s * 1000:.0f} ms")


def test_two_maintainers_at_once_drop_and_seal_during_ingest(under_load, judged, capsys):
    product, senders = under_load.product, under_load.senders()
    many = under_load.senders(service="many", batch=1000, timestamp=lambda: noon(17))
    with many.sending():
        many.wait_for_more(5000)
    put_events(under_load, 22, 23, 24)
    assert ("ended and not sealed", partition_of(product, 17)) in disorder(product)
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
    assert disorder(product) == []
    with capsys.disabled():
        print(f"\nThe longest batch while two maintainers dropped and sealed: {verdict.longest_s * 1000:.0f} ms")


def test_retention_by_size_drops_the_oldest_that_have_ended_during_ingest(under_load, judged):
    product, senders = under_load.product, under_load.senders()
    put_events(under_load, *range(2, 6))
    before = slices(product)
    [(limit,)] = product.query("SELECT sum(pg_total_relation_size(relid)) - 1 FROM pg_partition_tree('log_event')")
    with senders.sending():
        senders.wait_for_more(300)
        senders.record.fault_happened()
        maintain(product, DJANGO_SETTINGS_MODULE="tests.faults.settings_with_little_retention", MOST_BYTES=str(limit))
        senders.wait_for_more(300)

    assert judged(product, senders).complaints == []
    kept = slices(product)
    assert len(kept) < len(before)
    assert kept == before[-len(kept) :]
    assert f"log_event_{datetime.now(UTC):%Y%m%d}" in kept


def test_maintainers_are_killed_at_any_step(under_load, judged):
    product, senders = under_load.product, under_load.senders(threads=1)
    with senders.sending():
        senders.wait_for_more(300)
        senders.record.fault_happened()
        killed = killed_again_and_again(
            product, lambda: put_events(under_load, *range(3, 8)), rounds=3, seed=1, **EXPIRE_SOON
        )
        maintain(product, **EXPIRE_SOON)
        senders.wait_for_more(300)

    assert killed > 0
    assert judged(product, senders).complaints == []
    assert disorder(product) == []
    assert product.query("SELECT count(*) FROM log_event WHERE service = 'uncounted'") == [(0,)]
