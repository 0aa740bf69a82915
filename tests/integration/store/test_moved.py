"""A ledger from another cluster: its readers miss nothing, take nothing twice, and do not wait for its transactions."""

from datetime import UTC, datetime

import pytest
from django.db import connections, transaction

from logviewer.query.tail import newest_cursor
from logviewer.store import catalogue, ledger, positions
from logviewer.store.event import Event
from logviewer.store.horizon import read_horizon
from logviewer.store.ledger import LedgerEntry, Position, batches_after
from logviewer.store.maintenance import maintain
from logviewer.store.moved import settle

FAR = 10**12  # more transactions than the tests' server has seen


def store_batch():
    entry = LedgerEntry("s", "k", None, b"h", {}, None, None, 0)
    with connections["ingest"].cursor() as cursor:
        (number,) = ledger.open_batches(cursor, [entry])
    return number


def take_in(name, batches):
    with transaction.atomic():
        positions.move(name, batches[-1].position)


def come_from_far():
    with connections["default"].cursor() as cursor:
        for table in ("ingest_batch", "cursor_position"):
            cursor.execute(f"UPDATE {table} SET xid = (xid::text::bigint + %s)::text::xid8", [FAR])


def new_to(name):
    with transaction.atomic():
        return [one.position.batch for one in batches_after(positions.take(name))]


@pytest.fixture
def moved():
    """Five batches from far: `ahead` has taken in three of them, `behind` one."""
    numbers = [store_batch() for _ in range(5)]
    batches = batches_after(Position())
    take_in("ahead", batches[:3])
    take_in("behind", batches[:1])
    come_from_far()
    return numbers


def test_each_reader_goes_on_where_it_was_with_what_came_before_and_since(moved):
    assert settle()
    since = store_batch()

    assert new_to("ahead") == [*moved[3:], since]
    assert new_to("behind") == [*moved[1:], since]
    assert [one.position.batch for one in batches_after(Position())] == [*moved, since]


def test_nothing_waits_for_transactions_of_elsewhere(moved):
    assert read_horizon().batches_behind == 5

    settle()

    assert read_horizon().batches_behind == 0
    assert newest_cursor().batch == moved[-1]


def test_a_ledger_of_this_server_stays_as_it_is(moved):
    assert settle()
    store_batch()
    before = batches_after(Position())

    assert not settle()

    assert batches_after(Position()) == before


def test_an_open_transaction_does_not_make_the_ledger_look_foreign():
    with transaction.atomic(using="default"), connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()")
        store_batch()
        assert not settle()


def test_fields_of_events_that_came_since_are_catalogued(store_events):
    maintain()
    now = datetime.now(UTC)
    store_events([Event(now, 20, "s", "e", "", None, None, '{"old": 1}')])
    catalogue.catch_up(60)
    come_from_far()
    settle()
    store_events([Event(now, 20, "s", "e", "", None, None, '{"fresh": 1}')])

    catalogue.catch_up(60)

    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT path, events FROM log_field")
        assert dict(cursor.fetchall()) == {"old": 1, "fresh": 1}
