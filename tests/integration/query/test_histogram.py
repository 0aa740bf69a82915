from datetime import UTC, datetime, timedelta

import pytest

from logviewer.query import histogram
from logviewer.query.events import stream
from logviewer.query.histogram import read_histogram
from logviewer.query.search import Search
from logviewer.store.event import Level
from logviewer.store.predicate import Predicate
from tests.integration.query.conftest import NOW, event


def test_counts_by_level_in_aligned_buckets_with_exact_edges(store, search):
    store(event(0), event(1, level=Level.ERROR), event(1), event(59), event(61), event(200))
    found = read_histogram(search(since="2026-11-23T10:58:30Z", until="2026-11-23T11:59:30Z"))
    assert (found.since, found.until) == (
        datetime(2026, 11, 23, 10, 58, 30, tzinfo=UTC),
        datetime(2026, 11, 23, 11, 59, 30, tzinfo=UTC),
    )
    assert (found.width, found.total, found.complete) == (timedelta(minutes=5), 4, True)
    assert found.buckets[0].start == found.since
    assert found.buckets[0].end == datetime(2026, 11, 23, 11, tzinfo=UTC)
    assert found.buckets[-1].end == found.until
    assert found.buckets[-1].counts == {Level.INFO: 1, Level.ERROR: 1}
    assert found.buckets[-1].total == 2
    assert all(a.end == b.start for a, b in zip(found.buckets, found.buckets[1:], strict=False))


def test_a_bucket_holds_its_start_and_not_its_end(store, search):
    store(event(10), event(5), event(0))
    found = read_histogram(search(since="-10m", until="now"), buckets=2)
    assert [bucket.total for bucket in found.buckets] == [1, 1]


@pytest.mark.parametrize("q", ["", "thing", "n:3", "level>=warning", "-n:3"])
@pytest.mark.parametrize("since", ["", "-30h", "-100d"])
def test_counts_what_the_list_shows(store, search, q, since):
    store(*[event(number * 97, level=list(Level)[number % 6], n=number % 5) for number in range(60)])
    asked = search(q, since=since)
    found = read_histogram(asked)
    assert found.complete
    assert found.total == sum(bucket.total for bucket in found.buckets) == sum(map(len, stream(asked)))


def test_open_ends_are_the_oldest_event_and_now_or_the_newest_event(store, search, monkeypatch):
    monkeypatch.setattr(histogram.timezone, "now", lambda: NOW)
    empty = read_histogram(search())
    assert (empty.total, empty.until, empty.until - empty.since) == (0, NOW, timedelta(hours=1))
    store(event(300), event(-5))
    found = read_histogram(search("nothing"))
    assert (found.since, found.total) == (NOW - timedelta(minutes=300), 0)
    assert read_histogram(search()).total == 2
    assert found.until > NOW + timedelta(minutes=5)


def test_says_so_when_the_time_ran_out(store, search, monkeypatch):
    store(*[event(number * 60) for number in range(100)])
    monkeypatch.setattr(histogram, "BUDGET_S", 0.4)
    asked = search()
    slow = Search(asked.reader, "", asked.node, Predicate("(pg_sleep(0.02) IS NOT NULL)"), asked.since, asked.until)
    found = read_histogram(slow)
    assert not found.complete
    assert found.total < 100
    assert found.since < found.reached < found.until


@pytest.mark.parametrize("since", ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59.5Z"])
@pytest.mark.parametrize("until", ["9999-12-31T23:59:59.999999Z", "2026-11-23T12:00:00.000001Z"])
def test_the_widest_span_is_a_span_like_others(store, search, since, until):
    store(event(0), event(60 * 24))
    found = read_histogram(search("thing", since=since, until=until))
    assert (found.total, found.complete, len(found.buckets) <= 61) == (2, True, True)
    assert (found.buckets[0].start, found.buckets[-1].end) == (found.since, found.until)


def test_an_empty_span_has_no_events(store, search):
    store(event(0))
    found = read_histogram(search(since="now", until="now"))
    assert (found.total, found.complete, found.since) == (0, True, found.until)
