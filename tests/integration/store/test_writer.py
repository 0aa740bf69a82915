"""The writer's promises: all or nothing, once, and one bad event hurts nobody else."""

import json
import threading
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connections

from logviewer.store import copy_text, partitions, writer
from logviewer.store.columns import Columns
from logviewer.store.event import Event
from logviewer.store.event_buffer import EventBuffer
from logviewer.store.maintenance import maintain
from logviewer.store.models import EventRow
from logviewer.store.writer import Batch, IdempotencyConflict, StoreUnavailable

NOW = datetime.now(UTC).replace(microsecond=123456)


def event(name="e", **fields):
    defaults = {
        "time": NOW, "level": 20, "service": "s", "event": name, "logger": "l", "request_id": "r", "cohort_id": "12",
        "data": '{"n": 12345678901234567890123}',
    }  # fmt: skip
    return Event(**{**defaults, **fields})


def batch(key=None, content=b"a", answer=lambda refused: {"refused": list(refused)}):
    return Batch("s", "k", key, content, answer)


def stored():
    return list(EventRow.objects.order_by("id"))


def test_what_was_written_is_there_to_the_last_digit():
    written = writer.write([event(meta='{"flags": ["clock"]}')], batch())

    (row,) = stored()
    assert written.answer == {"refused": []}
    assert (row.time, row.level, row.service, row.event, row.logger) == (NOW, 20, "s", "e", "l")
    assert (row.request_id, row.cohort_id, row.meta) == ("r", "12", {"flags": ["clock"]})
    assert row.data == {"n": 12345678901234567890123}


def test_ids_are_the_batch_number_and_the_place():
    writer.write([event("a"), event("b")], batch())

    first, second = stored()
    assert second.id == first.id + 1
    assert first.id % (1 << 20) == 0


def test_the_same_batch_again_gets_its_first_answer_and_stores_nothing():
    key = uuid4()
    first = writer.write([event()], batch(key))
    again = writer.write([event()], batch(key))

    assert again.duplicate
    assert again.answer == first.answer
    assert len(stored()) == 1


def test_a_key_with_another_content_is_a_conflict():
    key = uuid4()
    writer.write([event()], batch(key, b"a"))

    with pytest.raises(IdempotencyConflict):
        writer.write([event()], batch(key, b"b"))
    assert len(stored()) == 1


def test_a_key_of_another_ingest_key_is_another_batch():
    key = uuid4()
    writer.write([event()], batch(key))
    writer.write([event()], Batch("s", "other", key, b"a", lambda refused: {}))

    assert len(stored()) == 2


def test_two_at_once_store_one_batch():
    key, answers = uuid4(), []

    def send():
        answers.append(writer.write([event()] * 500, batch(key)).duplicate)
        connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [False] + [True] * 5
    assert len(stored()) == 500


def test_an_event_that_postgres_refuses_is_left_out_and_named():
    events = [event(f"e{n}") for n in range(50)]
    events[17] = event("poison", data='{"a": "\\u0000"}')
    events[49] = event("poison", data="not json")

    written = writer.write(events, batch(uuid4()))

    assert written.answer == {"refused": [17, 49]}
    assert [row.event for row in stored()] == [f"e{n}" for n in range(50) if n not in (17, 49)]


def test_of_a_batch_that_lies_in_a_file_what_postgres_refuses_is_left_out_too():
    events, early = EventBuffer(), NOW - timedelta(seconds=1)
    for portion in range(12):
        names = [f"e{portion * 100 + n}" for n in range(100)]
        events.add(Columns.of(event(name, logger="l" * 5000, service=name[:2]) for name in names), 500_000)
    poison = [event("poison", data="not json"), event("early", time=early, service="rare"), event("poison", data="{")]
    events.add(Columns.of(poison), 3)

    written = writer.write(events, batch(uuid4()))

    assert len(events._kept) < 10
    assert written.answer == {"refused": [1200, 1202]}
    assert [row.event for row in stored()] == [f"e{n}" for n in range(1200)] + ["early"]
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT rows, time_min, time_max FROM ingest_batch")
        assert cursor.fetchall() == [(1201, early, NOW)]
        cursor.execute("SELECT service, sum(events) FROM event_count_new GROUP BY 1")
        assert dict(cursor.fetchall()) == {
            "rare": 1,
            "e1": 311,
            **{f"e{n}": 111 for n in (2, 3, 4, 5, 6, 7, 8, 9)},
            "e0": 1,
        }


def test_the_remembered_answer_is_the_corrected_one():
    key = uuid4()
    poisoned = [event(), event(data="not json")]
    writer.write(poisoned, batch(key))

    assert writer.write(poisoned, batch(key)).answer == {"refused": [1]}


def test_a_batch_of_nothing_is_remembered_too():
    key = uuid4()
    writer.write([], batch(key))

    assert writer.write([], batch(key)).duplicate


def test_a_partition_that_is_missing_is_made():
    long_ago = NOW - timedelta(days=25)
    writer.write([event(time=long_ago), event()], batch())

    assert {row.time for row in stored()} == {long_ago, NOW}


def test_a_partition_is_made_although_another_event_is_refused_first():
    long_ago = NOW - timedelta(days=26)
    written = writer.write([event("poison", data="not json"), event(time=long_ago)], batch())

    assert written.answer == {"refused": [0]}
    assert [row.time for row in stored()] == [long_ago]


def test_a_partition_dropped_behind_our_back_is_made_again():
    day = NOW - timedelta(days=20)
    writer.write([event(time=day)], batch())
    for partition in partitions.existing():
        if partition.start <= day < partition.end:
            partitions.detach(partition)
    maintain()

    writer.write([event(time=day)], batch())

    assert len(stored()) == 1


def test_a_partition_that_cannot_be_made_is_no_fault_of_the_events(monkeypatch):
    day = NOW - timedelta(days=22)
    monkeypatch.setattr(partitions, "make", lambda slices: 0)

    with pytest.raises(StoreUnavailable):
        writer.write([event(), event(time=day)], batch())
    assert stored() == []


@pytest.mark.parametrize("statement", ["COPY no_such_table FROM STDIN", "COPY log_event (nothing) FROM STDIN"])
def test_an_error_that_does_not_blame_the_events_refuses_none_of_them(monkeypatch, statement):
    monkeypatch.setattr(copy_text, "STATEMENT", statement)

    with pytest.raises(StoreUnavailable):
        writer.write([event(), event()], batch())


def test_a_lost_connection_says_try_again_and_the_next_write_works():
    with connections["ingest"].cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])

    with pytest.raises(StoreUnavailable):
        writer.write([event()], batch())
    connections["ingest"].close()
    writer.write([event()], batch())

    assert len(stored()) == 1


def test_the_ledger_keeps_the_range_and_the_count():
    early = NOW - timedelta(hours=1)
    writer.write([event(), event(time=early)], batch())

    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT time_min, time_max, rows, answer FROM ingest_batch")
        time_min, time_max, rows, answer = cursor.fetchone()
    assert (time_min, time_max, rows) == (early, NOW, 2)
    assert json.loads(answer) == {"refused": []}
