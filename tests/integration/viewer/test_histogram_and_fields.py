"""The histogram by any field and as a table; the fields beside the list."""

import re

import pytest

from logviewer.query import series_in_time
from logviewer.query.sampling import Sampled
from logviewer.store import catalogue
from tests.integration.viewer.conftest import event, text_of


def some():
    return [
        event(
            "a", at_ms=number, service="api" if number % 3 else "worker", code=number % 2, ms=number * 10, mixed=number
        )
        for number in range(6)
    ] + [event("b", at_ms=9, mixed="six")]


def test_the_histogram_is_by_level_or_by_any_field(page, store_events):
    store_events(some())

    by_level, by_code = text_of(page("/")), text_of(page("/?by=code"))

    assert re.search(r'class="key key--l-info" href="/\?q=level:info"', by_level)
    assert re.search(r'class="key key--s-0" href="/\?q=code:0&amp;by=code"[^>]*><bdi>0</bdi> 3<', by_code)
    assert re.search(r'<span class="key key--s-without">without it 1<', by_code)
    assert re.search(r"<title>[^<]*: 3 0, 3 1, 1 without it</title>", by_code)


@pytest.mark.parametrize("part_of", ["", "/"])
@pytest.mark.parametrize("path", ["/?by=time", "/histogram?by=time", "/fields/values?field=time", "/fields/numbers"])
def test_a_field_that_cannot_be_asked_for_is_said(path, part_of, page, store_events):
    response = page(path, part_of=part_of)

    assert response.status_code == 400
    assert "Every time is another" in text_of(response) or "Field is missing" in text_of(response)


@pytest.mark.parametrize("path", ["/fields?service=a%00", "/fields/values?field=%00"])
def test_what_no_event_can_have_is_not_found(path, page, store_events):
    store_events(some())

    assert page(path).status_code == 200


@pytest.mark.parametrize("path", ["/histogram", "/fields", "/fields/values", "/fields/numbers"])
def test_a_search_that_cannot_be_read_is_said_there_too(path, page, database):
    response = page(f"{path}?q=(&field=a")

    assert response.status_code == 400


def test_the_histogram_is_a_table_for_those_who_read_it(page, store_events):
    store_events(some())

    whole, part = page("/histogram?by=service"), page("/histogram?by=service", part_of="/?by=service")

    assert "<html" in text_of(whole)
    assert "<html" not in text_of(part)
    heads = re.findall(r'<th scope="col">(?:<bdi>)?([^<]*)', text_of(part))
    assert heads == ["Time", "api", "worker", "learning-api", "All"]
    assert re.findall(r"<td>([\d,]+)</td>", text_of(part)) == ["4", "2", "1"]
    assert "<b>7</b>" in text_of(part)


def test_the_table_says_that_there_are_no_events_only_where_all_were_counted(page, store_events, monkeypatch):
    store_events(some())
    nothing = "/histogram?q=nothing_like_it"

    assert "No events." in text_of(page(nothing))

    monkeypatch.setattr(series_in_time, "FEW_ROWS", -1)
    monkeypatch.setattr(series_in_time, "ask_in_time", lambda *_, **__: Sampled(None, 0.0))
    hurried = text_of(page("/histogram?q=six"))
    assert "there was no time to count" in hurried
    assert "No events." not in hurried


def test_the_range_has_neighbours_once_there_is_one(page, store_events):
    store_events(some())

    assert "Zoom out" not in text_of(page("/"))
    assert "Zoom out" in text_of(page("/?since=-7d"))
    assert "Earlier" in text_of(page("/?since=-7d"))


def test_fields_are_sorted_by_use_and_say_their_types(page, store_events):
    store_events(some())
    catalogue.catch_up(20)

    shown = text_of(page("/fields?service=api", part_of="/?service=api"))
    of_all = text_of(page("/fields"))

    own = ["level", "service", "event", "cohort_id", "logger", "request_id"]
    assert re.findall(r'class="facet__name" title="([^"]*)"', of_all)[:7] == [*own, "mixed"]
    assert sorted(re.findall(r'class="facet__name" title="([^"]*)"', of_all)[7:]) == ["code", "ms"]
    assert "number in 6 events, text in 1" in of_all
    assert "Fields of api" in shown
    assert "text in 1" not in shown


