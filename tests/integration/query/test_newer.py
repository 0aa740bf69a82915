"""The list forwards in time: what was walked down is walked up again, nothing twice, nothing left out."""

from datetime import timedelta

import pytest

from logviewer.query import newer, stretches
from logviewer.query.events import cursor_at, read_events, read_page
from logviewer.query.language import QueryError
from logviewer.query.newer import read_newer_page
from logviewer.query.reader import Reader
from logviewer.query.search import Search
from logviewer.store.maintenance import seal_ended
from logviewer.store.predicate import Predicate
from tests.integration.query.conftest import NOW, event

SEARCHES = ["", "thing", "rare", "n:3", "level>=error", "n>5 -rare", "request_id:r1", "cohort_id:7"]


def stock():
    return [
        event(
            minutes_ago=(number // 3) * 47,  # three events share each time
            name="rare_thing" if number % 50 == 0 else "thing_happened",
            n=number % 7,
            level=40 if number % 5 == 0 else 20,
            request_id="r1" if number % 4 == 0 else None,
            cohort_id="7" if number % 3 == 0 else None,
        )
        for number in range(300)
    ]


def down(search, limit):
    """The ids of each page from the newest on, and the last page."""
    page = read_page(search, limit=limit)
    pages = [page]
    while page.older:
        page = read_page(search, limit=limit, cursor=page.older)
        pages.append(page)
    return pages


def ids(pages):
    return [one.id for page in pages for one in page.events]


@pytest.mark.parametrize("sealed", [False, True])
@pytest.mark.parametrize("q", SEARCHES)
def test_up_again_are_the_same_events(q, sealed, store, search):
    store(*stock())
    if sealed:
        seal_ended(NOW + timedelta(days=2))
        stretches.forget()
    asked = search(q)
    pages = down(asked, 20)
    assert sum(len(page.events) for page in pages) > 0

    page, seen = pages[-1], []
    while page.newer:
        page = read_newer_page(asked, cursor=page.newer, limit=20)
        seen = [one.id for one in page.events] + seen

    assert [*seen, *(one.id for one in pages[-1].events)] == ids(pages)


def test_from_nothing_newer_the_way_back_shows_the_newest_again(store, search):
    store(event(1), event(2), event(3))
    newest = read_page(search(), limit=1)

    above = read_newer_page(search(), cursor=read_page(search(), limit=1, cursor=newest.older).newer, limit=5)
    beyond = read_newer_page(search(), cursor=cursor_at(NOW + timedelta(hours=1)), limit=5)

    assert [one.id for one in above.events] == [newest.events[0].id]
    assert (above.newer, list(beyond.events), beyond.newer) == (None, [], None)
    assert len(read_page(search(), cursor=beyond.older).events) == 3


def test_a_page_that_begins_at_a_time_has_that_time_on_top(store, search):
    store(event(1), event(2), event(3))

    page = read_page(search(), cursor=cursor_at(NOW - timedelta(minutes=2)))

    assert [one.time for one in page.events] == [NOW - timedelta(minutes=2), NOW - timedelta(minutes=3)]
    assert [one.time for one in read_newer_page(search(), cursor=page.newer).events] == [NOW - timedelta(minutes=1)]


def test_the_range_of_the_search_is_kept(store, search):
    store(event(1), event(2), event(3), event(4))
    asked = search(since="2026-11-23T11:57:00Z", until="2026-11-23T11:59:00Z")

    page = read_newer_page(asked, cursor=cursor_at(NOW - timedelta(hours=1)))

    assert [one.time for one in page.events] == [NOW - timedelta(minutes=2), NOW - timedelta(minutes=3)]


def test_out_of_time_it_says_how_far_it_got(store, search, monkeypatch):
    store(*[event(number * 60) for number in range(60)])
    monkeypatch.setattr(newer, "PAGE_BUDGET_S", 0.5)
    asked = search()
    slow = Search(asked.reader, "", asked.node, Predicate("(pg_sleep(0.05) IS NOT NULL)"), asked.since, asked.until)

    page = read_newer_page(slow, cursor=cursor_at(NOW - timedelta(days=3)), limit=50)

    assert page.timed_out
    assert page.newer
    assert page.reached < NOW


@pytest.mark.parametrize("cursor", ["x", "\x00", "ä", "MTIz", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5LjE"])
def test_what_is_no_cursor_is_refused(cursor, store, search):
    with pytest.raises(QueryError):
        read_newer_page(search(), cursor=cursor)


def test_an_empty_store_has_nothing_newer(search, database):
    page = read_newer_page(search(), cursor=cursor_at(NOW))

    assert (list(page.events), page.newer, page.timed_out) == ([], None, False)


def test_several_events_are_read_by_their_places(store):
    first, second, _ = store(event(2), event(1), event(0))
    places = [(NOW - timedelta(minutes=1), second), (NOW - timedelta(minutes=2), first), (NOW, 4711)]

    assert [one.id for one in read_events(Reader(may_search=True), places)] == [first, second]
    assert read_events(Reader(may_search=False), places) == []
    assert read_events(Reader(may_search=True), []) == []
