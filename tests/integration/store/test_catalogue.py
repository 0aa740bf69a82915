"""The field catalogue agrees with a plain count, whatever crashes, runs twice, comes late or is hostile."""

import json
import random
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logviewer.query.language.reference import _at_path, _opened
from logviewer.store import batch_events, catalogue, partitions, positions, tasks, writer
from logviewer.store.event import Event
from logviewer.store.field_notes import KINDS, MOST_PATHS_OF_SERVICE, MOST_SAMPLES
from logviewer.store.ledger import Position, batches_after
from logviewer.store.maintenance import maintain

NOW = datetime.now(UTC)
TODAY = datetime.combine(NOW.date(), datetime.min.time(), UTC) + timedelta(seconds=1)
PYTHON_KINDS = ((str, "strings"), (bool, "booleans"), (Decimal, "numbers"), (type(None), "nulls"), (dict, "objects"))

keys = st.sampled_from(["a", "b", "a.b", "b.a", "", "a'b", 'a"b', "%s", "日", "k" * 256])
scalars = st.one_of(st.none(), st.booleans(), st.integers(-99, 99), st.sampled_from(["x", "y", "", "12", "\u2400"]))
documents = st.dictionaries(
    keys,
    st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=10
    ),
    max_size=4,
)


def event(data, time=TODAY, service="api"):
    return Event(time, 20, service, "e", "", None, None, data if isinstance(data, str) else json.dumps(data))


def rows():
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT * FROM log_field ORDER BY day, service, path")
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def counts(path="a"):
    return {(row["day"], row["service"]): row["events"] for row in rows() if row["path"] == path}


def paths_of(value, prefix=""):
    """Every dotted path that the keys of `value` make, arrays opened."""
    for one in _opened(value):
        if isinstance(one, dict):
            for key, inner in one.items():
                yield prefix + key
                yield from paths_of(inner, f"{prefix}{key}.")


def reference(events):
    """(service, path) -> how many events have it, by type: the definition of the query language, not the walk's."""
    expected = {}
    for one in events:
        data = json.loads(one.data, parse_int=Decimal, parse_float=Decimal)
        for path in {path for path in paths_of(data) if path.count(".") < 8}:
            found = [value for held in _at_path(data, tuple(path.split("."))) for value in _opened(held)]
            kinds = {name for value in found for kind, name in PYTHON_KINDS if isinstance(value, kind)}
            if any(isinstance(value, list) for value in found) or not kinds or _holds_empty(data, path):
                kinds.add("arrays")
            expected.setdefault((one.service, path), Counter()).update(["events", *kinds])
    return expected


def _holds_empty(data, path):
    def empties(value, levels=3):
        if isinstance(value, list) and levels:
            return not value or any(empties(one, levels - 1) for one in value)
        return False

    return any(empties(held) for held in _at_path(data, tuple(path.split("."))))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.lists(st.tuples(st.sampled_from(["api", "auth"]), documents), max_size=6), max_size=4))
def test_it_agrees_with_a_plain_count_of_small_batches(store_events, batches):
    with connections["default"].cursor() as cursor:
        cursor.execute("TRUNCATE log_event, log_field, ingest_batch, cursor_position")
    events = []
    for batch in batches:
        of_this = [event(data, service=service) for service, data in batch]
        store_events(of_this)
        events += of_this
        if len(events) % 2:
            catalogue.catch_up(60)
    catalogue.catch_up(60)

    found = {
        (row["service"], row["path"]): Counter({name: row[name] for name in ("events", *KINDS) if row[name]})
        for row in rows()
    }
    assert found == reference(events)
    assert all(row["exact"] for row in rows())
    assert all(len(row["samples"]) <= MOST_SAMPLES for row in rows())


def test_ranges_samples_and_times_are_joined_over_batches(store_events):
    for number in (5, -3, 7):
        store_events([event({"a": number}, TODAY + timedelta(minutes=number + 3))])
        catalogue.feed()

    [row] = rows()
    assert (row["lowest"], row["highest"], row["samples"]) == (-3, 7, ["5", "-3", "7"])
    assert (row["first_seen"], row["last_seen"]) == (TODAY, TODAY + timedelta(minutes=10))


