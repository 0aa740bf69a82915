"""A count from a rollup is the count of the rows, whatever happens to the slice."""

import dataclasses
from collections import Counter
from datetime import UTC, datetime, timedelta
from threading import Thread

import msgspec
import pytest
from django.db import connections, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from logviewer.query import count, rollups, stretches
from logviewer.query.compiler import compile_node
from logviewer.query.count import count_events
from logviewer.query.events import stream
from logviewer.query.field_values import values_of
from logviewer.query.histogram import read_histogram
from logviewer.query.histogram_by import read_histogram_by
from logviewer.query.language.nodes import And, Compare, Equals, Everything, Has, Like, Not
from logviewer.query.pace import Window
from logviewer.query.reader import Reader
from logviewer.query.rollups import count_rolled_up, count_rolled_up_by, count_rolled_up_by_level
from logviewer.query.search import Search
from logviewer.query.summed import is_bound, summed
from logviewer.store import partitions
from logviewer.store.event import Event, Level
from logviewer.store.ledger import Position, batches_after
from logviewer.store.maintenance import maintain, seal_ended
from logviewer.store.rollups import REBUILD_AFTER, build
from tests.integration.query.random_queries import NOW, events, nodes

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
LATER = TODAY + DAY / 2


def of_yesterday(minute: int, level: Level = Level.INFO, name: str = "request", data: str = "{}") -> Event:
    return Event(TODAY - DAY + timedelta(minutes=minute), level, "api", name, "", None, None, data)


@pytest.fixture
def sealed(store_events):
    """Yesterday's slice with 60 events of three statuses, sealed and added up."""
    store_events([of_yesterday(n, data=f'{{"status": {200 + n % 3}, "n": "{n}"}}') for n in range(60)])
    seal_ended(LATER)
    stretches.forget()
    return next(one for one in partitions.existing() if one.start == TODAY - DAY)


@pytest.fixture
def looked_at(monkeypatch):
    """The windows of time whose rows are read."""
    found = []
    ask = count._count_window

    def remember(condition, window, within_s):
        found.append(window)
        return ask(condition, window, within_s)

    monkeypatch.setattr(count, "_count_window", remember)
    return found


def told(search, q):
    return search(q, since=f"{TODAY - DAY:%Y-%m-%dT%H:%M:%SZ}", until=f"{TODAY:%Y-%m-%dT%H:%M:%SZ}")


def of(partition):
    return Window(partition.start, partition.end)


def reads(windows, partition):
    return any(one.since < partition.end and partition.start < one.until for one in windows)


@pytest.mark.usefixtures("sealed")
@pytest.mark.parametrize(
    ("q", "events"), [("status:200", 20), ("-status:200 event:request", 40), ("status>200", 40), ("status:7", 0)]
)
def test_no_row_of_a_slice_is_read_for_what_its_rollup_tells(search, sealed, looked_at, q, events):
    assert count_events(told(search, q)).events == events
    assert not reads(looked_at, sealed)


@pytest.mark.parametrize(("q", "events"), [("n:7", 1), ("status:200 n:3", 1), ("request", 60), ("nothing", 0)])
def test_rows_are_read_for_what_no_rollup_tells(search, sealed, looked_at, q, events):
    assert count_events(told(search, q)).events == events
    assert reads(looked_at, sealed)


def test_of_all_time_no_slice_is_cut(search, sealed, looked_at):
    assert count_events(search("status:200")).events == 20
    assert not reads(looked_at, sealed)


def test_of_a_part_of_a_slice_full_hours_are_rolled_up_and_the_rest_is_read(search, store_events, sealed, looked_at):
    store_events([of_yesterday(n, data='{"status": 200}') for n in range(60, 180)])
    build(sealed, LATER)
    asked = search("status:200", since=f"{TODAY - DAY:%Y-%m-%dT}00:30:00Z", until=f"{TODAY - DAY:%Y-%m-%dT}02:20:00Z")
    assert count_events(asked).events == sum(map(len, stream(asked))) == 10 + 60 + 20
    full_hour = TODAY - DAY + timedelta(hours=1)
    assert [one for one in looked_at if one.since < full_hour + HOUR and full_hour < one.until] == []
    assert len(looked_at) == 2


