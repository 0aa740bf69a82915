"""The list in both orders and both ways: exactly the events in the order of (time, id), nothing twice or left out."""

import random
from datetime import timedelta

import pytest
from django.db import connections

from logviewer.query import events, stretches
from logviewer.query.events import cursor_at, cursor_of, read_events, read_page, stream
from logviewer.query.language import QueryError
from logviewer.query.order import Order
from logviewer.query.reader import Reader
from logviewer.query.search import Search
from logviewer.query.walk import Position
from logviewer.store.maintenance import seal_ended
from logviewer.store.predicate import Predicate
from tests.integration.query.conftest import NOW, event

OLDEST, NEWEST = Order.OLDEST_FIRST, Order.NEWEST_FIRST

# What each search finds of `stock`.
SEARCHES = {
    "": lambda one: True,
    "thing": lambda one: True,
    "rare": lambda one: one["name"] == "rare_thing",
    "n:3": lambda one: one["n"] == 3,
    "level>=error": lambda one: one["level"] == 40,
    "n>5 -rare": lambda one: one["n"] > 5 and one["name"] != "rare_thing",
    "request_id:r1": lambda one: one["request_id"] == "r1",
    "cohort_id:7": lambda one: one["cohort_id"] == "7",
    "cohort_id:7 level:error": lambda one: one["cohort_id"] == "7" and one["level"] == 40,
}


def stock(chance):
    """Events of some days, of which many share a time."""
    moments = [chance.choice([0, 1, 5, 47, 700, 9000]) + chance.random() * 4000 for _ in range(80)]
    return [
        {
            "minutes_ago": chance.choice(moments),
            "name": "rare_thing" if chance.random() < 0.02 else "thing_happened",
            "n": chance.randrange(7),
            "level": chance.choice([20, 20, 40]),
            "request_id": chance.choice(["r1", "r2", None]),
            "cohort_id": chance.choice(["7", "8", None]),
        }
        for _ in range(250)
    ]


def seal(*, ended_by):
    seal_ended(ended_by)
    stretches.forget()


def pages(search, order, limit):
    """All pages in `order`."""
    found = [read_page(search, order=order, limit=limit)]
    while cursor := onward(found[-1], order):
        found.append(read_page(search, order=order, limit=limit, cursor=cursor))
    return found


def onward(page, order):
    return page.newer if order is OLDEST else page.older


def way_back(search, order, limit, cursor):
    """The ids of the pages from `cursor` back to where the list begins, as it lists them."""
    other, seen = NEWEST if order is OLDEST else OLDEST, []
    while cursor:
        page = read_page(search, order=other, limit=limit, cursor=cursor)
        seen = [*ids(page.listed(order)), *seen]
        cursor = onward(page, other)
    return seen


def ids(*shown):
    return [one.id for page in shown for one in page.events]


@pytest.mark.parametrize("seed", range(2))
def test_pages_both_ways_are_the_sorted_list(seed, store, search):
    chance = random.Random(seed)
    known = stock(chance)
    stored = dict(zip(store(*[event(**one) for one in known]), known, strict=True))
    for sealed_until in (NOW - timedelta(days=30), NOW - timedelta(days=3), NOW + timedelta(days=3)):
        seal(ended_by=sealed_until)
        for q, finds in SEARCHES.items():
            oldest = sorted((i for i in stored if finds(stored[i])), key=lambda i: (-stored[i]["minutes_ago"], i))
            assert oldest
            for order, expected in ((OLDEST, oldest), (NEWEST, oldest[::-1])):
                limit = chance.choice([3, 7]) if len(oldest) < 20 else chance.choice([20, 90, 250])
                shown = pages(search(q), order, limit)
                back = shown[-1].older if order is OLDEST else shown[-1].newer
                assert ids(*shown) == expected, (q, order, limit)
                assert [*way_back(search(q), order, limit, back), *ids(shown[-1])] == expected, (q, order, limit)
                assert [one.id for some in stream(search(q), order) for one in some] == expected, (q, order)


def test_from_beyond_each_end_the_way_back_shows_the_first_again(store, search):
    store(event(1), event(2), event(3))
    newest = read_page(search(), limit=1)

    above = read_page(search(), order=OLDEST, cursor=read_page(search(), limit=1, cursor=newest.older).newer, limit=5)
    beyond = read_page(search(), order=OLDEST, cursor=cursor_at(NOW + timedelta(hours=1)))
    before = read_page(search(), order=NEWEST, cursor=cursor_at(NOW - timedelta(hours=1)))

    assert ids(above) == ids(newest)
    assert (above.newer, list(beyond.events), beyond.newer) == (None, [], None)
    assert len(read_page(search(), cursor=beyond.older).events) == 3
    assert (list(before.events), before.older) == ([], None)
    assert len(read_page(search(), order=OLDEST, cursor=before.newer).events) == 3


