"""A request from its first event to its last."""

import re
from html import unescape
from urllib.parse import quote

import pytest

from tests.integration.viewer.conftest import event, text_of
from tests.integration.viewer.test_events_page import names


def test_every_event_in_order_with_its_offset(page, store_events):
    store_events(
        [
            event("end", at_ms=41.6, request_id="r1", level="error"),
            event("start", request_id="r1"),
            event("middle", at_ms=9, request_id="r1", service="monarch"),
            event("other", at_ms=5, request_id="r2"),
        ]
    )

    shown = text_of(page("/requests/r1"))

    rows = re.findall(r">(\+[\d.,]+ ms)<.*?<bdi class=\"name\">(\w+)</bdi>", shown, re.DOTALL)
    assert rows == [("+0 ms", "start"), ("+9.0 ms", "middle"), ("+42 ms", "end")]
    assert "41.6 ms" in shown
    assert re.search(r'<dt>Worst level</dt>\s*<dd>\s*<span class="level level--error">error</span>', shown)
    assert "<bdi>learning-api</bdi>, <bdi>monarch</bdi>" in shown


def test_its_head_says_what_was_asked_and_how_it_was_answered(page, store_events):
    store_events(
        [
            event("request_started", request_id="r1", method="POST", path="/cohorts/12/assign"),
            event("slack_called", at_ms=1, request_id="r1", status_code=429),
            event("request_finished", at_ms=9, request_id="r1", status_code=502),
            event("job_done", request_id="r2"),
        ]
    )

    shown = text_of(page("/requests/r1"))

    assert "<dt>Asked</dt><dd><bdi>POST /cohorts/12/assign</bdi>" in shown
    assert "<dt>Answered</dt><dd><bdi>502</bdi>" in shown
    assert "<dt>Asked" not in text_of(page("/requests/r2"))


def test_the_offset_of_a_late_event_is_short_enough_to_be_read(page, store_events):
    hours = 8 * 3_600_000 + 18 * 60_000
    store_events([event("start", request_id="r1"), event("end", at_ms=hours, request_id="r1")])

    assert ">+8 h 18 min</a>" in text_of(page("/requests/r1"))


def test_an_id_with_slashes_has_a_page(page, store_events):
    store_events([event("here", request_id="a/b?c")])

    assert "here" in text_of(page("/requests/a/b%3Fc"))


def test_an_unknown_request_is_404_and_says_why(page):
    response = page("/requests/nobody")

    assert response.status_code == 404
    assert "No event has this request id" in text_of(response)


def test_the_link_to_copy_leads_back_whatever_is_in_the_id(page, store_events):
    store_events([event(request_id="a?b#c%2f é")])

    copied = re.search(r'data-copy-link="([^"]*)"', text_of(page("/requests/a%3Fb%23c%252f%20%C3%A9")))[1]

    assert copied == "/requests/a%3Fb%23c%252f%20%C3%A9"
    assert page(copied).status_code == 200


@pytest.mark.parametrize("request_id", ["r1", " r 1 ", "a?b#c%2f é"])
def test_the_search_in_it_finds_its_events(request_id, page, store_events):
    store_events([event("here", request_id=request_id), event(request_id="r")])

    [address] = re.findall(r'<a class="button"\s+href="([^"]*)"', text_of(page(f"/requests/{quote(request_id)}")))

    assert names(page(unescape(address))) == ["here"]
