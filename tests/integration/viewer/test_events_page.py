"""The log page: a search, its rows, and what is said when there are none."""

import re
import zoneinfo
from urllib.parse import quote

import pytest

from tests.integration.viewer.conftest import MOMENT, event, text_of


def names(response):
    return re.findall(r'<bdi class="name[^"]*">([^<]*)</bdi>', text_of(response))


@pytest.mark.parametrize("path", ["/", "/events"])
def test_the_newest_events_come_first(path, page, store_events):
    store_events([event("one", at_ms=1), event("three", at_ms=3), event("two", at_ms=2)])

    response = page(path)

    assert names(response) == ["three", "two", "one"]
    assert "<b>3</b> events, newest first" in text_of(response)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("request_id=r1", ["a"]),
        ("cohort_id=12", ["b", "a"]),
        ("level=warning", ["c", "b"]),
        ("service=monarch", ["c"]),
        ("q=timeout", ["c"]),
        ("q=-timeout&cohort_id=12&level=warning", ["b"]),
        ("until=-30d", []),
        ("request_id=&cohort_id=&level=&service=&q=&since=&until=", ["c", "b", "a"]),
    ],
)
def test_each_filter_narrows(query, found, page, store_events):
    store_events(
        [
            event("a", at_ms=1, request_id="r1", cohort_id="12"),
            event("b", at_ms=2, cohort_id="12", level="warning"),
            event("c", at_ms=3, service="monarch", level="error", detail="a timeout"),
        ]
    )

    assert names(page(f"/?{query}")) == found


def test_older_events_follow_by_their_link_as_a_page_and_as_a_part(page, store_events):
    store_events([event(f"number {number}", at_ms=number) for number in range(150)])
    first = page("/?service=learning-api")
    older = re.search(r'href="([^"]*before=[^"]*)"', text_of(first))[1].replace("&amp;", "&")

    assert "Newest <b>100</b> of <b>150</b> events" in text_of(first)
    whole, part = page(older), page(older, part_of="/?service=learning-api")
    assert names(whole) == names(part) == [f"number {number}" for number in range(49, -1, -1)]
    assert "<html" in text_of(whole)
    assert "<html" not in text_of(part)
    assert text_of(part).count('<tr class="events__row') == 50


def test_htmx_gets_the_part_and_a_restored_history_the_whole_page(page, store_events):
    store_events([event()])

    part = page("/?q=student", part_of="/")
    restored = page("/?q=student", part_of="/", **{"HX-History-Restore-Request": "true"})
    boosted = page("/?q=student", part_of="/", **{"HX-Boosted": "true"})

    assert "<html" not in text_of(part)
    assert 'id="filters"' in text_of(part)
    assert "<title>1 event mentioning student · logviewer</title>" in text_of(part)
    assert "<html" in text_of(restored)
    assert "<html" in text_of(boosted)
    assert all("HX-Request" in response["Vary"] for response in (part, restored))
    assert "no-store" in part["Cache-Control"]


@pytest.mark.parametrize("part_of", ["", "/"])
def test_a_query_that_cannot_be_read_is_kept_and_marked(part_of, page):
    response = page("/?cohort_id=12&q=" + quote("timeout (slack"), part_of=part_of)

    assert response.status_code == 400
    assert 'value="timeout (slack"' in text_of(response)
    assert 'value="12"' in text_of(response)
    assert "timeout (slack\n        ^" in text_of(response)


@pytest.mark.parametrize(
    "query", ["since=tomorrow", "level=loud", "before=%00", "q=%00", "since=-1h&until=-2h", "q=" + "(" * 500]
)
def test_no_parameter_makes_a_mistake_of_ours(query, page):
    assert page(f"/?{query}").status_code in (200, 400)


@pytest.mark.parametrize("zone", ["UTC", "America/Chicago", "Pacific/Auckland"])
def test_the_whole_calendar_can_be_asked_for(zone, viewer, page, store_events):
    viewer.time_zone = zone
    viewer.save()
    store_events([event("here")])

    assert names(page("/?since=0001-01-01T00:00:00Z&until=9999-12-31T23:59:59Z")) == ["here"]


