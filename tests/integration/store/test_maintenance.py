"""Maintenance: slices ahead, expired ones gone, ended ones sealed, whatever was interrupted before."""

from datetime import UTC, datetime, timedelta
from unittest.mock import ANY

import pytest
from django.db import OperationalError, connections, transaction

from logviewer.store import catalogue, partitions, positions, sealing, state
from logviewer.store.event import Event
from logviewer.store.ledger import Position, batches_after
from logviewer.store.maintenance import ONE_MAINTAINER, ONE_SEALER, maintain, seal_ended
from logviewer.store.partitions import Partition, Slice
from logviewer.store.plan import DAYS_AHEAD

NOW = datetime.now(UTC)
TODAY = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
NOON = TODAY + timedelta(hours=12)  # yesterday has settled, whatever the clock says
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def make(*days_ago: int) -> list[Slice]:
    slices = [Slice(TODAY - number * DAY, TODAY - (number - 1) * DAY) for number in days_ago]
    partitions.make(slices)
    return slices


def starts() -> list[datetime]:
    return [one.start for one in partitions.existing()]


def partition_of(one: Slice) -> Partition:
    return next(p for p in partitions.existing() if p.start == one.start)


def old_event(time: datetime, **fields: object) -> Event:
    return Event(time, 20, "s", "it happened", "l", None, None, "{}", **fields)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def only_usual_slices(database):
    yield
    for one in partitions.existing():
        if one.end <= TODAY or one.start > TODAY + DAYS_AHEAD * DAY:
            with connections["default"].cursor() as cursor:
                cursor.execute(f"DROP TABLE {one.name}")


def test_today_and_the_next_days_are_made_once():
    maintain()

    assert maintain().created == 0
    assert all(TODAY + n * DAY in starts() for n in range(DAYS_AHEAD + 1))


def test_an_expired_slice_is_dropped_and_its_neighbour_is_kept():
    old, young = make(40, 20)

    assert maintain().dropped == 1
    assert old.start not in starts()
    assert young.start in starts()


def test_a_clock_that_is_set_wrong_and_right_again_costs_nothing(caplog):
    made = make(29, 3)
    maintain()

    dropped = [maintain(NOW + 365 * DAY).dropped for _ in range(2)]
    assert dropped == [0, 0]
    assert "hours ahead of the time by which events expire" in caplog.text
    ahead = state.last_retention_clock()
    assert ahead < NOW + 3 * HOUR

    assert maintain().dropped == 0
    assert all(one.start in starts() for one in made)
    assert state.last_retention_clock() < ahead


def test_a_start_in_1970_stops_nothing_from_expiring_once_the_clock_is_right():
    [expired] = make(40)
    state.maintained(NOW, NOW)

    assert maintain(datetime(1970, 1, 1, tzinfo=UTC)).dropped == 0
    assert maintain().dropped > 0
    assert expired.start not in starts()


def test_nothing_expires_by_more_than_the_machines_clock():
    [young] = make(20)
    state.maintained(NOW, NOW + 60 * DAY)

    maintain()

    assert young.start in starts()


def test_what_expired_while_the_product_was_off_goes_step_by_step():
    [expired] = make(31)
    state.maintained(NOW - 9 * DAY, TODAY - 90 * MINUTE)  # as of then, the slice had an hour and a half left

    assert [maintain().dropped for _ in range(3)] == [0, 1, 0]
    assert expired.start not in starts()


def test_a_drop_killed_after_the_detach_is_finished_by_the_next_run():
    [old] = make(1000)
    partitions.detach(partition_of(old))

    assert maintain().dropped == 1
    assert partitions.detached() == []


def test_a_long_reader_postpones_a_drop_and_nothing_waits_for_it(monkeypatch):
    monkeypatch.setattr(partitions, "LOCK_TIMEOUT", "200ms")
    [expired] = make(40)
    with transaction.atomic(using="search"), connections["search"].cursor() as reader:
        reader.execute("SELECT count(*) FROM log_event")

        assert maintain().postponed  # it began to detach
        assert maintain().postponed  # it tried to end that
        make(18)

    assert maintain().dropped == 1
    assert expired.start not in starts()


def test_a_second_maintainer_or_sealer_does_nothing_meanwhile():
    with connections["ingest"].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s), pg_advisory_lock(%s)", [ONE_MAINTAINER, ONE_SEALER])
        assert maintain().skipped
        assert seal_ended() is None
        cursor.execute("SELECT pg_advisory_unlock(%s), pg_advisory_unlock(%s)", [ONE_MAINTAINER, ONE_SEALER])
    assert not maintain().skipped


@pytest.fixture
def yesterday(store_events) -> Slice:
    """A slice that has events and is not sealed, whatever earlier tests did: partitions outlive them."""
    store_events([old_event(TODAY - DAY)])
    one = Slice(TODAY - DAY, TODAY)
    with connections["default"].cursor() as cursor:
        cursor.execute(f"DROP INDEX IF EXISTS {one.name}_words")
    return one


