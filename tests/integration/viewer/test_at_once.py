"""A page comes at once with what was found by then, and asks for the rest by itself."""

import re
from html import unescape

import pytest

from logviewer.query import events
from tests.integration.viewer.conftest import event, text_of


@pytest.fixture
def _no_time(monkeypatch):
    monkeypatch.setattr(events, "AT_ONCE_S", 0.0)


def patient_address(text):
    found = re.search(r'hx-get="([^"]*)" hx-trigger="load" hx-target="#results"', text)
    return unescape(found[1]) if found else None


@pytest.mark.usefixtures("_no_time")
@pytest.mark.parametrize("query", ["q=student&level=info&columns=event", "q=student&sort=oldest"])
def test_what_takes_longer_is_asked_for_by_the_page(query, page, store_events):
    store_events([event("student_found")])

    first = text_of(page(f"/?{query}"))
    assert "Nothing found yet" in first
    assert "Drop a part" not in first
    address = patient_address(first)
    assert address == f"/?{query}&patient=1"

    whole = text_of(page(address, part_of=f"/?{query}"))
    assert "student_found" in whole
    assert patient_address(whole) is None
    assert "patient" not in re.sub(r"<title>.*?</title>", "", whole)


@pytest.mark.usefixtures("_no_time")
def test_the_rest_of_a_list_is_waited_for(page, store_events):
    store_events([event(f"event_{n:03}", at_ms=n) for n in range(150)])
    first = text_of(page("/?patient=1"))
    older = unescape(re.search(r'href="([^"]*before=[^"]*)"', first)[1])

    assert "event_000" in text_of(page(older))
    assert "event_000" in text_of(page(older, part_of="/"))


def test_what_is_found_in_time_is_all_there_is(page, store_events):
    store_events([event("student_found")])
    assert patient_address(text_of(page("/?q=student"))) is None
    assert patient_address(text_of(page("/?q=absent"))) is None