@pytest.mark.parametrize("hours", [0.5, 7.5, 24, 40])
@pytest.mark.parametrize("buckets", [3, 10, 60, 600])
def test_a_histogram_has_the_same_from_rollups_and_from_rows(search, store_events, sealed, monkeypatch, hours, buckets):
    store_events([of_yesterday(n * 13, Level.ERROR, data=f'{{"status": {200 + n % 2}}}') for n in range(110)])
    build(sealed, LATER)
    asked = search("status:200", since=f"{TODAY - DAY / 3:%Y-%m-%dT%H:%M:%SZ}", until=f"{TODAY + HOUR:%Y-%m-%dT%H:%MZ}")
    asked = dataclasses.replace(asked, since=asked.until - timedelta(hours=hours))
    from_rollups = read_histogram(asked, buckets=buckets)
    is_rolled_up = hours > 7 and not from_rollups.width % HOUR
    assert bool(count_rolled_up_by_level(asked, from_rollups.width)) == is_rolled_up
    monkeypatch.setattr("logviewer.query.histogram.count_rolled_up_by_level", lambda *_: [])
    from_rows = read_histogram(asked, buckets=buckets)
    assert from_rollups.buckets == from_rows.buckets
    assert from_rollups.complete
    assert hours < 7 or from_rows.total > 0


@pytest.mark.parametrize("field", ["status", "event", "level", "service"])
@pytest.mark.parametrize(("hours", "buckets"), [(40, 10), (24, 60)])
@pytest.mark.parametrize("q", ["", "-status:200"])
def test_a_histogram_by_a_field_has_the_same_from_rollups_as_plain_counting(
    search, store_events, sealed, monkeypatch, field, hours, buckets, q
):
    store_events(
        [
            of_yesterday(n * 13, list(Level)[n % 6], f"request{n % 2 or ''}", f'{{"status": {199 + n % 3}}}')
            for n in range(110)
        ]
    )
    store_events([of_yesterday(-90, data='{"status": 201}'), of_yesterday(24 * 60 + 1, name="late")])
    build(sealed, LATER)
    asked = search(q, until=f"{TODAY + HOUR:%Y-%m-%dT%H:%MZ}")
    asked = dataclasses.replace(asked, since=asked.until - timedelta(hours=hours))
    from_rollups = read_histogram_by(asked, field, buckets=buckets)
    histogram = from_rollups.histogram
    is_rolled_up = not histogram.width % HOUR
    assert bool(count_rolled_up_by(asked, values_of(field, parameter="by"), histogram.width)) == is_rolled_up
    monkeypatch.setattr("logviewer.query.series_in_time.count_rolled_up_by", lambda *_: [])
    from_rows = read_histogram_by(asked, field, buckets=buckets)

    listed = [one for page in stream(asked) for one in page]
    counted = Counter((bucket_at(histogram, one.time), text_in(one, field)) for one in listed)
    names = {None: from_rollups.without, **{text: number for number, text in enumerate(from_rollups.values)}}
    assert (histogram.buckets, from_rollups.values) == (from_rows.histogram.buckets, from_rows.values)
    assert counted.total() == histogram.total > 0
    assert counted == {
        (bucket.start, text): bucket.counts[number]
        for bucket in histogram.buckets
        for text, number in names.items()
        if bucket.counts.get(number)
    }


def bucket_at(histogram, moment):
    return next(one.start for one in histogram.buckets if one.start <= moment < one.end)


def text_in(event, field):
    """What an event has in a field, as a histogram names it."""
    own = {"event": event.event, "level": event.level_name, "service": event.service}
    value = own.get(field, event.data.get(field))
    return None if value is None else str(value)


def test_slices_and_what_lies_between_add_up(search, store_events, sealed):
    store_events([of_yesterday(-90, data='{"status": 200}'), of_yesterday(24 * 60 + 1, data='{"status": 200}')])
    asked = search("status:200")
    assert count_events(asked).events == sum(map(len, stream(asked))) == 22