def test_a_field_shows_its_values_with_counts_and_shares(page, store_events):
    store_events(some())
    catalogue.catch_up(20)

    shown = text_of(page("/fields/values?field=code&q=event:a", part_of="/?q=event:a"))
    whole = text_of(page("/fields/values?field=mixed"))

    assert "6 of 6 matching events have it." in shown
    assert re.findall(r'href="([^"]*)"[^>]*><bdi>(\d)</bdi>', shown) == [
        ("/?q=event:a%20code:0", "0"),
        ("/?q=event:a%20code:1", "1"),
    ]
    assert "50 %" in shown
    assert "/fields/numbers?q=event:a&amp;field=code" in shown
    assert "<html" in whole
    assert "number in 6 events, text in 1" in whole


def test_numbers_have_a_distribution(page, store_events):
    store_events(some())

    shown = text_of(page("/fields/numbers?field=ms&since=-7000d"))

    assert "6 numbers." in shown
    assert '<a class="button button--quiet" href="/?since=-7000d">Back to the events</a>' in shown
    assert re.search(r"<dt>greatest</dt><dd>50</dd>", shown)
    assert "No numbers" in text_of(page("/fields/numbers?field=event"))


def test_numbers_are_told_apart_by_another_field(page, store_events):
    slow = [event("slow", at_ms=number, ms=1000 + number, path="/projects/88", service="api") for number in range(3)]
    store_events([*some(), *slow, event("c", ms=7, path='a "b"')])
    catalogue.catch_up(20)

    shown = text_of(page("/fields/numbers?field=ms&per=path&service=api"))
    assert re.search(r'<a href="/\?q=path:/projects/88&amp;service=api"><bdi>/projects/88</bdi></a>', shown)
    rows = re.findall(r"<bdi>([^<]*)</bdi></a></th><td>([\d,]+)</td><td>([\d,]+)</td>.*?<td>(\d+)</td></tr>", shown)
    assert rows == [("/projects/88", "1,001", "1,002", "3"), ("without path", "20", "50", "4")]
    assert '<option value="code">' in shown
    assert '<option value="ms">' not in shown

    assert 'q=path:%22a%20%5C%22b%5C%22%22"' in text_of(page("/fields/numbers?field=ms&per=path"))
    assert "?field=ms&amp;per" not in text_of(page("/fields/numbers?field=ms", part_of="/"))
    assert "By another field" in text_of(page("/fields/numbers?field=ms", part_of="/"))


@pytest.mark.parametrize("per", ["time", "a" * 600, "a.b.c.d.e.f.g.h.i.j", "%00", "%25"])
def test_a_field_that_cannot_tell_numbers_apart_is_no_mistake_of_ours(per, page, store_events):
    store_events(some())

    assert page(f"/fields/numbers?field=ms&per={per}").status_code in (200, 400)


def test_without_a_catalogue_the_own_fields_are_there(page, store_events):
    store_events(some())

    assert "No other field is known of these days." in text_of(page("/fields"))


def test_names_and_values_from_outside_stay_text(page, store_events):
    hostile = '<img src=x onerror="go()">'
    store_events([event("a", **{hostile: hostile, "n": hostile})])
    catalogue.catch_up(20)

    for path in (
        "/fields",
        "/fields/values?field=n",
        f"/fields/values?field={hostile}",
        f"/?by={hostile}&columns=n,{hostile}",
    ):
        shown = text_of(page(path))
        assert "<img" not in shown
        assert "&lt;img src=x" in shown


def test_more_values_than_stand_beside_the_list_are_on_the_page_of_the_field(page, store_events):
    store_events([event("a", code=n) for n in range(12)])

    beside = text_of(page("/fields/values?field=code", part_of="/"))
    whole = text_of(page("/fields/values?field=code"))

    assert '<a href="/fields/values?field=code">2 more values</a>' in beside
    assert len(re.findall(r"<bdi>\d+</bdi>", beside)) == 10
    assert len(re.findall(r"<bdi>\d+</bdi>", whole)) == 12
    assert "more value" not in whole
