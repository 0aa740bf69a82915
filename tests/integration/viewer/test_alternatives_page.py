"""What a page that found nothing loads next, or shows as a page of its own."""

import re
from html import unescape

import pytest
from django.utils import timezone

from logviewer.query import alternatives
from logviewer.query.count import Count
from logviewer.store.catalogue import catch_up
from tests.integration.viewer.conftest import event, text_of


@pytest.fixture
def shown(page, store_events):
    store_events(
        [
            *(event("slack_failed", at_ms=n, level="error", cohort_id="12", status_code=500) for n in range(3)),
            event("cohort_listed", at_ms=9, cohort_id="9"),
        ]
    )
    catch_up(60)

    def shown(query, *, part_of="/"):
        response = page(f"/search/alternatives?{query}", part_of=part_of)
        assert response.status_code == 200
        return text_of(response)

    return shown


def counts(text):
    """[(address, words, number)] of the table."""
    rows = re.findall(r'<th scope="row"><a href="([^"]*)">(.*?)</a></th>\s*<td[^>]*>([^<]*)</td>', text)
    return [(unescape(address), re.sub("<[^>]*>", "", words), number) for address, words, number in rows]


def test_each_part_is_a_link_to_the_search_without_it_with_its_count(shown):
    text = shown("q=listed+-path:/x&level=error&cohort_id=12")

    assert counts(text) == [
        ("/?q=-path:/x&cohort_id=12&level=error", "without listed", "3"),
        ("/?q=listed%20-path:/x&level=error", "without cohort_id 12", "0"),
        ("/?q=listed%20-path:/x&cohort_id=12", "without level error or worse", "0"),
        ("/?q=listed&cohort_id=12&level=error", "also with path /x", "0"),
    ]


def test_where_no_single_part_is_to_blame_each_is_counted_by_itself(shown):
    text = shown("q=nothing+-slack&cohort_id=12&since=-7d")

    assert "No single part is to blame" in text
    assert counts(text) == [
        ("/?cohort_id=12&since=-7d", "only cohort_id 12", "3"),
        ("/?q=-slack&since=-7d", "all without slack", "1"),
        ("/?q=nothing&since=-7d", "only nothing", "0"),
    ]


def test_outside_of_the_time_there_is_a_link_and_the_newest_event(shown):
    text = shown("q=slack&since=-1m")

    assert counts(text) == [("/?q=slack", "at any time", "3")]
    assert re.search(r'newest <a href="/events/[^"]*Z/\d+"><time', text)
    assert counts(shown("q=slack+time>-1m")) == [("/?q=slack", "at any time", "3")]


def test_a_name_near_to_an_unknown_field_is_offered(shown):
    text = shown("q=statuscode:500+slack")

    assert '<a href="/?q=status_code:500%20slack"><bdi>status_code</bdi></a> (3 events)' in text


def test_without_scripts_it_is_a_page_with_the_way_back(shown):
    text = shown("q=nothing&cohort_id=12", part_of="")

    assert "<html" in text
    assert '<a href="/?q=nothing&amp;cohort_id=12">Back to the search</a>' in text
    assert ("/?cohort_id=12", "without nothing", "3") in counts(text)


def test_a_search_that_cannot_be_read_is_refused_with_the_reason(page, database):
    response = page("/search/alternatives?q=(")

    assert response.status_code == 400
    assert "This parenthesis is never closed" in text_of(response)


def test_that_there_is_nothing_in_the_time_is_said(shown):
    assert "There are no events at all in this time." in shown("q=nothing&since=2020-01-01&until=2020-01-02")
    assert "no events at all" not in shown("q=nothing")


def test_what_could_not_be_counted_in_time_is_still_a_link(shown, monkeypatch):
    uncounted = Count(0, timezone.now())
    monkeypatch.setattr(alternatives, "_count", lambda search, some: [uncounted for _ in some])

    text = shown("q=listed+slack")

    assert [address for address, _, _ in counts(text)] == ["/?q=slack", "/?q=listed"]
    assert "at least 0" in text
