"""The list oldest first: its two ends, what keeps the order, and what is written of it."""

import csv
import io
import json
import re
from dataclasses import replace

import pytest

from logviewer.viewer import event_list
from logviewer.viewer.models import Export, SavedView
from tests.integration.viewer.conftest import MOMENT, event, text_of
from tests.integration.viewer.test_events_page import names
from tests.integration.viewer.test_list import link

OLDEST = "sort=oldest"


def numbered(count):
    return [event(f"number {number}", at_ms=number) for number in range(count)]


def test_the_oldest_events_come_first_and_newer_ones_follow_by_a_link(page, store_events):
    store_events(numbered(250))

    first = page(f"/?{OLDEST}&service=learning-api")
    second = page(link(first, "Newer events"))
    third = page(link(second, "Newer events"), part_of="/")
    back = page(link(second, "Older events"))

    assert names(first) == names(back) == [f"number {number}" for number in range(100)]
    assert names(second) == [f"number {number}" for number in range(100, 200)]
    assert names(third) == [f"number {number}" for number in range(200, 250)]
    assert "Oldest <b>100</b> of <b>250</b> events" in text_of(first)
    assert "Older events" not in text_of(first)
    assert "back to the oldest" in text_of(second)
    assert text_of(second).index("Older events") < text_of(second).index("Newer events")
    assert "No newer events match yet." in text_of(third)
    assert "Older events" not in text_of(third)


def test_a_part_that_goes_back_to_the_oldest_ends_above(page, store_events):
    store_events(numbered(150))
    second = page(link(page(f"/?{OLDEST}"), "Newer events"))

    part = page(link(second, "Older events"), part_of="/")

    assert names(part) == [f"number {number}" for number in range(100)]
    assert text_of(part).index("No older events match.") < text_of(part).index("number 0")
    assert "Newer events" not in text_of(part)


def test_a_link_turns_the_list_and_keeps_the_rest_of_the_address(page, store_events):
    store_events(numbered(3))

    turned = link(page("/?q=number&level=info&columns=event,x&wrap=1&by=service"), "Oldest first")

    assert turned == "/?q=number&level=info&columns=event,x&wrap=1&by=service&sort=oldest"
    assert link(page(turned), "Newest first") == turned.removesuffix("&sort=oldest")
    assert "<b>3</b> events, oldest first" in text_of(page(turned))
    assert 'aria-sort="ascending"' in text_of(page(turned))
    assert 'aria-sort="descending"' in text_of(page("/"))


def test_every_link_and_form_of_the_page_keeps_the_order(page, store_events):
    store_events(numbered(150))

    shown = text_of(page(f"/?q=number&{OLDEST}"))

    assert '<input type="hidden" name="sort" value="oldest">' in shown
    for words in ("Newer events", "Wrap lines", "As a table", "Save view", "Export", "Fields", "Zoom out", "Earlier"):
        assert OLDEST in link(page(f"/?q=number&since=-1d&{OLDEST}"), words), words
    bars = shown[shown.index("histogram__chart") : shown.index("</figure>")].split('<a href="')[1:]
    assert all(OLDEST in bar for bar in bars)


def test_a_time_is_jumped_to_and_the_list_goes_on_from_it(page, store_events):
    store_events([event("before", at_ms=-1000), event("at", at_ms=0), event("after", at_ms=1000)])

    response = page(f"/jump?at={MOMENT.isoformat().replace('+00:00', 'Z')}&{OLDEST}")

    assert names(page(response["Location"])) == ["at", "after"]
    assert names(page(link(page(response["Location"]), "Older events"))) == ["before"]
    beyond = page(page(f"/jump?at=9999-12-31T23:59:59.999999Z&{OLDEST}")["Location"])
    assert "No newer events match" in text_of(beyond)
    assert "Back to the oldest" in text_of(beyond)
    way_back = re.search(r'href="([^"]*)">Older events<', text_of(beyond))[1].replace("&amp;", "&")
    assert names(page(way_back)) == ["before", "at", "after"]


@pytest.mark.parametrize(
    ("sort", "looked_at", "leads_on"),
    [("", "Everything newer than", "before="), (OLDEST, "Everything older than", "after=")],
)
def test_out_of_time_the_page_says_what_was_looked_at(sort, looked_at, leads_on, page, store_events, monkeypatch):
    read = event_list.read_page
    monkeypatch.setattr(event_list, "read_page", lambda *args, **asked: replace(read(*args, **asked), timed_out=True))
    store_events(numbered(150))

    shown = text_of(page(f"/?patient=1&{sort}"))

    assert looked_at in shown
    assert leads_on in re.search(r'href="([^"]*)">go on from there<', shown)[1]


