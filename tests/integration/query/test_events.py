from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser

from logviewer.query import events
from logviewer.query.events import read_event, read_page, stream
from logviewer.query.language import QueryError
from logviewer.query.reader import Reader
from logviewer.query.search import Search
from logviewer.store.event import Level
from logviewer.store.models import EventRow
from logviewer.store.predicate import Predicate
from tests.integration.query.conftest import NOW, event

ANYONE = Reader(may_search=True)


def names(page):
    return [one.event for one in page.events]


def test_an_empty_store_has_an_empty_page(search):
    for asked in (search(), search("word"), search(request_id="r")):
        page = read_page(asked)
        assert (page.events, page.older, page.timed_out) == ([], None, False)


def test_a_cursor_does_not_lead_beyond_the_end_of_the_search(store, search):
    store(event(1, "new"), event(30, "between"), event(60, "old"))
    cursor = read_page(search(), limit=1).older
    for asked in ({}, {"service": "api"}):
        assert names(read_page(search(until="-40m", **asked), cursor=cursor)) == ["old"]
        assert names(read_page(search(since="-40m", **asked), cursor=cursor)) == ["between"]


def test_a_page_is_newest_first_by_time_then_id(store, search):
    store(event(5, "a"), event(1, "b"), event(5, "c"), event(9, "d"))
    assert names(read_page(search())) == ["b", "c", "a", "d"]


def test_an_event_comes_back_as_it_was_stored(store, search):
    [stored] = store(
        event(name="é", level=Level.ERROR, request_id="r", cohort_id="12", big=2**70, deep={"a": [1.5, None]})
    )
    [found] = read_page(search()).events
    assert (found.id, found.time, found.time.tzinfo) == (stored, NOW, UTC)
    assert (found.event, found.level_name, found.request_id, found.cohort_id) == ("é", "error", "r", "12")
    assert found.data == {"big": 2**70, "deep": {"a": [1.5, None]}}
    assert found.meta is None
    assert read_event(ANYONE, found.time, found.id) == found
    assert read_event(ANYONE, found.time, found.id + 1) is None
    assert read_event(ANYONE, found.time, 2**70) is None


@pytest.mark.parametrize("asked", [{}, {"q": "thing"}, {"service": "api"}, {"request_id": "r"}])
@pytest.mark.parametrize("limit", [1, 3, 7])
def test_pages_by_cursor_show_every_event_once(store, search, asked, limit):
    ids = store(*[event(minutes_ago=number // 3 * 300, request_id="r") for number in range(20)])
    seen, cursor = [], ""
    for _ in range(30):
        page = read_page(search(**asked), limit=limit, cursor=cursor)
        seen += [one.id for one in page.events]
        cursor = page.older
        if cursor is None:
            break
    assert sorted(seen) == ids
    assert [one.id for some in stream(search(**asked)) for one in some] == seen


def test_since_is_inclusive_and_until_is_exclusive(store, search):
    store(event(0, "now"), event(10, "ten"), event(20, "twenty"))
    page = read_page(search(since="2026-11-23T11:40:00Z", until="2026-11-23T12:00:00Z"))
    assert names(page) == ["ten", "twenty"]
    assert names(read_page(search("time>=-10m"))) == ["now", "ten"]
    assert names(read_page(search("time<=-10m time>-20m"))) == ["ten"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"request_id": "r-1"}, ["a"]),
        ({"cohort_id": "12"}, ["a", "b"]),
        ({"level": "warning"}, ["b", "c"]),
        ({"level": "error", "service": "monarch"}, ["c"]),
        ({"service": "monarch"}, ["c"]),
        ({"q": "level:warning", "cohort_id": " 12 "}, ["b"]),
        ({"q": "user_id:7"}, ["a", "b"]),
        ({"q": "user_id>7"}, ["c"]),
        ({"q": "-has:user_id"}, ["d"]),
        ({"q": "timeout"}, ["c"]),
        ({"q": "-timeout has:user_id"}, ["a", "b"]),
    ],
)
def test_parameters_and_query_narrow_together(store, search, asked, found):
    store(
        event(1, "a", request_id="r-1", cohort_id="12", user_id=7),
        event(2, "b", level=Level.WARNING, cohort_id="12", user_id="7"),
        event(3, "c", level=Level.ERROR, service="monarch", exception="ReadTimeoutError", user_id="0070"),
        event(4, "d"),
    )
    assert names(read_page(search(**asked))) == found
    assert [row.event for row in EventRow.objects.matching(search(**asked).predicate).order_by("-time")] == found