def test_a_repeated_batch_and_a_second_look_count_nothing_twice(store_events):
    store_events([event({"a": 1})] * 3)

    assert [catalogue.feed() for _ in range(3)] == [1, 0, 0]
    assert list(counts().values()) == [3]


def test_late_events_count_for_their_own_day(store_events):
    store_events([event({"a": 1})])
    catalogue.feed()
    store_events([event({"a": 1}, TODAY - timedelta(days=3)), event({"a": 1})])
    catalogue.feed()

    assert counts() == {(TODAY.date(), "api"): 2, ((TODAY - timedelta(days=3)).date(), "api"): 1}


def test_a_crash_after_any_statement_neither_skips_nor_doubles(store_events):
    for _ in range(3):
        store_events([event({"a": 1}), event({"a": {"b": 2}})])
    catalogue.feed()
    before = rows()
    store_events([event({"a": 1})] * 5)
    survived = 0
    while _feed_that_dies_after(survived + 1):
        survived += 1
        assert rows() == before

    assert survived >= 9  # a smaller number of statements would say that the crashes were not simulated
    assert list(counts().values()) == [11]
    assert catalogue.feed() == 0


class _Killed(Exception):
    pass


def _feed_that_dies_after(statements):
    """Whether the feed came so far."""
    done = 0

    def count(execute, sql, params, many, context):
        nonlocal done
        result = execute(sql, params, many, context)
        done += 1
        if done == statements:
            raise _Killed
        return result

    try:
        with connections["default"].execute_wrapper(count):
            catalogue.feed()
    except _Killed:
        return True
    return False


def test_feeders_at_once_while_batches_come_in_count_each_event_once(store_events, monkeypatch):
    monkeypatch.setattr(catalogue, "MOST_BATCHES", 2)
    done, failures = threading.Event(), []

    def follow():
        try:
            while not done.is_set():
                catalogue.catch_up(60)
        except Exception as problem:  # noqa: BLE001 -- the test itself looks at them
            failures.append(problem)
        finally:
            connections["default"].close()

    feeders = [threading.Thread(target=follow) for _ in range(3)]
    for feeder in feeders:
        feeder.start()
    sizes = [random.Random(7).randrange(1, 9) for _ in range(60)]
    for size in sizes:
        store_events([event({"a": 1})] * size)
    done.set()
    for feeder in feeders:
        feeder.join()
    catalogue.catch_up(60)

    assert failures == []
    assert list(counts().values()) == [sum(sizes)]


def test_a_second_feeder_leaves_it_to_the_first(store_events):
    store_events([event({"a": 1})])
    fed = []
    with transaction.atomic():
        assert positions.take(catalogue.POSITION) == Position()
        second = threading.Thread(target=lambda: (fed.append(catalogue.feed()), connections.close_all()))
        second.start()
        second.join()

    assert fed == [0]
    assert catalogue.feed() == 1


def test_to_look_at_events_holds_up_no_reader_of_the_ledger(store_events, monkeypatch):
    store_events([event({"a": 1})])
    ids = []

    def note(*_):
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id_if_assigned()")
            ids.append(cursor.fetchone())

    monkeypatch.setattr(catalogue, "note_event", note)
    catalogue.feed()

    assert ids == [(None,)]


def test_the_worker_has_it_as_a_job(store_events):
    store_events([event({"a": 1})])
    tasks.feed_catalogue(timestamp=0)

    assert list(counts().values()) == [1]


@pytest.mark.parametrize("rows_of_batch", [50, 51, 1000, 4999])
def test_of_a_large_batch_some_events_count_for_all(store_events, rows_of_batch):
    for _ in range(10):
        store_events([event({"a": 1, **({"half": 1} if place % 2 else {})}) for place in range(rows_of_batch)])
    catalogue.catch_up(60)

    [(_, counted)] = counts().items()
    assert counted == pytest.approx(10 * rows_of_batch, rel=0.02)
    [row] = [row for row in rows() if row["path"] == "a"]
    assert row["exact"] == (rows_of_batch <= catalogue.LOOKED_AT_OF_BATCH)


