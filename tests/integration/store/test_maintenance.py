"""Maintenance: partitions ahead, expired ones gone, whatever was interrupted before."""

from datetime import UTC, date, datetime, timedelta

from django.db import connections, transaction

from logviewer.store import partitions
from logviewer.store.maintenance import ONE_MAINTAINER, maintain
from logviewer.store.partitions import DAYS_AHEAD, Partition

NOW = datetime.now(UTC)


def test_today_and_the_next_days_are_made_once():
    maintain()

    assert maintain().created == 0
    starts = [one.start for one in partitions.existing()]
    today = datetime.combine(NOW.date(), datetime.min.time(), UTC)
    assert all(today + timedelta(days=n) in starts for n in range(DAYS_AHEAD + 1))


def test_an_expired_partition_is_dropped_and_its_neighbour_is_kept():
    old = NOW.date() - timedelta(days=40)
    partitions.ensure([old, old + timedelta(days=20)])

    assert maintain().dropped == 1
    starts = [one.start.date() for one in partitions.existing()]
    assert old not in starts
    assert old + timedelta(days=20) in starts


def test_a_drop_killed_after_the_detach_is_finished_by_the_next_run():
    day = date(2020, 1, 1)
    partitions.ensure([day])
    name = Partition.of_day(day).name
    with connections["default"].cursor() as cursor:
        cursor.execute(f"ALTER TABLE log_event DETACH PARTITION {name}")

    assert maintain().dropped == 1
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [name])
        assert cursor.fetchone() == (None,)


def test_a_long_reader_postpones_a_drop_and_nothing_waits_for_it(monkeypatch):
    monkeypatch.setattr(partitions, "LOCK_TIMEOUT", "200ms")
    expired, late = NOW.date() - timedelta(days=40), NOW.date() - timedelta(days=18)
    partitions.ensure([expired])
    with transaction.atomic(using="ingest"), connections["ingest"].cursor() as reader:
        reader.execute("SELECT count(*) FROM log_event")

        assert maintain().postponed  # it began to detach
        assert maintain().postponed  # it tried to end that
        partitions.ensure([late])

    assert maintain().dropped == 1
    assert expired not in [one.start.date() for one in partitions.existing()]


def test_a_second_maintainer_does_nothing_meanwhile():
    with connections["ingest"].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [ONE_MAINTAINER])
        assert maintain().skipped
        cursor.execute("SELECT pg_advisory_unlock(%s)", [ONE_MAINTAINER])
    assert not maintain().skipped


def test_the_ledger_forgets_what_no_client_can_repeat():
    with connections["default"].cursor() as cursor:
        cursor.execute(
            """INSERT INTO ingest_batch (service, key, content_hash, answer, received, rows)
               VALUES ('s', '', '', '{}', now() - interval '15 days', 0), ('s', '', '', '{}', now(), 0)"""
        )

    assert maintain().pruned_batches == 1


def test_a_service_that_is_silent_for_the_whole_retention_is_forgotten():
    with connections["default"].cursor() as cursor:
        cursor.execute("INSERT INTO log_service VALUES ('gone', current_date - 31), ('here', current_date)")
        maintain()
        cursor.execute("SELECT service FROM log_service")
        assert cursor.fetchall() == [("here",)]