def test_times_are_shown_in_the_reader_s_zone_with_its_offset(viewer, page, store_events):
    viewer.time_zone = "Asia/Kolkata"
    viewer.save()
    store_events([event()])
    local = MOMENT.astimezone(zoneinfo.ZoneInfo("Asia/Kolkata"))

    shown = text_of(page("/"))

    assert f"<i>{local:%-d %b}</i> {local:%H:%M:%S}<i>.000000</i>" in shown
    assert '<span class="th-zone">UTC+05:30</span>' in shown
    assert "Asia/Kolkata (UTC+05:30)" in shown


def test_a_time_in_the_query_is_one_of_the_reader_s_zone(viewer, page, store_events):
    viewer.time_zone = "Asia/Kolkata"
    viewer.save()
    store_events([event("before", at_ms=-1000), event("from then on")])
    local = MOMENT.astimezone(zoneinfo.ZoneInfo("Asia/Kolkata"))

    assert names(page(f"/?q=time>={local:%Y-%m-%dT%H:%M:%S}")) == ["from then on"]


def test_a_time_typed_without_an_offset_becomes_part_of_the_address_in_utc(viewer, page):
    viewer.time_zone = "Asia/Kolkata"
    viewer.save()

    response = page("/?q=a&since=2026-11-22+10:00")
    part = page("/?q=a&since=2026-11-22+10:00", part_of="/")

    assert response.status_code == 302
    assert response["Location"] == part["HX-Push-Url"] == "/?q=a&since=2026-11-22T04:30:00Z"
    assert 'value="2026-11-22 10:00:00"' in text_of(page(response["Location"]))


def test_the_histogram_counts_what_the_list_shows(page, store_events):
    store_events([event(level="error", at_ms=number) for number in range(3)] + [event(at_ms=9)])

    shown = text_of(page("/"))

    assert "error: 3." in shown
    assert "info: 1." in shown
    assert re.search(r'<a href="/\?since=[^"]*"><title>[^<]*: 3 error, 1 info</title>', shown)


def test_where_nothing_matches_each_condition_can_be_dropped(page, store_events):
    store_events([event()])

    shown = text_of(page("/?q=nothing&cohort_id=99&since=-7d"))

    assert "Nothing matches" in shown
    assert 'href="/?cohort_id=99&amp;since=-7d">without' in shown
    assert 'href="/?q=nothing&amp;since=-7d">without cohort' in shown
    assert 'hx-get="/search/alternatives?q=nothing&amp;cohort_id=99&amp;since=-7d"' in shown
    assert "Last 30 days" in shown


def test_where_a_field_was_asked_for_as_rows_show_it_a_link_asks_the_right_way(page, store_events):
    store_events([event(student_id=88)])

    assert re.search(r'href="(/\?q=student_id:88)"><bdi>student_id:88</bdi>', text_of(page("/?q=student_id%3D88")))


def test_a_search_that_is_not_possible_now_is_503_and_says_when_to_come_back(page, monkeypatch):
    from logviewer.query.errors import SearchUnavailable
    from logviewer.viewer.views import events

    def away(*_, **__):
        raise SearchUnavailable("away")

    monkeypatch.setattr(events, "read_asked_page", away)

    for response in (page("/"), page("/", part_of="/")):
        assert response.status_code == 503
        assert response["Retry-After"] == "5"
        assert "not possible right now" in text_of(response)


def test_nobody_sees_events_without_an_account(client, database):
    for path in ("/", "/events", "/events/2026-11-22T00:00:00Z/1", "/requests/a", "/first-event", "/preferences"):
        assert client.get(path)["Location"].startswith("/accounts/login/")


def test_a_day_s_name_becomes_its_date_in_the_address(page, store_events):
    store_events([event("here")])

    response = page("/?q=a&since=tuesday&until=now")

    assert response.status_code == 302
    assert re.fullmatch(r"/\?q=a&since=\d{4}-\d\d-\d\dT00:00:00Z&until=now", response["Location"])
    part = page("/?q=a&since=tuesday&until=now", part_of="/")
    assert part["HX-Push-Url"] == response["Location"]
    assert "tuesday" not in re.sub(r"<code>tuesday</code>|placeholder=\"[^\"]*\"", "", text_of(part))


def test_above_the_list_stands_when_the_newest_happened(page, store_events):
    store_events([event("here")])

    assert re.search(r'title="[^"]* UTC">· the newest \d+ h', text_of(page("/")))
    assert "the newest" not in text_of(page("/?q=nothing"))
