"""What somebody searched last."""

from django.db import OperationalError

from logviewer.viewer import recent_searches
from logviewer.viewer.models import RecentSearch
from logviewer.viewer.recent_searches import MOST_RECENT
from tests.integration.viewer.conftest import event, text_of


def queries(user):
    return [search.query for search in user.recent_searches.all()]


def test_searches_are_kept_newest_first_and_each_once(page, viewer, store_events):
    store_events([event()])
    for query in ("q=one", "level=error", "q=one", "q=two"):
        page(f"/?{query}")

    assert queries(viewer) == ["q=two", "q=one", "level=error"]


def test_what_is_no_search_is_not_kept(page, viewer, store_events):
    store_events([event()])
    for path in ("/", "/?q=(", "/?q=%20", "/?made-up=1", "/?q=one&before=MTI.MQ", "/tail?q=one"):
        page(path)

    assert queries(viewer) == []


def test_what_was_found_is_shown_although_nothing_can_be_noted(page, viewer, store_events, monkeypatch):
    def no_room(*_: object, **__: object) -> None:
        raise OperationalError("could not extend file: No space left on device")

    store_events([event("student_found")])
    monkeypatch.setattr(recent_searches, "_put_on_top", no_room)

    assert "student_found" in text_of(page("/?q=student_found"))
    assert queries(viewer) == []


def test_only_the_latest_are_kept(page, viewer, store_events):
    store_events([event()])
    for number in range(MOST_RECENT + 3):
        page(f"/?q=word{number}")

    assert queries(viewer) == [f"q=word{number}" for number in reversed(range(3, MOST_RECENT + 3))]


def test_they_are_forgotten_one_by_one_or_all(page, viewer, operator, client_of, store_events):
    store_events([event()])
    for query in ("q=one", "q=two", "q=three"):
        page(f"/?{query}")
    client_of(operator).get("/?q=theirs")
    one = viewer.recent_searches.get(query="q=two")
    theirs = operator.recent_searches.get()

    client = client_of(viewer)
    client.post(f"/views/recent/{one.pk}/forget")
    client.post(f"/views/recent/{theirs.pk}/forget")
    assert queries(viewer) == ["q=three", "q=one"]
    client.post("/views/recent/forget")
    assert queries(viewer) == []
    assert RecentSearch.objects.get() == theirs


def test_a_very_long_search_is_kept(page, viewer, store_events):
    store_events([event()])
    page("/?q=" + "é" * 1900)

    assert len(queries(viewer)) == 1


def test_they_are_offered_in_words(page, store_events):
    store_events([event()])
    page("/?q=timeout&level=error")

    assert "Errors or worse mentioning timeout" in text_of(page("/"))
    assert "timeout" in text_of(page("/views"))