def test_a_late_event_is_counted_at_once_and_the_rollup_built_again_later(search, store_events, sealed, looked_at):
    store_events([of_yesterday(5, data='{"status": 200}')])
    assert count_events(told(search, "status:200")).events == 21
    assert reads(looked_at, sealed)

    looked_at.clear()
    seal_ended(LATER + REBUILD_AFTER / 2)
    assert count_events(told(search, "status:200")).events == 21
    assert reads(looked_at, sealed)

    looked_at.clear()
    seal_ended(LATER + REBUILD_AFTER + timedelta(seconds=1))
    assert count_events(told(search, "status:200")).events == 21
    assert not reads(looked_at, sealed)


def test_new_events_become_certain_while_a_slice_is_added_up(sealed, store_events):
    with transaction.atomic(), connections["default"].cursor() as cursor:
        cursor.execute("LOCK TABLE event_rollup IN SHARE MODE")
        builder = Thread(target=lambda: (build(sealed, LATER), connections.close_all()))
        builder.start()
        while builder.is_alive():
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'event_rollup'::regclass")
            if cursor.fetchone() == (1,):
                break
        before = batches_after(Position())

        store_events([of_yesterday(0)])

        assert len(batches_after(before[-1].position)) == 1
    builder.join()


def test_a_slice_with_more_combinations_than_its_sample_is_told_apart_by_less(search, sealed, monkeypatch):
    monkeypatch.setattr("logviewer.store.rollups.MOST_ROWS", 2)
    build(sealed, LATER)
    assert count_rolled_up(told(search, "status:200")) == []
    assert count_rolled_up(told(search, "service:api")) == [(of(sealed), 60)]
    assert count_events(told(search, "status:200")).events == 20


def test_a_dropped_slice_takes_its_rollup_along(settings, sealed):
    settings.LOGVIEWER = dataclasses.replace(settings.LOGVIEWER, retention=timedelta(0))
    maintain()
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM event_rollup WHERE slice = %s", [sealed.name])
        assert cursor.fetchone() == (0,)


def test_without_an_answer_in_time_rows_are_read(search, sealed, monkeypatch, looked_at):
    monkeypatch.setattr(rollups, "WITHIN_S", 0.0)
    monkeypatch.setattr(rollups, "EVENTS_NOW", "(SELECT count(*) FROM pg_sleep(0.2))")
    assert count_events(told(search, "status:200")).events == 20
    assert reads(looked_at, sealed)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(events, min_size=1, max_size=12), st.lists(nodes, min_size=1, max_size=12))
@example(
    [
        of_yesterday(0, data=one)
        for one in ('{"a": 12}', '{"a": 12.0}', '{"a": "12"}', '{"a": null}', '{"a": [1]}', "{}")
    ],
    [
        *(Equals("a", text) for text in ("12", "12.0", "null", "1")),
        *(Has("a"), Not(Has("a")), Compare("a", ">", "1"), Like("a", "1*"), Equals("event", "request"), Everything()),
    ],
)
def test_whatever_is_asked_a_rollup_tells_what_the_rows_do(store_events, monkeypatch, stored, asked):
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "TRUNCATE log_event, event_count_new, event_count_hour, event_count_minute, event_rollup_slice CASCADE"
        )
        hour = NOW.replace(minute=0)
        store_events([msgspec.structs.replace(one, time=hour + 7 * n * MINUTE) for n, one in enumerate(stored)])
        [partition] = [one for one in partitions.existing() if one.start <= hour < one.end]
        build(partition, NOW)
        monkeypatch.setattr(rollups, "known_slices", lambda: [dataclasses.replace(partition, sealed=True)])
        assert count_rolled_up(search_for(Everything())) == [(of(partition), len(stored))]
        for node in asked:
            search = search_for(node)
            if any(map(is_bound, node.nodes if isinstance(node, And) else [node])):
                continue  # bounds in time are the search's to keep
            cursor.execute(
                "SELECT date_trunc('hour', time, 'UTC'), level, count(*) FROM log_event"
                f" WHERE {search.predicate.sql} GROUP BY 1, 2",
                search.predicate.params,
            )
            found = sorted(cursor.fetchall())
            for _, events_found in count_rolled_up(search):
                assert events_found == sum(number for _, _, number in found), node
            for _, by_level in count_rolled_up_by_level(search, HOUR):
                assert sorted(by_level) == found, node


def search_for(node):
    return Search(Reader(may_search=True), "", node, compile_node(node, NOW), None, None, summed=summed(node, NOW))
