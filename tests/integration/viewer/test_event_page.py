"""One event, opened below its row or on its own page."""

import re
from html import unescape

from logviewer.store.event import Event
from logviewer.viewer.event_fields import LONGEST_VALUE
from tests.integration.viewer.conftest import MOMENT, event, text_of

HOSTILE = '<img src=x onerror="go()">'
TRACEBACK = 'Traceback (most recent call last):\n  File "/app/a.py", line 3, in get\n    save()\nKeyError: 12\n'


def address(identifier, at_ms=0):
    return f"/events/{MOMENT.isoformat().replace('+00:00', 'Z')}/{identifier}"


def test_everything_of_the_event_is_there(page, store_events):
    (identifier,) = store_events(
        [event("slack_failed", level="error", cohort_id="12", exception=TRACEBACK, response={"error": {"code": 23505}})]
    )

    shown = text_of(page(address(identifier)))

    assert '<strong class="traceback__verdict"><bdi>KeyError: 12</bdi></strong>' in shown
    assert 'title="response.error.code"' in shown
    assert "&quot;code&quot;: 23505" in shown
    assert "<html" in shown


def test_a_stack_that_is_longer_than_what_is_shown_says_what_was_raised_too(page, store_events):
    frames = "".join(f'  File "/app/a{number}.py", line 3, in get\n    save()\n' for number in range(1000))
    exception = f"Traceback (most recent call last):\n{frames}KeyError: 12\n"
    (identifier,) = store_events([event(exception=exception)])

    shown = text_of(page(address(identifier)))

    assert '<strong class="traceback__verdict"><bdi>KeyError: 12</bdi></strong>' in shown
    assert f"{len(exception) - LONGEST_VALUE} more characters are in the JSON." in shown


def test_opened_below_its_row_its_links_narrow_the_search_in_view(page, store_events):
    (identifier,) = store_events([event(cohort_id="12", path="/a b")])

    shown = text_of(page(address(identifier), part_of="/?q=timeout&level=info&before=xyz"))

    assert shown.lstrip().startswith('<tr class="events__opened">')
    assert 'href="/?q=timeout%20path:%22/a%20b%22&amp;level=info"' in shown
    assert 'href="/?q=timeout&amp;cohort_id=12&amp;level=info"' in shown
    assert 'href="/?q=timeout%20-cohort_id:12&amp;level=info"' in shown


def test_what_ingest_noted_is_said_in_words(page, store_events):
    (identifier,) = store_events([event(meta={"flags": ["clock"], "time": "1970-01-01"})])

    shown = text_of(page(address(identifier)))

    assert "The time the sender gave could not be used" in shown
    assert "The sender’s time: <bdi>1970-01-01</bdi>" in shown


def test_each_link_of_a_value_finds_the_event_and_what_no_query_can_ask_has_none(page, store_events):
    deep = {"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": 1}}}}}}}}
    numbers = Event(MOMENT, 20, "s", "e", "", " spaced ", None, '{"price": 1.50, "tiny": 0.0000001, "n": 7}', None)
    (identifier, other) = store_events([event(time="earlier", x=deep, ratio=0.5, level="info"), numbers])

    for address_of, links in ((address(identifier), 5), (address(other), 7)):
        shown = text_of(page(address_of))
        found = re.findall(r'class="do" href="([^"]*)" title="Only', shown)
        assert len(found) == links
        for link in found:
            assert address_of in text_of(page(unescape(link))), link


def test_what_is_not_there_is_404(page):
    for path in (
        address(1),
        "/events/never/1",
        "/events/9999-99-99T00:00:00Z/1",
        "/events/9999-12-31T23:59:59-23:59/1",
        "/events/0001-01-01T00:00:00+14:00/1",
        "/events/2026-11-23T10:00:00+23:59:59/1",
        f"{address(1)}{'9' * 30}",
    ):
        assert page(path).status_code == 404


def test_an_address_of_the_search_in_view_that_is_none_counts_as_no_search(page, store_events):
    (identifier,) = store_events([event(path="/a")])

    response = page(address(identifier), **{"HX-Request": "true", "HX-Current-URL": "http://[broken?q=x"})

    assert response.status_code == 200
    assert 'href="/?q=path:/a"' in text_of(response)


def test_hostile_text_is_text_everywhere(page, store_events):
    (identifier,) = store_events(
        [
            event(
                HOSTILE,
                service=HOSTILE,
                logger=HOSTILE,
                request_id=HOSTILE,
                cohort_id=HOSTILE,
                exception=f"{TRACEBACK}{HOSTILE}",
                meta={"flags": [HOSTILE], "service": HOSTILE},
                **{HOSTILE: HOSTILE, "nested": {HOSTILE: [HOSTILE]}},
            )
        ]
    )

    for path in ("/", f"/?q=%22{HOSTILE[:8]}%22", address(identifier), f"/requests/{HOSTILE}"):
        shown = text_of(page(path))
        assert "<img" not in shown
        assert "&lt;img src=x" in shown


def test_log_content_is_closed_to_htmx(page, store_events):
    store_events([event(request_id="r", cohort_id="1")])

    shown = text_of(page("/"))

    assert re.search(r'<tbody id="rows" hx-disable>\s*<tr class="events__row', shown)
    assert " hx-" not in shown.partition('<tr class="events__row')[2].partition("</tbody>")[0]