def test_from_behind_the_last_event_of_either_order_the_way_back_begins_with_that_event(store, search):
    store(event(1), event(1), event(2), event(2))
    newest, *_, oldest = read_page(search()).events

    for order, last in ((OLDEST, newest), (NEWEST, oldest)):
        empty = read_page(search(), order=order, cursor=cursor_of(Position(last.time, last.id)))
        back = empty.older if order is OLDEST else empty.newer
        assert empty.events == []
        assert read_page(search(), order=NEWEST if order is OLDEST else OLDEST, cursor=back).events[0] == last


def test_a_page_that_begins_at_a_time_has_that_time_first(store, search):
    store(event(1), event(2), event(3))
    at = NOW - timedelta(minutes=2)

    back = read_page(search(), cursor=cursor_at(at))
    on = read_page(search(), order=OLDEST, cursor=cursor_at(at, OLDEST))

    assert [one.time for one in back.events] == [at, NOW - timedelta(minutes=3)]
    assert [one.time for one in read_page(search(), order=OLDEST, cursor=back.newer).events] == [
        NOW - timedelta(minutes=1)
    ]
    assert [one.time for one in on.events] == [at, NOW - timedelta(minutes=1)]
    assert [one.time for one in read_page(search(), cursor=on.older).events] == [NOW - timedelta(minutes=3)]


@pytest.mark.parametrize("q", ["", "n:1", "thing"])
def test_the_range_of_the_search_is_kept(q, store, search):
    store(*[event(minutes, n=1) for minutes in (1, 2, 3, 4)])
    asked = search(q, since="2026-11-23T11:57:00Z", until="2026-11-23T11:59:00Z")

    for cursor in ("", cursor_at(NOW - timedelta(hours=1))):
        page = read_page(asked, order=OLDEST, cursor=cursor)
        assert [one.time for one in page.events] == [NOW - timedelta(minutes=3), NOW - timedelta(minutes=2)]
    assert read_page(search(q, since="2020-01-01"), order=OLDEST, limit=1).events[0].time == NOW - timedelta(minutes=4)


@pytest.mark.parametrize("is_analysed", [False, True])  # then Postgres reads the whole slice, as it is small
@pytest.mark.parametrize("order", Order)
def test_out_of_time_it_says_how_far_it_got_and_goes_on_from_there(order, is_analysed, store, search, monkeypatch):
    stored = store(*[event(number * 45) for number in range(40)])
    if is_analysed:
        connections["default"].cursor().execute("ANALYZE log_event")
    monkeypatch.setattr(events, "PAGE_BUDGET_S", 0.8)
    asked = search("thing")
    slow = Search(asked.reader, "", asked.node, Predicate("(pg_sleep(0.03) IS NOT NULL)"), asked.since, asked.until)

    shown = pages(slow, order, 100)

    first = shown[0]
    assert first.timed_out
    assert first.events
    assert all((one.time < first.reached) == (order is OLDEST) for one in first.events)
    assert ids(*shown) == (stored[::-1] if order is OLDEST else stored)
    assert not shown[-1].timed_out


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("cursor", ["x", "\x00", "ä", "MTIz", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5LjE"])
def test_what_is_no_cursor_is_refused(cursor, order, search):
    with pytest.raises(QueryError):
        read_page(search(), cursor=cursor, order=order)


@pytest.mark.parametrize("order", Order)
def test_an_empty_store_has_nothing_beyond_a_cursor(order, search, database):
    page = read_page(search(), cursor=cursor_at(NOW), order=order)

    assert (list(page.events), onward(page, order), page.timed_out) == ([], None, False)


@pytest.mark.parametrize("text", ["", " ", "newest", "oldest", " oldest "])
def test_an_order_has_a_name(text):
    assert Order.parse(text) is (OLDEST if "oldest" in text else NEWEST)


@pytest.mark.parametrize("text", ["asc", "OLDEST", "oldest,newest", "\x00", "<b>"])
def test_what_is_no_order_is_refused_with_a_hint(text):
    with pytest.raises(QueryError) as caught:
        Order.parse(text)
    assert caught.value.parameter == "sort"
    assert "sort=oldest" in caught.value.hint


def test_several_events_are_read_by_their_places(store):
    first, second, _ = store(event(2), event(1), event(0))
    places = [(NOW - timedelta(minutes=1), second), (NOW - timedelta(minutes=2), first), (NOW, 4711)]

    assert [one.id for one in read_events(Reader(may_search=True), places)] == [first, second]
    assert read_events(Reader(may_search=False), places) == []
    assert read_events(Reader(may_search=True), []) == []