@pytest.mark.parametrize("asked", ["/?q=absent&patient=1", "/jump?at=2020-01-01&q=absent"])
def test_out_of_time_an_empty_page_does_not_say_that_nothing_matches(asked, page, store_events, monkeypatch):
    read = event_list.read_page
    monkeypatch.setattr(event_list, "read_page", lambda *args, **asked: replace(read(*args, **asked), timed_out=True))
    store_events([event("student_found")])

    answer = page(asked)
    shown = text_of(page(f"{answer['Location']}&patient=1") if answer.has_header("Location") else answer)

    assert "Nothing found yet" in shown
    assert "Nothing matches" not in shown
    assert "No older events match" not in shown


def test_what_is_missing_stands_between_its_neighbours(page, store_events):
    store_events([event("a", at_ms=0, boot="p", seq=1), event("b", at_ms=7_200_000, boot="p", seq=4)])

    shown = text_of(page(f"/?{OLDEST}"))

    places = [shown.index(words) for words in (">a<", "(numbers 2–3)", "2 h without events", ">b<")]
    assert places == sorted(places)


@pytest.mark.parametrize("path", ["/", "/exports/new", "/views/new", "/tail", "/tail/counts"])
def test_an_order_that_there_is_not_is_refused(path, page, store_events):
    store_events([event()])

    for sort in ("up", "OLDEST", "oldest,newest", "%00", "%3Cb%3E"):
        response = page(f"{path}?q=student&sort={sort}")
        assert response.status_code == 400
        assert "is no order of the list" in text_of(response)
        assert 'name="sort"' not in text_of(response)  # the form leads on without it


def test_the_usual_order_need_not_be_said(page, store_events):
    store_events(numbered(3))

    assert names(page("/?sort=newest")) == names(page("/?sort=")) == ["number 2", "number 1", "number 0"]
    assert link(page("/?sort=newest"), "Wrap lines") == "/?wrap=1"


def test_only_the_newest_first_are_followed_and_the_page_says_so(page, store_events):
    store_events(numbered(3))

    shown = page(f"/?{OLDEST}&q=number")

    assert "data-tail-switch" not in text_of(shown)
    assert 'Live needs the list <a href="/?q=number">newest first</a>.' in text_of(shown)
    assert page(f"/tail?{OLDEST}").status_code == 400


@pytest.mark.parametrize("file_format", ["csv", "ndjson"])
def test_an_export_is_in_the_order_of_the_list(file_format, viewer, client_of, store_events):
    store_events(numbered(150))
    client = client_of(viewer)

    offered = text_of(client.get(f"/exports/new?{OLDEST}"))
    client.post(f"/exports/new?{OLDEST}", {"format": file_format})
    content = b"".join(client.get(f"/exports/{Export.objects.get().pk}/file").streaming_content).decode("utf-8-sig")

    if file_format == "csv":
        (about,), head, *rows, _ = csv.reader(io.StringIO(content, newline=""))
        found = [row[head.index("event")] for row in rows]
    else:
        *events, last = [json.loads(line) for line in content.splitlines()]
        about, found = last["logviewer_export"]["about"], [one["event"] for one in events]
    assert found == [f"number {number}" for number in range(150)]
    assert "; oldest first; times in" in about
    assert "all of them, oldest first." in offered


def test_views_and_recent_searches_keep_the_order(viewer, client_of, store_events):
    store_events(numbered(3))
    client = client_of(viewer)
    client.get(f"/?q=number&{OLDEST}")

    answer = client.post(f"/views/new?q=number&{OLDEST}", {"name": "As it happened", "is_pinned": "on"})

    assert SavedView.objects.get().query == f"q=number&{OLDEST}"
    assert names(client.get(answer["Location"])) == ["number 0", "number 1", "number 2"]
    assert [one.query for one in viewer.recent_searches.all()] == [f"q=number&{OLDEST}"]
    assert text_of(client.get("/views")).count("<b><bdi>oldest first</bdi></b>") == 2
    assert "Events mentioning number, oldest first" in text_of(client.get("/"))


@pytest.mark.parametrize("sort", ["", OLDEST])
def test_the_histogram_is_the_same_in_both_orders(sort, page, store_events):
    hours = 3_600_000
    store_events([event("timeout", at_ms=-5 * hours * n, level="error") for n in range(3)])

    shown = text_of(page(f"/?q=timeout&{sort}"))

    assert re.findall(r"<bdi>error</bdi> (\d+)</a>", shown) == ["3"]
    assert re.search(r"the newest [2-6] h ago", shown)  # two hours and the tests' time; the oldest five more and more