def test_slices_that_have_ended_are_sealed_once(yesterday):
    assert seal_ended(NOON) >= 1
    assert seal_ended(NOON) == 0
    assert partition_of(yesterday).sealed
    assert not any(one.sealed for one in partitions.existing() if one.end > TODAY)


def test_what_a_build_that_was_ended_left_behind_is_built_again(yesterday):
    end_a_build()
    assert word_indexes(yesterday) == [(f"{yesterday.name}_words_unfinished", False)]

    assert seal_ended(NOON) >= 1
    assert word_indexes(yesterday) == [(f"{yesterday.name}_words", True)]
    assert partition_of(yesterday).sealed


def test_a_slice_is_sealed_only_once_the_planner_knows_its_words(yesterday, monkeypatch):
    up_to_the_build = sealing._STEPS[: sealing._STEPS.index(sealing._BUILD) + 1]
    with monkeypatch.context() as killed:
        killed.setattr(sealing, "_STEPS", up_to_the_build)
        sealing.seal(partition_of(yesterday))
    assert word_indexes(yesterday) == [(f"{yesterday.name}_words_unfinished", True)]
    assert not partition_of(yesterday).sealed

    assert seal_ended(NOON) >= 1
    assert word_indexes(yesterday) == [(f"{yesterday.name}_words", True)]
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stats WHERE tablename = %s", [f"{yesterday.name}_words"])
        assert cursor.fetchall() == [(1,)]


def test_a_slice_that_was_sealed_before_gets_the_index_of_cohorts_once(yesterday):
    seal_ended(NOON)
    with connections["default"].cursor() as cursor:
        cursor.execute(f"DROP INDEX {yesterday.name}_cohort_levels")

    assert seal_ended(NOON) == 0
    built = cohort_indexes(yesterday)
    assert built == [(f"{yesterday.name}_cohort_levels", True, ANY)]

    seal_ended(NOON)
    assert cohort_indexes(yesterday) == built


def test_an_index_of_cohorts_whose_build_was_ended_is_built_again(yesterday):
    seal_ended(NOON)
    with connections["default"].cursor() as cursor:
        cursor.execute(f"DROP INDEX {yesterday.name}_cohort_levels")
    end_a_build()
    [(_, is_valid, unfinished)] = cohort_indexes(yesterday)
    assert not is_valid

    assert seal_ended(NOON) == 0
    [(name, is_valid, built)] = cohort_indexes(yesterday)
    assert (name, is_valid) == (f"{yesterday.name}_cohort_levels", True)
    assert built != unfinished


def end_a_build() -> None:
    """Ends what seal_ended builds while it waits, half done, for somebody who writes."""
    with transaction.atomic(using="ingest"), connections["ingest"].cursor() as writer:
        writer.execute("INSERT INTO log_event VALUES (%s, 1, 20, 's', 'e', 'l', NULL, NULL, '{}')", [TODAY - DAY])
        with connections["default"].cursor() as cursor:
            cursor.execute("SET statement_timeout = '200ms'")
        with pytest.raises(OperationalError, match="timeout"):
            seal_ended(NOON)
    with connections["default"].cursor() as cursor:
        cursor.execute("RESET statement_timeout")


def word_indexes(one: Slice) -> list[tuple[str, bool]]:
    """Name and validity."""
    return [(name, is_valid) for name, is_valid, _ in indexes(one) if "words" in name]


def cohort_indexes(one: Slice) -> list[tuple[str, bool, int]]:
    return [found for found in indexes(one) if "cohort_levels" in found[0]]


def indexes(one: Slice) -> list[tuple[str, bool, int]]:
    """Name, validity, and what tells it from another of the same name."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT relname, indisvalid, indexrelid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
            " WHERE indrelid = %s::regclass",
            [one.name],
        )
        return cursor.fetchall()


def test_the_ledger_forgets_what_no_client_can_repeat():
    with connections["default"].cursor() as cursor:
        cursor.execute(
            """INSERT INTO ingest_batch (service, key, content_hash, answer, received, rows)
               VALUES ('s', '', '', '{}', now() - interval '15 days', 0), ('s', '', '', '{}', now(), 0)"""
        )
    positions.move(catalogue.POSITION, batches_after(Position())[-1].position)

    assert maintain().pruned_batches == 1


def test_the_ledger_keeps_what_who_follows_it_has_not_seen():
    with connections["default"].cursor() as cursor:
        for _ in range(2):
            cursor.execute(
                """INSERT INTO ingest_batch (service, key, content_hash, answer, received, rows)
                   VALUES ('s', '', '', '{}', now() - interval '15 days', 0)"""
            )
    seen, unseen = batches_after(Position())
    positions.move(catalogue.POSITION, seen.position)

    assert maintain().pruned_batches == 1
    assert batches_after(Position()) == [unseen]


def test_a_service_that_is_silent_for_the_whole_retention_is_forgotten():
    with connections["default"].cursor() as cursor:
        cursor.execute("INSERT INTO log_service VALUES ('gone', current_date - 31), ('here', current_date)")
        maintain()
        cursor.execute("SELECT service FROM log_service")
        assert cursor.fetchall() == [("here",)]
