"""Small batches that arrive together are one transaction, and each keeps its own row, answer and fate."""

import threading
import time
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.db import connections

from logviewer.store import ledger, writer
from logviewer.store.event import Event
from logviewer.store.group_commit import MAX_SMALL_ROWS, GroupCommit
from logviewer.store.models import EventRow
from logviewer.store.writer import Batch, DiskNearlyFull, IdempotencyConflict, StoreUnavailable, Written

NOW = datetime.now(UTC)


def event(name, data="{}"):
    return Event(NOW, 20, "s", name, "l", None, None, data)


def batch(key=None, content=b"a"):
    return Batch("s", "k", key, content, lambda refused: {"refused": list(refused)})


class Together:
    """Writes batches in threads, all but the first while that one still stores, so that they become one group."""

    def __init__(self, monkeypatch) -> None:
        self.groups, self.results = GroupCommit(), {}
        self.first_stores, self.all_wait = threading.Event(), threading.Event()
        real = writer.write

        def slow_once(events, batch):
            if not self.first_stores.is_set():
                self.first_stores.set()
                assert self.all_wait.wait(120)
            return real(events, batch)

        monkeypatch.setattr(writer, "write", slow_once)

    def write(self, submissions):
        threads = [threading.Thread(target=self._write, args=(n, *one)) for n, one in enumerate(submissions)]
        threads[0].start()
        assert self.first_stores.wait(120)
        for started, thread in enumerate(threads[1:], 1):
            thread.start()
            while len(self.groups._queue) < started:
                time.sleep(0.001)
        self.all_wait.set()
        for thread in threads:
            thread.join()
        return [self.results[n] for n in range(len(submissions))]

    def _write(self, number, events, batch):
        try:
            self.results[number] = self.groups.write(events, batch)
        except (IdempotencyConflict, StoreUnavailable) as problem:
            self.results[number] = problem
        finally:
            connections.close_all()


@pytest.fixture
def write_together(monkeypatch):
    monkeypatch.setattr("logviewer.store.group_commit.PATIENCE_S", 120)
    return Together(monkeypatch).write


def transactions():
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT xid) FROM ingest_batch")
        return cursor.fetchone()


def stored():
    return sorted(row.event for row in EventRow.objects.all())


def test_batches_that_wait_together_are_one_transaction_with_a_row_each(write_together):
    results = write_together([([event(f"e{n}")], batch()) for n in range(10)])

    assert results == [Written({"refused": []})] * 10
    assert stored() == sorted(f"e{n}" for n in range(10))
    assert transactions() == (10, 2)
    assert len({row.id >> 20 for row in EventRow.objects.all()}) == 10


def test_a_bad_event_is_refused_alone_and_its_companions_are_stored(write_together):
    submissions = [([event("first")], batch()), ([event("a")], batch()), ([event("poison", "no json")], batch()),
                   ([event("b")], batch())]  # fmt: skip

    results = write_together(submissions)

    assert [one.answer["refused"] for one in results] == [[], [], [0], []]
    assert stored() == ["a", "b", "first"]


def test_a_repeat_and_a_conflict_get_their_answers_and_their_companions_are_stored(write_together):
    key = uuid4()
    writer.write_together([writer.Submission([event("before")], batch(key))])

    first, repeat, conflict, other = write_together(
        [([event("first")], batch()), ([event("before")], batch(key)), ([event("x")], batch(key, b"b")),
         ([event("other")], batch())]
    )  # fmt: skip

    assert (first.duplicate, repeat.duplicate, other.duplicate) == (False, True, False)
    assert isinstance(conflict, IdempotencyConflict)
    assert stored() == ["before", "first", "other"]


def test_the_same_batch_twice_in_the_queue_is_stored_once(write_together):
    key = uuid4()
    results = write_together([([event("first")], batch())] + [([event("twice")], batch(key))] * 3)

    assert [one.duplicate for one in results] == [False, False, True, True]
    assert stored() == ["first", "twice"]


def test_when_the_store_is_away_all_are_told_so_and_the_next_is_stored(write_together, monkeypatch):
    def away(submissions):
        raise DiskNearlyFull("the disk", 7)  # whose words senders may read, unlike those of other reasons

    monkeypatch.setattr(writer, "write_together", away)
    results = write_together([([event(f"e{n}")], batch()) for n in range(3)])

    assert isinstance(results[0], Written)
    assert [(type(one), str(one), one.retry_after_s) for one in results[1:]] == [(DiskNearlyFull, "the disk", 7)] * 2


def test_a_large_batch_goes_alone(monkeypatch):
    groups, large = GroupCommit(), [event("e")] * (MAX_SMALL_ROWS + 1)
    monkeypatch.setattr(groups, "_wait_for_a_turn", None)

    assert groups.write(large, batch()) == Written({"refused": []})


def test_a_group_that_is_held_up_by_a_lock_does_not_hold_up_the_next(monkeypatch):
    groups, held, go_on = GroupCommit(), threading.Event(), threading.Event()
    real = writer.write

    def stuck_for_one(events, batch):
        if events[0].event == "stuck":
            held.set()
            assert go_on.wait(120)
        return real(events, batch)

    monkeypatch.setattr(writer, "write", stuck_for_one)
    stuck = threading.Thread(target=lambda: (groups.write([event("stuck")], batch()), connections.close_all()))
    stuck.start()
    assert held.wait(120)

    groups.write([event("next")], batch())

    assert stored() == ["next"]
    go_on.set()
    stuck.join()
    assert stored() == ["next", "stuck"]


def test_two_groups_with_each_others_keys_do_not_wait_in_a_ring(monkeypatch):
    writer.write([event("first")], batch(None))  # a group makes no partitions
    locked, open_batches = [], ledger.open_batches

    def note(cursor, entries):
        locked.append([entry.idempotency_key for entry in entries])
        return open_batches(cursor, entries)

    monkeypatch.setattr(ledger, "open_batches", note)
    keys = [uuid4() for _ in range(5)]
    for order in (keys, keys[::-1]):
        writer.write_together([writer.Submission([event(f"e{keys.index(key)}")], batch(key)) for key in order])

    assert locked[0] == locked[1]
    assert stored() == ["e0", "e1", "e2", "e3", "e4", "first"]