def test_old_events_are_found_by_a_search_that_reads_every_row(store, search):
    store(event(0, "new"), event(60 * 24 * 15, "needle"), event(60 * 24 * 16, "older"))
    page = read_page(search("needle"))
    assert (names(page), page.older, page.timed_out) == (["needle"], None, False)


@pytest.mark.parametrize(
    "cursor", ["x", "é", "....", "MTIz", "LTEuLTE", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5LjE", "MS4" * 900]
)
def test_a_cursor_that_is_none_is_refused(search, cursor):
    with pytest.raises(QueryError) as caught:
        read_page(search(), cursor=cursor)
    assert (caught.value.parameter, caught.value.column) == ("cursor", None)


@pytest.mark.parametrize(
    ("asked", "parameter"),
    [
        ({"q": "("}, "q"),
        ({"level": "loud"}, "level"),
        ({"since": "tomorrow"}, "since"),
        ({"until": "2026-99-99"}, "until"),
        ({"since": "-1h", "until": "-2h"}, "since"),
    ],
)
def test_an_unreadable_parameter_is_named(search, asked, parameter):
    with pytest.raises(QueryError) as caught:
        search(**asked)
    assert caught.value.parameter == parameter
    assert (caught.value.column is None) == (parameter != "q")


@pytest.mark.parametrize("name", ["q", "request_id", "cohort_id", "service"])
def test_what_postgres_cannot_hold_is_searched_as_it_was_stored(store, search, name):
    store(event(name="a\u2400b", request_id="a\u2400b", cohort_id="a\u2400b", service="a\u2400b"))
    assert len(read_page(search(**{name: "a\0b"})).events) == 1
    assert read_page(search(**{name: "\ud800"})).events == []


def test_someone_who_may_not_search_sees_nothing(store):
    [stored] = store(event(service="api"))
    nobody = Reader.of(AnonymousUser())
    assert read_page(Search.parse(reader=nobody, now=NOW)).events == []
    assert read_page(Search.parse(reader=nobody, q="-nothing", now=NOW)).events == []
    assert list(stream(Search.parse(reader=nobody, now=NOW))) == []
    assert read_event(nobody, NOW, stored) is None


def test_a_search_that_runs_out_of_time_shows_what_it_found_and_goes_on_from_there(store, search, monkeypatch):
    ids = store(*[event(minutes_ago=number * 45) for number in range(40)])
    monkeypatch.setattr(events, "PAGE_BUDGET_S", 0.8)
    everything = search("thing")
    slow = Search(
        everything.reader,
        "",
        everything.node,
        Predicate("(pg_sleep(0.03) IS NOT NULL)"),
        everything.since,
        everything.until,
    )
    pages = [read_page(slow)]
    while pages[-1].older:
        pages.append(read_page(slow, cursor=pages[-1].older))
    assert pages[0].events
    assert pages[0].timed_out
    assert pages[0].reached is not None
    assert all(one.time >= pages[0].reached for one in pages[0].events)
    assert [one.id for page in pages for one in page.events] == ids
    assert not pages[-1].timed_out


def test_a_stream_has_no_time_limit_of_its_own(store, search, monkeypatch):
    ids = store(*[event(minutes_ago=number * 5) for number in range(1203)])
    monkeypatch.setattr(events, "PAGE_BUDGET_S", 0.0)
    assert [one.id for some in stream(search("thing")) for one in some] == ids


def test_a_stream_of_big_events_reads_few_at_a_time(store, search, monkeypatch):
    asked = []
    rows = events.Walk.rows
    monkeypatch.setattr(events.Walk, "rows", lambda walk, limit: asked.append(limit) or rows(walk, limit))
    store(*[event(number, text="x" * 200_000) for number in range(130)])
    assert sum(map(len, stream(search()))) == 130
    assert asked[0] == 100
    assert asked[1] < 25


def test_a_bound_in_the_query_is_a_bound_of_the_search(search):
    found = search("time>=-2h time<-1h x", since="-3h")
    assert (found.since, found.until) == (NOW - timedelta(hours=2), NOW - timedelta(hours=1))
    assert search("time>=-2h OR x").since is None
    assert search(until="2026-11-23").until == datetime(2026, 11, 23, tzinfo=UTC)