@pytest.mark.parametrize("size", [1, 50, 51, 99, 100, 101, 1000, 100_000])
def test_every_event_of_a_batch_has_its_turn_over_many_batches(store_events, size):
    store_events([event("{}")])
    [batch] = batches_after(Position())
    of_size = [batch_events.StoredBatch(Position(1, number), "s", NOW, NOW, NOW, size) for number in range(5000)]
    step = batch_events.stride(of_size[0], 50)
    seen = Counter(number & 0xFFFFF for one in of_size[:step] for number in batch_events.looked_at(one, 50))

    assert batch.rows == 1
    assert seen == Counter(range(size))
    assert all(len(batch_events.looked_at(one, 50)) <= 50 for one in of_size)


def test_a_sender_that_invents_names_fills_nothing(store_events):
    store_events([event({"known": 1})])
    catalogue.feed()
    for number in range(6):
        store_events([event({f"k{number}_{place}_{key}": 1 for key in range(400)}) for place in range(5)])
        catalogue.feed()
    store_events([event({"known": 1}), event({"late": 1}), event({"late": 1}, service="other")])
    catalogue.feed()

    assert len([row for row in rows() if row["service"] == "api"]) == MOST_PATHS_OF_SERVICE
    assert list(counts("known").values()) == [2]
    assert [service for _, service in counts("late")] == ["other"]


def test_events_whose_partition_is_gone_are_passed_over(store_events):
    old = TODAY - timedelta(days=400)
    store_events([event({"a": 1}, old), event({"a": 1})])
    [partition] = [one for one in partitions.existing() if one.start <= old < one.end]
    partitions.detach(partition)
    maintain()

    assert catalogue.feed() == 1
    assert list(counts()) == [(TODAY.date(), "api")]


def test_a_batch_with_events_of_months_is_taken_in_with_the_others(store_events):
    store_events([event({"a": 1}), event({"a": 1}, TODAY - timedelta(days=25))])
    store_events([event({"a": 1})])

    assert catalogue.feed() == 2
    assert sum(counts().values()) == 3


def test_what_takes_too_long_to_look_at_is_passed_over_and_the_next_is_not(store_events, monkeypatch, caplog):
    store_events([event({"a": 1}), event({"a": 1}, TODAY - timedelta(days=25))])
    store_events([event({"b": 1})])
    look_at = batch_events._look_at

    def slow(stretch, *rest):
        look_at(stretch, *rest)
        if len(stretch) == 1 and stretch[0].rows == 2:
            with connections["default"].cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = '10ms'")
                cursor.execute("SELECT pg_sleep(60)")

    monkeypatch.setattr(batch_events, "_look_at", slow)

    assert catalogue.feed() == 2
    assert "passed over" in caplog.text
    assert list(counts("b").values()) == [1]


def test_what_is_left_for_lack_of_time_is_said(store_events, monkeypatch, caplog):
    store_events([event({"a": 1})])
    monkeypatch.setattr(batch_events, "LONGEST_LOOK_S", 0.0)

    assert catalogue.feed() == 1
    assert "passed over" in caplog.text


def test_a_batch_without_events_moves_the_position(store_events):
    writer.write([], writer.Batch("test", "", None, b"", lambda refused: {}))

    assert catalogue.feed() == 1
    assert catalogue.feed() == 0


def test_the_oldest_position_is_what_pruning_must_keep(store_events):
    store_events([event({"a": 1})])
    store_events([event({"a": 1})])
    first, second = batches_after(Position())
    assert positions.oldest() is None
    catalogue.feed()

    assert positions.oldest() == second.position
    positions.move("another", first.position)
    assert positions.oldest() == first.position


def test_days_before_the_retention_are_forgotten(store_events):
    store_events([event({"a": 1}), event({"a": 1}, TODAY - timedelta(days=5))])
    catalogue.feed()

    assert catalogue.forget_before((TODAY - timedelta(days=4)).date()) == 1
    assert list(counts()) == [(TODAY.date(), "api")]
