"""The search in words: in the title, above the list, and part by part."""

import re
from html import unescape

import pytest
from django.http import QueryDict

from logviewer.store.catalogue import catch_up
from logviewer.viewer.headline import words_of
from tests.integration.viewer.conftest import event, text_of


def sentence(response):
    return unescape(re.search(r'<h2 class="sentence">(.*?)</h2>', text_of(response))[1])


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "3 events"),
        ("q=level:error+-event:slack_*&cohort_id=12", "1 error, where cohort_id is 12, without slack_*"),
        ("level=error", "2 errors or worse"),
        ("q=nothing", "No events mentioning nothing"),
    ],
)
def test_the_sentence_is_the_page_s_title_too(query, said, page, store_events):
    store_events(
        [event("cohort_failed", level="error", cohort_id="12"), event("slack_failed", level="error"), event("other")]
    )

    response = page(f"/?{query}")

    assert sentence(response) == said
    assert f"<title>{said} · logviewer</title>" in unescape(text_of(response))


def test_the_sentence_counts_all_that_match_also_on_later_pages(page, store_events):
    store_events([event(f"number {number}", at_ms=number) for number in range(150)])

    assert sentence(page("/")) == "150 events"
    older = re.search(r'href="([^"]*before=[^"]*)"', text_of(page("/")))[1]
    assert sentence(page(older)) == "150 events"


def test_times_are_said_in_the_reader_s_zone(viewer, page, store_events):
    viewer.time_zone = "Asia/Kolkata"
    viewer.save()

    said = sentence(page("/?since=2020-01-01T00:00:00Z&until=2020-01-02T00:00:00Z"))

    assert said == "No events, 1 Jan 2020 05:30 to 2 Jan 2020 05:30 (UTC+5:30)"


def test_a_part_can_be_dropped_and_turned_round_by_links(page, store_events):
    store_events([event("a", path="/health"), event("b", path="/x")])

    shown = text_of(page("/?q=-path:/health*&level=info"))

    assert 'href="/?level=info" title="Drop it" aria-label="Drop -path:/health*"' in shown
    assert 'href="/?q=path:/health%2A&amp;level=info" title="Ask for it"' in shown
    assert 'title="Exclude it" aria-label="Exclude info and above instead"' in shown


def test_excluding_by_a_field_that_nobody_sends_is_pointed_out(page, store_events):
    store_events([event("a", status_code=200)])
    catch_up(60)

    shown = text_of(page("/?q=-statuscode:200"))

    assert "No event has a field <bdi><b>statuscode</b></bdi>." in shown
    assert '<a href="/?q=-status_code:200"><bdi>status_code</bdi></a> (1 event)' in shown
    assert "No event has a field" not in text_of(page("/?q=-status_code:200+-level:error"))


def test_text_from_outside_cannot_hide_in_the_sentence(page, store_events):
    store_events([event("a")])

    response = page("/?service=%E2%80%AEevil%3Cb%3E")

    assert '<span class="unseen" title="U+202E">U+202E</span>evil&lt;b&gt;' in text_of(response)


@pytest.mark.parametrize("part_of", ["", "/"])
def test_a_fault_is_shown_with_a_query_that_may_have_been_meant(part_of, page):
    shown = text_of(page("/?q=level:eror&service=api", part_of=part_of))

    assert "<title>A search that cannot be read · logviewer</title>" in shown
    assert '<a href="/?q=level:error&amp;service=api"><code><bdi>level:error</bdi></code></a>' in shown


def test_a_search_is_named_without_its_result_also_where_it_cannot_be_read():
    assert words_of(QueryDict("q=slack&level=error")) == "Errors or worse mentioning slack"
    assert words_of(QueryDict("q=(slack")) == "(slack"
