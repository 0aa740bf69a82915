"""What stands around a list that is followed: as of now, read once for all who follow the same."""

import pytest

from logviewer.viewer.views import live_counts as view
from tests.integration.viewer.conftest import event, text_of


@pytest.fixture(autouse=True)
def _process_of_its_own():
    view.DRAWINGS.forget()


def test_it_says_what_the_page_says_after_a_reload(page, store_events):
    store_events([event(f"number {number}", at_ms=number, level="error") for number in range(120)])
    whole = text_of(page("/?level=error&since=-7d"))

    answer = page("/tail/counts?level=error&since=-7d&shown=100&all=").json()

    assert answer["counts"] == "Newest <b>100</b> of <b>120</b> events"
    assert answer["counts"] in whole
    assert answer["title"].startswith("120 errors or worse, ")
    assert f"<title>{answer['title']} · logviewer</title>".replace(" ", "") in whole.replace("\n", "").replace(" ", "")
    assert f'<h2 class="sentence">{answer["sentence"]}</h2>' in whole
    assert "error</bdi> 120</a>" in answer["histogram"]
    assert "level=error&amp;since=" in answer["histogram"]
    assert answer["table"] == ""
    assert "<caption" in page("/tail/counts?level=error&since=-7d&table=1").json()["table"]


def test_what_the_page_shows_is_said_in_its_own_words(page, store_events):
    store_events([event(f"number {number}", at_ms=number) for number in range(3)])
    said = {
        "shown=3&all=1": "<b>3</b> events, newest first",
        "shown=1&all=1": "<b>1</b> event, newest first",
        "shown=2&all=": "Newest <b>2</b> of <b>3</b> events",
        "shown=4&all=": "Newest <b>4</b> events",  # rows came since it was counted
        "shown=0&all=1": "",
        "shown=-1": "",
        "shown=99999999999": "",
        "": "",
    }

    assert {asked: page(f"/tail/counts?{asked}").json()["counts"] for asked in said} == said


def test_the_same_search_is_read_once_for_all(page, store_events, viewer, client_of, monkeypatch):
    store_events([event()])
    read, really = [], view.read_chart
    monkeypatch.setattr(view, "read_chart", lambda search, parameters: read.append(1) or really(search, parameters))

    others = client_of(viewer)
    for shown in (1, 2, 3):
        page(f"/tail/counts?q=student&shown={shown}")
        others.get(f"/tail/counts?q=student&shown={shown}")
    assert len(read) == 1
    page("/tail/counts?q=other")
    page("/tail/counts?q=student&by=service")
    assert len(read) == 3


def test_what_cannot_be_asked_is_said(page, store_events):
    answer = page("/tail/counts?q=(")

    assert answer.status_code == 400
    assert answer.json()["problem"]
