"""The insertion cursor never steps over a batch, in whatever order batches commit."""

from datetime import UTC, datetime

from django.db import connections, transaction

from logviewer.store import ledger
from logviewer.store.ledger import LedgerEntry, Position, batches_after

NOW = datetime.now(UTC)


def entry():
    return LedgerEntry("s", "k", None, b"h", {}, NOW, NOW, 1)


def open_in(alias):
    with connections[alias].cursor() as cursor:
        [number] = ledger.open_batches(cursor, [entry()])
        return number


def test_a_batch_that_commits_late_is_not_stepped_over():
    position = Position()
    with transaction.atomic(using="default"):
        slow = open_in("default")  # gets the lower number, commits last
        fast = open_in("ingest")
        seen = batches_after(position, alias="ingest")
        assert fast > slow
        assert seen == []  # fast is committed, but something older may still come

    seen = batches_after(position, alias="ingest")
    assert [one.position.batch for one in seen] == [slow, fast]
    assert batches_after(seen[-1].position, alias="ingest") == []


def test_a_reader_that_asks_in_between_sees_every_batch_once():
    position, seen = Position(), []
    for _ in range(5):
        with transaction.atomic(using="default"):
            slow = open_in("default")
            open_in("ingest")
            new = batches_after(position, alias="ingest")
            position = new[-1].position if new else position
            seen += [one.position.batch for one in new]
        assert slow not in seen
        new = batches_after(position, alias="ingest", limit=1)
        position = new[-1].position
        seen += [one.position.batch for one in new]
    seen += [one.position.batch for one in batches_after(position, alias="ingest")]

    assert len(seen) == len(set(seen)) == 10


def test_a_batch_names_the_ids_of_its_events():
    open_in("ingest")

    (batch,) = batches_after(Position())
    first, end = batch.ids
    assert first == batch.position.batch << 20
    assert end - first == 1 << 20
